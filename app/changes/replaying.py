"""Answering a repeated request (Idempotency-Key) from the log instead of doing it again."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import orjson
from sqlalchemy import Connection

from app.changes.change import Change, Idempotency, Outcome, as_stored, held_change
from app.changes.kinds import View
from app.changes.lanes import Ticket
from app.changes.operating import Deed
from app.changes.review.model import change_request_of
from app.core.canonical import Document, canonical
from app.core.context import Context
from app.core.errors import ConflictError
from app.core.values import dataclass
from app.store.change_requests import lock_record
from app.store.documents import Stored
from app.store.log import Event
from app.store.logged import document_before, events_in
from app.store.writes import Row, done_before


@dataclass(slots=True)
class Earlier:
    """What the keys of a batch's requests did before: rows of earlier transactions, and outcomes of this batch."""

    rows: Mapping[tuple[str, str], Any]
    batch: dict[tuple[str, str], tuple[str, Outcome]] = field(default_factory=dict)

    def answer(self, ticket: Ticket, view: View, connection: Connection) -> Outcome | None:
        """Rebuild the outcome of the request that used the ticket's key first; None when nothing did.

        Raises:
            ConflictError: the key was used for another method, path or body.
        """
        if ticket.idempotency is None:
            return None
        key = (ticket.ctx.actor.id, ticket.idempotency.key)
        if key in self.batch:
            digest, outcome = self.batch[key]
            refuse_other(ticket.idempotency, digest)
            return outcome
        row = self.rows.get(key)
        if row is None:
            return None
        refuse_other(ticket.idempotency, row.digest)
        return _rebuild(view, connection, row)

    def remember(self, ticket: Ticket, outcome: Outcome) -> None:
        """Note what a request of this batch did."""
        if ticket.idempotency is not None:
            self.batch[ticket.ctx.actor.id, ticket.idempotency.key] = (ticket.idempotency.digest, outcome)


def refuse_other(asked: Idempotency, digest: str) -> None:
    """Refuse a key that identified another request.

    Raises:
        ConflictError: it did.
    """
    if asked.digest != digest:
        raise ConflictError(
            f"Idempotency-Key '{asked.key}' was used within the last 24 hours for another method, path or body; "
            "take a new key"
        )


def done_by(connection: Connection, tenant: str, tickets: Sequence[Ticket]) -> Mapping[tuple[str, str], Any]:
    """Read what requests with the keys of these tickets did before."""
    keys = [(ticket.ctx.actor.id, ticket.idempotency.key) for ticket in tickets if ticket.idempotency is not None]
    return done_before(connection, tenant, keys) if keys else {}


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


def _rebuild(view: View, connection: Connection, row: Any) -> Outcome:  # noqa: ANN401  a row
    tenant = view.ctx.tenant
    changes: tuple[Change, ...] = ()
    commit = None
    if row.first_seq is not None:
        events = events_in(connection, tenant, row.first_seq, row.last_seq)
        changes = tuple(_changed(connection, event) for event in events)
        commit = events[0].commit
    by_key = {(change.kind, change.id): change for change in changes}
    made = orjson.loads(row.made)
    keys = [(kind, document_id) for kind, document_id in made["asked"]]
    if "changeRequest" in made and row.first_seq is None:
        return _held(connection, view, made["changeRequest"], keys)
    answers = tuple(by_key.get(key) or _present(view, key) for key in keys)
    return Outcome(answers, changes, commit, row.first_seq, row.last_seq)


def _held(connection: Connection, view: View, number: str, keys: Sequence[tuple[str, str]]) -> Outcome:
    """Show again what became a change request, as it was asked for then."""
    record = lock_record(connection, view.ctx.tenant, int(number))
    wanted = {} if record is None else {one.key: one for one in change_request_of(record).wanted}
    asked = []
    for kind, document_id in keys:
        one = wanted.get((kind, document_id))
        present = view.find(kind, document_id)
        after = present if one is None else as_stored(kind, document_id, one.after)
        asked.append(held_change(Change(kind, document_id, present, after), number))
    return Outcome(tuple(asked), (), change_request=number)


def _changed(connection: Connection, event: Event) -> Change:
    kind, document_id = event.object_kind or "", event.object_id or ""
    before = document_before(connection, event.tenant, kind, document_id, event.seq) if event.before else None
    after = None
    if event.after is not None:
        after = Stored(
            kind=kind,
            id=document_id,
            name=event.object_name or document_id,
            body=event.after,
            blob="",
            revision=event.revision or 1,
            commit=event.commit or "",
            created=before.created if before else event.time,
            updated=event.time,
        )
    return Change(kind, document_id, before, after)


def _present(view: View, key: tuple[str, str]) -> Change:
    stored = view.get(*key)
    return Change(*key, stored, stored)
