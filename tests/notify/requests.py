"""Change requests for tests of what follows their log: rows and events as the committer writes them."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.recording import Fact
from app.changes.review.model import ChangeRequest, Contributor, record_of
from app.changes.review.telling import added, moved
from app.core.context import Actor, Context
from app.store.change_requests import save_records
from tests.installations import Server
from tests.people.persons import Json


def acting(user: Json, tenant: str = "default") -> Context:
    """Act as a person, below HTTP."""
    return Context(tenant, Actor(user["id"], "user", user["username"], user["name"]))


def file_request(
    server: Server, author: Json, number: int = 1, *, tenant: str = "default", **more: Any
) -> ChangeRequest:
    """Hand in a change request."""
    wrote = Contributor(
        id=author["id"], handle=author["username"], kind="user", person=author["id"], name=author["name"]
    )
    fields: dict[str, Any] = {"state": "inReview", "name": "Move the web servers", "description": "To <b>Paris</b>"}
    one = ChangeRequest(
        id=number, author=wrote, created=1, updated=1, wanted=(), diff_hash="d" * 64, **{**fields, **more}
    )
    log(server, acting(author, tenant), one, added(one))
    return one


def move(server: Server, who: Json, one: ChangeRequest, state: Any, *, tenant: str = "default") -> ChangeRequest:
    """Bring a change request into another state."""
    after = replace(one, state=state)
    log(server, acting(who, tenant), after, moved(one, after))
    return after


def log(server: Server, ctx: Context, one: ChangeRequest, fact: Fact) -> None:
    """Write its row and what happened to it."""

    def act(connection: Connection, _now: int) -> Deed:
        save_records(connection, ctx.tenant, [record_of(one)], [])
        return Deed(facts=(fact,), answer={})

    server.opened.committer.operate(ctx, act)
