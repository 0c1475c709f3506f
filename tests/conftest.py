"""What every test gets: a private data directory, a fresh database of each kind, no network but loopback."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.network import guard, is_loopback

POSTGRES_URL = "STERNPOST_TEST_POSTGRES_URL"


@pytest.fixture(autouse=True, scope="session")
def _closed_world() -> Iterator[None]:
    """Keep other machines, the developer's configuration and their git identity out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        guard(patch)
        for name in list(os.environ):
            if name.startswith(("STERNPOST_", "GIT_")) and not name.startswith("STERNPOST_TEST_"):
                patch.delenv(name)
        yield


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
    with new_postgres_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Give the URL of the test server, or skip and say how to have one."""
    url = os.environ.get(POSTGRES_URL)
    if not url:
        pytest.skip(f"no PostgreSQL: run `make postgres-test`, or set {POSTGRES_URL} to a server's URL")
    if not is_loopback(urlsplit(url).hostname):
        pytest.exit(f"{POSTGRES_URL} names another machine; the tests make and drop databases on loopback only")
    return url


@contextmanager
def new_postgres_database(server: str, *, template: str = "template1") -> Iterator[str]:
    """Make a database of its own name, a copy of `template` that nobody uses now, and drop it afterwards."""
    database = f"sternpost_test_{uuid.uuid4().hex}"
    name = sql.Identifier(database)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(template)))
    yield f"{server.rpartition('/')[0]}/{database}"
    with psycopg.connect(server, autocommit=True) as admin:
        # FORCE ends the connections of pools and servers that the test left open.
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
