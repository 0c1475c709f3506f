"""What every test gets: a private data directory, a fresh database of each kind, no network but loopback."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from app.boot import Installation
from app.config import Config
from app.core.logs import LOG, configure_logging, to_standard_error
from app.store.db import Database
from tests.installations import Server, configured, found_installation, open_for_test
from tests.network import guard, is_loopback
from tests.postgres import Refilled, Roles, new_postgres_database, new_postgres_roles

POSTGRES_URL = "STERNPOST_TEST_POSTGRES_URL"


@pytest.fixture(autouse=True, scope="session")
def _closed_world() -> Iterator[None]:
    """Keep other machines, the developer's configuration and their git identity out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        guard(patch)
        # What the imports made stays: the collector need not walk it again and again, as in a serving process.
        gc.collect()
        gc.freeze()
        for name in list(os.environ):
            if name.startswith(("STERNPOST_", "GIT_")) and not name.startswith("STERNPOST_TEST_"):
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Take back what a test's server said of logging: the standard error that it wrote to ends with the test."""
    yield
    LOG.tell = to_standard_error
    configure_logging("info")


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
def postgres_url(postgres_server: str, postgres_roles: Roles) -> Iterator[str]:
    """Give an empty PostgreSQL database as its owner sees it, dropped afterwards."""
    with new_postgres_database(postgres_server, postgres_roles) as url:
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


@pytest.fixture(scope="session")
def postgres_roles(postgres_server: str) -> Iterator[Roles]:
    """Give the roles of this session."""
    with new_postgres_roles(postgres_server) as roles:
        yield roles


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """Give a database of each kind in turn that has every migration and the starter catalogue."""
    return str(request.getfixturevalue(f"migrated_{request.param}_url"))


@pytest.fixture(scope="session")
def template_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the folder of the keys that the template databases were made with."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, template_keys: Path) -> Path:
    """Found an installation once, to be copied by each test."""
    folder = tmp_path_factory.mktemp("template")
    found_installation(f"sqlite:///{folder}/sternpost.db", template_keys, folder)
    return folder / "sternpost.db"


@pytest.fixture
def migrated_sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Copy the founded SQLite installation."""
    shutil.copy(sqlite_template, tmp_path / "sternpost.db")
    return f"sqlite:///{tmp_path}/sternpost.db"


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server: str, postgres_roles: Roles, tmp_path_factory: pytest.TempPathFactory, template_keys: Path
) -> Iterator[str]:
    """Found an installation once on PostgreSQL, to be copied by each test; the service may not change tables."""
    with new_postgres_database(postgres_server, postgres_roles) as url:
        service = sql.Identifier(postgres_roles.service)
        with psycopg.connect(url, autocommit=True) as owner:
            for rights in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE ON SEQUENCES"):
                owner.execute(sql.SQL(f"ALTER DEFAULT PRIVILEGES GRANT {rights} TO {{}}").format(service))
        found_installation(url, template_keys, tmp_path_factory.mktemp("postgres"))
        yield url.rpartition("/")[2]


@pytest.fixture(scope="session")
def postgres_refilled(postgres_server: str, postgres_roles: Roles, postgres_template: str) -> Iterator[Refilled]:
    """Copy the founded PostgreSQL installation once, for all tests that leave its tables as they are."""
    with new_postgres_database(postgres_server, postgres_roles, template=postgres_template) as url:
        yield Refilled(postgres_server, url.rpartition("/")[2])


@pytest.fixture
def migrated_postgres_url(request: pytest.FixtureRequest, postgres_roles: Roles) -> Iterator[str]:
    """Give a founded PostgreSQL installation as the service reaches it.

    A test that takes the `owner` may change tables, and gets a copy of its own.
    """
    if "owner" not in request.fixturenames:
        refilled: Refilled = request.getfixturevalue("postgres_refilled")
        yield postgres_roles.url(postgres_roles.service, refilled.name)
        refilled.refill()
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    with new_postgres_database(server, postgres_roles, template=template) as url:
        yield postgres_roles.url(postgres_roles.service, url.rpartition("/")[2])


@pytest.fixture
def config(migrated_url: str, tmp_path: Path, template_keys: Path) -> Config:
    """Configure an installation of this test's own, founded already, on each database in turn."""
    return configured(migrated_url, template_keys, tmp_path / "data")


@pytest.fixture
def owner(config: Config, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Reach the test's database as who may change its tables."""
    url = config.database_url
    if not config.uses_sqlite:
        roles: Roles = request.getfixturevalue("postgres_roles")
        url = roles.url(roles.owner, url.rpartition("/")[2])
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def installation(config: Config) -> Iterator[Installation]:
    """Open the installation in this process."""
    with open_for_test(config) as opened:
        yield opened


@pytest.fixture
def server(config: Config, installation: Installation) -> Server:
    """Serve the installation in this process; `server.admin` calls with a token that may do everything."""
    return Server(config, installation)
