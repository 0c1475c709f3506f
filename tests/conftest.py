"""What every test gets: a private data directory, a fresh database of each kind, no network but loopback."""

import os
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

POSTGRES_URL = "STERNPOST_TEST_POSTGRES_URL"
_LOOPBACK_NAMES = {"localhost", "::1", "", None}


class NetworkForbiddenError(AssertionError):
    """A test reached for another machine."""


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse sockets to anywhere but this machine; child processes and libpq are not covered."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _guarded_look_up(socket.getaddrinfo))
        yield


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's configuration and git identity out of the tests."""
    for name in list(os.environ):
        if name.startswith(("STERNPOST_", "GIT_")) and not name.startswith("STERNPOST_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Name a data directory that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give an empty database of each kind in turn, of this test alone."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Name a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/sternpost.db"


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give an empty PostgreSQL database, dropped afterwards."""
    name = f"sternpost_test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield _with_database(postgres_server, name)
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        # FORCE ends the connections of pools and servers that the test left open.
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Give the URL of the test server, or skip and say how to have one."""
    url = os.environ.get(POSTGRES_URL)
    if not url:
        pytest.skip(f"no PostgreSQL: run `make postgres-test`, or set {POSTGRES_URL} to a server's URL")
    return url


def _with_database(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"


def _guarded(real: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:  # noqa: ANN401  as the real one
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise NetworkForbiddenError(f"Tests may not reach {address[0]}; only loopback is allowed")
        return real(self, address)

    return connect


def _guarded_look_up(real: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  as the real one
        if not _is_loopback(host) and host != "0.0.0.0":  # an address to bind to
            raise NetworkForbiddenError(f"Tests may not look up {host!r}; only loopback is allowed")
        return real(host, *arguments, **options)

    return getaddrinfo


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    return name in _LOOPBACK_NAMES or str(name).startswith("127.")
