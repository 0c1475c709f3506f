"""A person's one token as Rudder's pages ask for it: `/user/api/token`, under `/api` and under `/secure/api`."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import rfc3339
from app.core.errors import ForbiddenError
from app.http.endpoint import Answer, Container, Endpoint, Given, list_under
from app.http.versions import Lifespan
from app.people.members import about
from app.store import logins as store
from app.store.accounts import new_token, token_hash
from app.store.logins import PersonalToken
from app.store.people import User, lock_user

PATH: Final = "/user/api/token"
ONLY: Final = "rudder"
"""The id of this one token among a person's; it is made again under the same id."""


def show_feature(_work: Work, _given: Given) -> Answer:
    """Say that people may have tokens."""
    return Answer.plain("enabled")


def show(work: Work, _given: Given) -> Answer:
    """Show the caller's token, without its secret; nothing when there is none."""
    with work.session.database.connect(work.ctx.tenant) as connection:
        user = _caller(connection, work)
        token = _find(connection, user)
    return Answer.many([] if token is None else [_old_form(user, token)])


def make(work: Work, _given: Given) -> Answer:
    """Make the caller's token, or another in its place, and show it this once."""
    clear = new_token()

    def act(connection: Connection, now: int) -> Deed:
        user = _caller(connection, work)
        token = PersonalToken(
            tenant=user.tenant,
            user_id=user.id,
            id=ONLY,
            name=user.username,
            token_hash=token_hash(clear),
            created=now,
        )
        store.delete_token(connection, user.tenant, user.id, ONLY)
        store.insert_token(connection, token)
        fact = about(user, "TokenCreated", {"token": ONLY, "authorizationType": token.authorization})
        return Deed(facts=(fact,), answer=_old_form(user, token, clear), id=user.username, once=True)

    return Answer.many([work.operate(act)])


def delete(work: Work, _given: Given) -> Answer:
    """End the caller's token; one that is not there is no error."""

    def act(connection: Connection, _now: int) -> Deed:
        user = _caller(connection, work)
        gone = store.delete_token(connection, user.tenant, user.id, ONLY)
        facts = (about(user, "TokenDeleted", {"token": ONLY}),) if gone else ()
        return Deed(facts=facts, answer={"id": user.username}, id=user.username)

    return Answer.plain({"accounts": work.operate(act)})


def _caller(connection: Connection, work: Work) -> User:
    user = lock_user(connection, work.ctx.tenant, work.ctx.actor.id) if work.ctx.actor.kind == "user" else None
    if user is None:
        raise ForbiddenError(f"'{work.ctx.actor.handle}' is no person, so it has no personal token; use /apiaccounts")
    return user


def _find(connection: Connection, user: User) -> PersonalToken | None:
    held = store.list_tokens(connection, user.tenant, user.id)
    return next((token for token in held if token.id == ONLY), None)


def _old_form(user: User, token: PersonalToken, clear: str = "") -> Document:
    """Show a token as accounts were shown up to version 20."""
    return {
        "id": user.username,
        "name": user.username,
        "token": clear,
        "tokenGenerationDate": rfc3339(token.created),
        "kind": "user",
        "description": f"API token of user {user.username}",
        "creationDate": rfc3339(token.created),
        "enabled": True,
        "expirationDateDefined": False,
    }


def _endpoint(
    method: str,
    path: str,
    action: str,
    summary: str,
    view: Callable[[Work, Given], Answer],
    **more: Any,  # noqa: ANN401
) -> Endpoint:
    container: Container = list_under("accounts")
    declared = {"right": "userAccount_read" if method == "GET" else "userAccount_write", "container": container, **more}
    return Endpoint(
        methods=(method,), path=path, action=action, summary=summary, view=view, lifespan=Lifespan(10), **declared
    )


_BARE = {"container": Container("bare")}

ENDPOINTS = (
    _endpoint("GET", f"{PATH}/status", "getTokenFeatureStatus", "Say that people have tokens", show_feature, **_BARE),
    _endpoint("GET", PATH, "getApiToken", "Show one's own token", show),
    _endpoint("PUT", PATH, "createApiToken", "Make one's own token, shown this once", make),
    _endpoint(
        "POST", PATH, "updateApiToken", "Change nothing, and show one's own token", show,
        right=("userAccount_write", "userAccount_edit"),
    ),
    _endpoint("DELETE", PATH, "deleteApiToken", "End one's own token", delete, **_BARE),
)  # fmt: skip
