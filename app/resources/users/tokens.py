"""A person's own API tokens: made by the person alone, seen and ended by who looks after people too."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import now_ms
from app.core.errors import ForbiddenError, InvalidError, NotFoundError
from app.core.ids import new_id
from app.people.administration import locked
from app.people.callers import grant_of_caller
from app.people.members import about
from app.people.shape import token_json
from app.store import logins as store
from app.store.accounts import new_token, token_hash
from app.store.logins import PersonalToken
from app.store.people import User

YEAR_MS: Final = 365 * 86_400_000
MOST: Final = 50


def list_tokens(work: Work, user_id: str) -> list[Document]:
    """Show a person's tokens, by id.

    Raises:
        NotFoundError: there is no such user.
        ForbiddenError: they are another person's, whom the caller may not look after.
    """
    with work.session.database.connect(work.ctx.tenant) as connection:
        user = locked(connection, work, user_id)
        _check_may(connection, work, user, "user_read")
        return [token_json(token) for token in store.list_tokens(connection, user.tenant, user.id)]


def create_token(work: Work, user_id: str, fields: Mapping[str, JSON]) -> Document:
    """Make a token for oneself, shown this once.

    Raises:
        NotFoundError: there is no such user.
        ForbiddenError: it would be another person's: who holds it would be that person.
        InvalidError: it would have expired already, or there are too many.
    """
    clear = new_token()

    def act(connection: Connection, now: int) -> Deed:
        user = locked(connection, work, user_id)
        check_is_self(work, user)
        token = PersonalToken(
            tenant=user.tenant,
            user_id=user.id,
            id=new_id(),
            name=str(fields["name"]),
            token_hash=token_hash(clear),
            authorization=str(fields.get("authorizationType", "rw")),
            created=now,
            expires=_expiry(fields, now),
        )
        if len(store.list_tokens(connection, user.tenant, user.id)) >= MOST:
            raise InvalidError(f"User '{user.username}' has {MOST} tokens already; delete one first")
        store.insert_token(connection, token)
        fact = about(user, "TokenCreated", {"token": token.id, "authorizationType": token.authorization})
        return Deed(facts=(fact,), answer=token_json(token, clear), id=token.id, once=True)

    return work.operate(act)


def delete_token(work: Work, user_id: str, token_id: str) -> Document:
    """End a token and show it a last time.

    Raises:
        NotFoundError: there is no such user or token.
        ForbiddenError: it is another person's, whom the caller may not look after.
    """

    def act(connection: Connection, _now: int) -> Deed:
        user = locked(connection, work, user_id)
        _check_may(connection, work, user, "user_write")
        held = {token.id: token for token in store.list_tokens(connection, user.tenant, user.id)}
        if token_id not in held:
            raise NotFoundError(f"Token '{token_id[:80]}' of user '{user.username}' was not found")
        store.delete_token(connection, user.tenant, user.id, token_id)
        fact = about(user, "TokenDeleted", {"token": token_id})
        return Deed(facts=(fact,), answer=token_json(replace(held[token_id], last_used=None)), id=token_id)

    return work.operate(act)


def check_is_self(work: Work, user: User) -> None:
    """Refuse everybody but the person.

    Raises:
        ForbiddenError: naming the remedy.
    """
    if work.ctx.actor.id != user.id:
        raise ForbiddenError(
            f"Only '{user.username}' can make a token of their own; make an API account with that owner instead"
        )


def _check_may(connection: Connection, work: Work, user: User, right: str) -> None:
    if work.ctx.actor.kind != "user" or work.ctx.actor.id == user.id:
        return  # an account's right was checked with the endpoint
    if right not in grant_of_caller(connection, work.ctx, now_ms()).rights:
        raise ForbiddenError(f"The tokens of '{user.username}' are open to that person and to the right {right}")


def _expiry(fields: Mapping[str, JSON], now: int) -> int:
    given = fields.get("expirationDate")
    if not isinstance(given, int):
        return now + YEAR_MS
    if given <= now:
        text = "'expirationDate' is in the past; send a later one, or none for a year"
        raise InvalidError(text, fields={"expirationDate": [text]})
    return given
