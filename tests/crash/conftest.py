"""Real servers that are gone when their test ends."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.config import Config
from tests.crash.serving import RealServer

Serve = Callable[..., RealServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start real servers on a configured installation."""
    started: list[RealServer] = []

    def start(config: Config, **how: Any) -> RealServer:
        server = RealServer(config)
        started.append(server)
        return server.start(**how)

    yield start
    for server in started:
        if server.process:
            server.kill()
