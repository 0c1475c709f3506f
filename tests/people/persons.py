"""People for tests: made, logged in, and calling."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from app.changes.tenants import copy_tenant
from app.core.clock import now_ms
from app.core.context import Context
from app.people.invitations import token_of
from app.store.events import COLUMNS, event
from app.store.log import NO_HASH, Event
from app.store.logins import Invitation
from app.store.people_tables import InvitationRow
from app.store.tables import EventRecord, Tenant
from tests.installations import Server

PASSWORD = "correct horse battery"
Json = dict[str, Any]


@dataclass
class Person:
    """Somebody who is logged in."""

    server: Server
    id: str
    access: str
    refresh: str

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        """Call the API as this person."""
        headers = {"Authorization": f"Bearer {self.access}", **more.pop("headers", {})}
        answer: TestResponse = self.server.client.open(path, method=method, headers=headers, **more)
        return answer


def make_user(server: Server, username: str, *, tenant: str = "default", **more: Any) -> Json:
    """Make a user with the password of all tests."""
    token = server.token if tenant == "default" else admin_of(server, tenant)
    asked = {"username": username, "password": PASSWORD, **more}
    answer = server.put("/api/25/users", token=token, json=asked)
    assert answer.status_code == 200, answer.get_json()
    made: Json = answer.get_json()["data"]["users"][0]
    return made


def log_in(server: Server, email: str, password: str = PASSWORD, **more: Any) -> TestResponse:
    """Ask for a pair of tokens."""
    answer: TestResponse = server.client.post("/auth/login", json={"email": email, "password": password, **more})
    return answer


def person(server: Server, username: str, *, tenant: str = "default", **more: Any) -> Person:
    """Make a user and log them in."""
    made = make_user(server, username, tenant=tenant, **more)
    answer = log_in(server, username, client=tenant)
    assert answer.status_code == 200, answer.get_json()
    pair = answer.get_json()
    return Person(server, made["id"], pair["access"], pair["refresh"])


def make_tenant(server: Server, tenant: str = "acme") -> str:
    """Make a tenant that is a copy of the catalogue."""
    row = {"id": tenant, "name": tenant.title(), "state": "ACTIVE", "read_only": False, "created": 1}
    with server.opened.database.writing() as connection:
        connection.execute(insert(Tenant), [{**row, "seq": 0, "time": 0, "head": None, "hash": NO_HASH}])
    copy_tenant(server.opened.database, Context.system(tenant, "test"), "public", now_ms)
    server.account(f"admin-{tenant}", tenant=tenant)
    return tenant


def admin_of(_server: Server, tenant: str) -> str:
    """Give the token of the account that `make_tenant` made."""
    name = f"admin-{tenant}"
    return f"stp{name:x<29}"


def events(server: Server, tenant: str = "default", *, kind: str = "user") -> list[Event]:
    """Read what happened to people, after what waits was written."""
    server.opened.notes.flush()
    with server.opened.database.everywhere("test") as connection:
        statement = select(*COLUMNS).where(EventRecord.tenant == tenant, EventRecord.object_kind == kind)
        return [event(row) for row in connection.execute(statement.order_by(EventRecord.seq))]


def link_of(server: Server, user_id: str) -> str:
    """Give the token that is, or will be, mailed to a user."""
    with server.opened.database.everywhere("test") as connection:
        statement = select(*InvitationRow.__table__.c).where(InvitationRow.user_id == user_id)
        row = connection.execute(statement).mappings().one()
    return token_of(server.opened.committer.ring, Invitation(**row))
