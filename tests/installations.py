"""Installations for tests: founded once, copied for each test, served in this process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from app.application import create_app
from app.boot import DEFAULT, KINDS, Installation, found_tenants, installation
from app.changes.change import Edit, Outcome
from app.changes.declaring import bring_values_up_to_date
from app.changes.tenants import copy_tenant
from app.config import Config, make_data_dir
from app.core.clock import now_ms
from app.core.context import Actor, Context
from app.store.accounts import Account, insert_account, token_hash
from app.store.db import Database
from app.store.migrations import upgrade
from app.store.tables import Base


def configured(url: str, keys: Path, data_dir: Path, **more: Any) -> Config:
    """Configure an installation without reading this machine's configuration."""
    return Config(database_url=url, keys_dir=keys, data_dir=data_dir, listen="127.0.0.1:0", **more)


def found_installation(url: str, keys: Path, data_dir: Path) -> None:
    """Migrate a database and give it its tenants and catalogue."""
    config = configured(url, keys, data_dir)
    make_data_dir(config)
    database = Database(url)
    upgrade(database)
    database.close()
    with installation(config) as opened:
        bring_values_up_to_date(opened.database, KINDS, lambda _said: None)
        found_tenants(opened)


@contextmanager
def open_for_test(config: Config) -> Iterator[Installation]:
    """Open an installation and close it afterwards; refusals become events when a test flushes the notes."""
    with installation(config) as opened:
        opened.notes.later = lambda _delay_s, _act: None
        yield opened


def at_its_end(_seconds: float) -> bool:
    """Take the place of waiting where answers without end are read whole: the server ends after their first part."""
    return True


def as_account(name: str = "ci", *, tenant: str = DEFAULT, reason: str = "") -> Context:
    """Act as an API account, below HTTP."""
    actor = Actor(id=name, kind="account", handle=name, name=name.upper())
    return Context(tenant, actor, credential=name, reason=reason)


def found_tenant(opened: Installation, tenant: str) -> None:
    """Make a tenant with the catalogue's documents, below all services."""
    with opened.database.writing() as connection:
        tenants = Base.metadata.tables["tenants"]
        one = connection.execute(tenants.select().where(tenants.c.id == DEFAULT)).mappings().one()
        connection.execute(tenants.insert(), [{**one, "id": tenant, "seq": 0, "head": None, "hash": "0" * 64}])
    copy_tenant(opened.database, Context.system(tenant, "test"), "public", now_ms)


def submit(opened: Installation, *edits: Edit, ctx: Context | None = None) -> Outcome:
    """Commit a change set as an account."""
    return opened.work(ctx or as_account()).submit(edits)


@dataclass
class Server:
    """An installation served in this process; answers are werkzeug's test responses."""

    config: Config
    opened: Installation

    @cached_property
    def client(self) -> Any:
        """The bare test client, without a credential."""
        return create_app(self.config, self.opened, pause=at_its_end).test_client()

    def account(self, name: str = "ci", *, tenant: str = DEFAULT, **more: Any) -> str:
        """Make an API account (rw unless said otherwise) and give its token."""
        token = f"stp{name:x<29}"
        fields: dict[str, Any] = {"authorization": "rw", "name": name, **more}
        account = Account(tenant=tenant, id=name, created=now_ms(), token_hash=token_hash(token), **fields)
        with self.opened.database.writing(tenant) as connection:
            insert_account(connection, account)
        return token

    @cached_property
    def token(self) -> str:
        """The token of an account that may do everything."""
        return self.account("ci")

    def call(self, method: str, path: str, *, token: str | None = None, **more: Any) -> TestResponse:
        """Call the API with a token; `json=`, `data=`, `headers=` as in werkzeug's client.

        The answer is read to its end, as every server does: one that is left half-read holds a connection.
        """
        headers: Mapping[str, str] = more.pop("headers", {})
        more.setdefault("buffered", True)
        answer: TestResponse = self.client.open(
            path, method=method, headers={"X-API-Token": token or self.token, **headers}, **more
        )
        return answer

    def get(self, path: str, **more: Any) -> TestResponse:
        """GET a path of the API."""
        return self.call("GET", path, **more)

    def put(self, path: str, **more: Any) -> TestResponse:
        """PUT to a path of the API."""
        return self.call("PUT", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        """POST to a path of the API."""
        return self.call("POST", path, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        """DELETE a path of the API."""
        return self.call("DELETE", path, **more)
