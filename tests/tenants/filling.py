"""Fills what the API lets nobody name or nobody make in one call: people, tokens, deliveries, runs, logins."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import MultipleResultsFound

from app.core.clock import now_ms
from app.store.accounts import token_hash
from app.store.change_requests import Filter, list_records
from app.store.fleet_tables import BundleRow
from app.store.logins import (
    Invitation,
    Login,
    PersonalToken,
    find_invitation,
    find_login,
    insert_invitation,
    insert_login,
    insert_token,
)
from app.store.mails import lock_cursor
from app.store.people import User, insert_user
from app.store.policies import bundle_bodies
from app.store.rows import everywhere
from app.store.secrets import held_tags
from app.store.session import TenantSession
from app.store.tables import SecretRow
from app.store.tenants import find_key
from app.store.webhooks import Delivery, insert_delivery
from tests.installations import Server

FOLLOWER = "of-this-test"
MARKED = "marked-as-of-tenant-a"


def add_person(server: Server, tenant: str, user_id: str, username: str, mark: str, *, invited: bool = False) -> None:
    """Give a tenant a person of that id."""
    roles = {"user": None}
    user = User(
        tenant=tenant, id=user_id, username=username, name=mark, roles=roles, invited=invited, created=1, updated=1
    )
    with server.opened.database.writing(tenant) as connection:
        insert_user(connection, user)


def fill_rows(server: Server, tenant: str, name: str, mark: str) -> None:
    """Give a tenant a person with a token, a login and an invitation, and a place in its log; ids as in the other."""
    add_person(server, tenant, name, name, mark, invited=True)
    with server.opened.database.writing(tenant) as connection:
        token = PersonalToken(
            tenant=tenant, user_id=name, id=name, name=mark, token_hash=token_hash(tenant + name), created=1
        )
        insert_token(connection, token)
        insert_login(connection, Login(tenant=tenant, id=f"of-{tenant}", user_id=name, started=1, rotated=1, ends=2))
        invitation = Invitation(tenant=tenant, id=f"of-{tenant}", user_id=name, created=1, expires=2, due=None)
        insert_invitation(connection, invitation)
        lock_cursor(connection, tenant, FOLLOWER)


def fill_delivery(server: Server, tenant: str, name: str, mark: str) -> None:
    """Give the webhook of that name a delivery."""
    with server.opened.database.writing(tenant) as connection:
        delivery = Delivery(
            tenant=tenant, id=name, webhook=name, seq=1, type="RuleAdded", state="failed", fault=mark, created=1,
            updated=1,
        )  # fmt: skip
        insert_delivery(connection, delivery)


def fill_run(server: Server, node: str, token: str, mark: str) -> None:
    """Let a node be told its policy and report on it."""
    told = server.get(f"/api/25/nodes/{node}/policy", token=token).json["data"]["policy"]
    results: list[Any] = [
        {
            "directive": entry["directive"],
            "rules": entry["rules"],
            "component": component["component"],
            "value": component["value"],
            "status": "error",
            "message": mark,
        }
        for entry in told["bundle"]["directives"]
        for component in entry["components"]
    ]
    run = {
        "id": node,
        "serial": told["statement"]["serial"],
        "bundle": told["statement"]["bundle"],
        "start": 1,
        "end": now_ms(),
        "results": results,
    }
    answer = server.post(f"/api/25/nodes/{node}/reports", token=token, json={"runs": [run]})
    assert answer.status_code == 200, answer.text


Glimpse = Callable[[TenantSession, Connection, str], object]
"""Looks, in a session of the other tenant, for what only the tenant of that id has; finds nothing."""


def _held_tags(session: TenantSession, connection: Connection, one: str) -> object:
    with everywhere(connection, "test"):
        rows = connection.execute(select(SecretRow.tag).where(SecretRow.tenant == one)).fetchall()
    return held_tags(session, [row[0] for row in rows])


def _bundles(session: TenantSession, connection: Connection, one: str) -> object:
    with everywhere(connection, "test"):
        rows = connection.execute(select(BundleRow.tenant, BundleRow.hash)).fetchall()
    mine = {digest for tenant, digest in rows if tenant == session.tenant}
    return bundle_bodies(session, {digest for tenant, digest in rows if tenant == one} - mine)


def _key(session: TenantSession, connection: Connection, _one: str) -> object:
    found = find_key(connection, session.tenant, "api")
    return found is not None and found.tenant != session.tenant


GLIMPSES: Mapping[str, Glimpse] = {
    "bundles": _bundles,
    "change_request_objects": lambda session, _, one: list_records(session, Filter(object=f"only-in-{one}")),
    "invitations": lambda session, connection, one: find_invitation(connection, session.tenant, f"of-{one}"),
    "log_cursors": lambda session, connection, _: lock_cursor(connection, session.tenant, FOLLOWER),
    "logins": lambda session, connection, one: find_login(connection, session.tenant, f"of-{one}"),
    "secrets": _held_tags,
    "tenant_keys": _key,
}
"""What no answer of the API would show if its table's condition were missing, because nobody can name it there."""


def glimpsed(server: Server, table: str, one: str, other: str) -> bool:
    """Tell whether something of `one` can be seen in a table from within `other`."""
    session = TenantSession(server.opened.database, other)
    try:
        with server.opened.database.writing(other) as connection:
            return bool(GLIMPSES[table](session, connection, one))
    except MultipleResultsFound:
        return True
    finally:
        session.release()
