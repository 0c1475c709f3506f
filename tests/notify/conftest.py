"""A target of webhooks that keeps what it is sent, and a server that may reach it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.boot import Installation
from app.config import Config
from tests.installations import Server, open_for_test


@dataclass
class Target:
    """A real HTTP server on loopback; `answers` are the statuses of the next calls, then 204."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    when_taken: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=sternpost"


def handler_of(target: Target) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            target.taken.append((dict(self.headers), body))
            target.when_taken()
            self.send_response(target.answers.pop(0) if target.answers else 204)
            for name, value in target.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_said: Any) -> None:
            return

    return Handler


@pytest.fixture
def target() -> Iterator[Target]:
    kept = Target()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(kept))
    kept.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def config(config: Config) -> Config:
    return config.model_copy(update={"webhook_networks": ("127.0.0.0/8",)})


@pytest.fixture
def installation(config: Config) -> Iterator[Installation]:
    with open_for_test(config) as opened:
        yield opened


@pytest.fixture
def server(config: Config, installation: Installation) -> Server:
    return Server(config, installation)
