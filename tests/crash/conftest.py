"""Real servers that are gone when their test ends."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.config import Config
from tests.crash.serving import RealServer

Serve = Callable[..., RealServer]


@pytest.fixture
def serve(config: Config) -> Iterator[Serve]:
    """Start real servers on the test's installation, or on another `config`."""
    started: list[RealServer] = []

    def start(other: Config | None = None, **how: Any) -> RealServer:
        server = RealServer(other or config)
        started.append(server)
        return server.start(**how)

    yield start
    for server in started:
        if server.process:
            server.kill()
