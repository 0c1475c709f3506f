"""Operations: what is done to accounts and tokens, logged like a change but without document and commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection

from app.changes.change import Idempotency
from app.changes.recording import Fact
from app.changes.replaying import refuse_other
from app.core.canonical import Document, canonical
from app.core.context import Context
from app.core.errors import ConflictError
from app.store.writes import Row, done_before


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What an operation did: the facts to log, and what the caller gets.

    `once` says that the answer holds a token, key or password: it is kept nowhere, so a repetition of the request
    cannot have it again and is told `id` only.
    """

    facts: Sequence[Fact]
    answer: Document
    id: str = ""
    once: bool = False


Act = Callable[[Connection, int], Deed]
"""Writes its rows on the connection, under the tenant's lock, at the time given in milliseconds."""


def answered_before(connection: Connection, ctx: Context, idempotency: Idempotency) -> Document | None:
    """Give the answer of the request that used this key first; None when nothing did.

    Raises:
        ConflictError: the key was used for another request, or the answer cannot be given twice.
    """
    key = (ctx.actor.id, idempotency.key)
    row = done_before(connection, ctx.tenant, [key]).get(key)
    if row is None:
        return None
    refuse_other(idempotency, row.digest)
    made = orjson.loads(row.made)
    if "once" in made:
        raise ConflictError(f"already done: {made['once']}")
    answer: Document = made["answer"]
    return answer


def answered_row(ctx: Context, idempotency: Idempotency, deed: Deed, now: int) -> Row:
    """Make the row that remembers an operation under its key."""
    made: Document = {"once": deed.id} if deed.once else {"answer": deed.answer}
    return {
        "tenant": ctx.tenant,
        "actor": ctx.actor.id,
        "key": idempotency.key,
        "digest": idempotency.digest,
        "first_seq": None,
        "last_seq": None,
        "made": canonical(made).decode(),
        "created": now,
    }
