"""A running application over the sample resource, and its callers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.context import Actor, Context
from app.http.auth import AccountGrant
from app.http.mount import mount
from app.http.rights import AclEntry, Authorization, Grant
from app.http.routing import Routes
from app.http.wiring import Wiring
from app.store.accounts import token_hash
from tests.http.sample import ENDPOINTS, Document, Shelf, document

Option: TypeAlias = Any
"""A keyword of the test client or of Wiring."""


def account(handle: str, authorization: Authorization, acl: tuple[AclEntry, ...] = ()) -> AccountGrant:
    return AccountGrant("default", Actor(handle, "account", handle), f"token-of-{handle}", Grant(authorization, acl))


ACCOUNTS = {
    "admin-token": account("admin", "rw"),
    "ci-token": account("ci", "ro"),
    "idle-token": account("idle", "none"),
    "acl-token": account("acl", "acl", (AclEntry("lamps/*", ("get",)),)),
}


@dataclass
class Server:
    """The application, what it keeps, and a clock that stands."""

    shelf: Shelf
    wiring: Wiring
    denied: list[str] = field(default_factory=list)
    now_s: float = 1000.0
    fault: str | None = None

    def client(self, **changes: Option) -> FlaskClient:
        app = Flask("sample", static_folder=None)
        mount(app, Routes(ENDPOINTS), replace(self.wiring, **changes))
        return app.test_client()


@pytest.fixture
def server() -> Server:
    shelf = Shelf()
    by_hash = {token_hash(token): grant for token, grant in ACCOUNTS.items()}
    wiring = Wiring(open_work=shelf.open_work, find_account=lambda hashed, _glance: by_hash.get(hashed))
    server = Server(shelf, wiring)

    def denied(_context: Context, text: str) -> None:
        server.denied.append(text)

    server.wiring = replace(
        wiring, denied=denied, now_s=lambda: server.now_s, find_fault=lambda: server.fault, max_body_bytes=10_000
    )
    return server


@pytest.fixture
def shelf(server: Server) -> Shelf:
    return server.shelf


@pytest.fixture
def client(server: Server) -> Iterator[FlaskClient]:
    with server.client() as client:
        yield client


@pytest.fixture
def lamp(server: Server) -> Document:
    made = document(id="l-1", displayName="Desk", categoryId="cat-a", enabled=True, tags=[{"a": "b"}], value=1.5)
    server.shelf.lamps["l-1"] = made
    return made


@dataclass(frozen=True)
class Caller:
    """Calls with a token, and reads envelopes."""

    client: FlaskClient
    token: str | None = "admin-token"

    def __call__(self, method: str, url: str, **options: Option) -> TestResponse:
        options.setdefault("buffered", True)
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("X-API-Token", self.token)
        return self.client.open(url, method=method, headers=headers, **options)

    def using(self, token: str | None) -> "Caller":
        return replace(self, token=token)


@pytest.fixture
def call(client: FlaskClient) -> Caller:
    return Caller(client)
