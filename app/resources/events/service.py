"""Finding events, newest first, and what each one changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.changes.befores import bodies_before
from app.core.canonical import JSON, Document
from app.core.clock import parse_rfc3339
from app.core.errors import InvalidError, NotFoundError
from app.store.events import COLUMNS, ONE, event
from app.store.keys import Key
from app.store.log import Event
from app.store.session import TenantSession
from app.store.sources import Table
from app.store.tables import AccountRow, EventRecord

NEWEST = 1 << 62
"""Above every seq."""
LONGEST_SEQ = 15
"""Digits of the largest seq that is asked of the database."""
READ_FOR_TEXT = 10_000
"""Events that one page reads to find a part of a text: no index knows parts, and a log may be of any length."""

_COLUMN: Mapping[str, InstrumentedAttribute[Any]] = {
    "credential": EventRecord.credential,
    "type": EventRecord.type,
    "kind": EventRecord.object_kind,
    "object": EventRecord.object_id,
    "change_request": EventRecord.change_request_id,
    "commit": EventRecord.commit_id,
    "outcome": EventRecord.outcome,
}
_FIRST_SINCE = (  # times never decrease along the log, so two look-ups turn a span of time into one of seqs
    select(EventRecord.seq)
    .where(EventRecord.time >= bindparam("time"))
    .order_by(EventRecord.time, EventRecord.seq)
    .limit(1)
)
_LAST_UNTIL = (
    select(EventRecord.seq)
    .where(EventRecord.time <= bindparam("time"))
    .order_by(EventRecord.time.desc(), EventRecord.seq.desc())
    .limit(1)
)
_NAMES = select(AccountRow.id, AccountRow.name).where(AccountRow.id.in_(bindparam("ids", expanding=True)))

KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("seq", "number"),
        Key("time", "date"),
        Key("createdAt", "date"),
        Key("updatedAt", "date"),
        *(Key(name) for name in ("type", "outcome", "actor", "credential", "kind", "object", "objectName")),
        *(Key(name) for name in ("reason", "commit", "requestId")),
        Key("changeRequest", "number"),
    )
}
SOURCE = Table(
    id=EventRecord.seq.expression,
    columns={
        "seq": EventRecord.seq.expression,
        "time": EventRecord.time.expression,
        "createdAt": EventRecord.time.expression,
        "updatedAt": EventRecord.time.expression,
        "type": EventRecord.type.expression,
        "outcome": EventRecord.outcome.expression,
        "actor": EventRecord.actor_handle.expression,
        "credential": EventRecord.credential.expression,
        "kind": EventRecord.object_kind.expression,
        "object": EventRecord.object_id.expression,
        "objectName": EventRecord.object_name.expression,
        "reason": EventRecord.reason.expression,
        "commit": EventRecord.commit_id.expression,
        "requestId": EventRecord.request_id.expression,
        "changeRequest": EventRecord.change_request_id.expression,
    },
    selected=COLUMNS,
    read=lambda row: event(row[1:]),
)


class Found(NamedTuple):
    """Events that every filter lets through, newest first; `stopped_at` is the last one read where that is not all."""

    events: list[Event]
    stopped_at: int | None = None


def find_events(session: TenantSession, filters: Document, *, before: int, most: int) -> Found:
    """List the events that every filter lets through, with seqs under `before`, newest first, at most `most`.

    With a part of a text among the filters at most `READ_FOR_TEXT` of those that the other ones let through are read.

    Raises:
        InvalidError: a time cannot be read.
    """
    first, last = _span(session, filters)
    # One bound on each side: of two, SQLite looks up the wider one and reads all that lies between.
    wanted = [*_conditions(filters), EventRecord.seq < min(before, last + 1)]
    stopped_at = None
    if "text" in filters:
        selected = select(EventRecord.seq).where(*wanted, EventRecord.seq >= first)
        stopped_at = max(
            filter(None, (_last_read(session, one) for one in _alternatives(selected, filters))), default=None
        )
        wanted.append(_holds(str(filters["text"])))
    wanted.append(EventRecord.seq >= (stopped_at or first))
    found: dict[int, Event] = {}
    for statement in _alternatives(select(*COLUMNS).where(*wanted), filters):
        rows = session.rows(statement.order_by(EventRecord.seq.desc()).limit(most))
        found.update((row.seq, event(row)) for row in rows)
    return Found([found[seq] for seq in sorted(found, reverse=True)[:most]], stopped_at)


def _last_read(session: TenantSession, statement: Select[*tuple[Any, ...]]) -> int | None:
    """Find where a page stops among the seqs that a statement selects; None where it reads them all."""
    row = session.find(statement.order_by(EventRecord.seq.desc()).offset(READ_FOR_TEXT - 1).limit(1))
    return None if row is None else int(row[0])


class Following:
    """The events that every filter lets through, oldest first, a part at a time; the filters are read once."""

    def __init__(self, session: TenantSession, filters: Document) -> None:
        """Read the filters.

        Raises:
            InvalidError: a time cannot be read.
        """
        self._session = session
        self._first, self._last = _span(session, filters)
        self._statement = (
            select(*COLUMNS)
            .where(EventRecord.seq > bindparam("after"), EventRecord.seq <= bindparam("until"), *_of_any_time(filters))
            .order_by(EventRecord.seq)
            .limit(bindparam("most"))
        )

    def part(self, *, after: int, until: int, most: int) -> list[Event]:
        """Read those with seqs over `after` and up to `until`, at most `most`."""
        values = {"after": max(after, self._first - 1), "until": min(until, self._last), "most": most}
        return [event(row) for row in self._session.rows(self._statement, values)]


def get_event(session: TenantSession, seq: str) -> Event:
    """Read one event.

    Raises:
        NotFoundError: this tenant has no such event.
    """
    is_number = seq.isascii() and seq.isdigit() and len(seq) <= LONGEST_SEQ
    row = session.find(ONE, {"seq": int(seq)}) if is_number else None
    if row is None:
        last = session.head().seq
        if is_number and 0 < int(seq) <= last:
            raise NotFoundError(f"Event {int(seq)} was retired after its time; an event EventsRetired speaks of it")
        raise NotFoundError(f"Event '{seq[:40]}' was not found; this tenant has the events 1 to {last}")
    return event(row)


def replaced_bodies(session: TenantSession, events: Sequence[Event]) -> dict[int, str]:
    """Read the body that each event replaced, by seq."""
    return bodies_before(session, events)


def credential_names(session: TenantSession, events: Sequence[Event]) -> dict[str, str]:
    """Read the names of the credentials that events were made with, by id."""
    ids = sorted({one.credential for one in events if one.credential is not None})
    if not ids:
        return {}
    return {row.id: row.name for row in session.rows(_NAMES, {"ids": ids[:900]})}


def _alternatives(statement: Select[*tuple[Any, ...]], filters: Document) -> Iterator[Select[*tuple[Any, ...]]]:
    """Ask once by handle and once by id: an OR of the two would use no index that has the order of seqs."""
    if "actor" not in filters:
        yield statement
        return
    yield statement.where(EventRecord.actor_handle == filters["actor"])
    yield statement.where(EventRecord.actor_id == filters["actor"])


def matching(session: TenantSession, filters: Document) -> list[ColumnElement[bool]]:
    """Read every filter, for a statement that counts or lists whole spans.

    Raises:
        InvalidError: a time cannot be read.
    """
    first, last = _span(session, filters)
    return [*_of_any_time(filters), EventRecord.seq >= first, EventRecord.seq <= last]


def _of_any_time(filters: Document) -> list[ColumnElement[bool]]:
    conditions = _conditions(filters)
    if "text" in filters:
        conditions.append(_holds(str(filters["text"])))
    if "actor" in filters:
        actor = filters["actor"]
        conditions.append(or_(EventRecord.actor_handle == actor, EventRecord.actor_id == actor))
    return conditions


def _conditions(filters: Document) -> list[ColumnElement[bool]]:
    """Read every filter but the actor, the text and the span of time."""
    conditions: list[ColumnElement[bool]] = [
        _COLUMN[name] == value for name, value in filters.items() if name in _COLUMN
    ]
    if filters.get("outcome", "success") != "success":
        conditions.append(EventRecord.outcome != literal_column("'success'"))  # what its index is limited to
    return conditions


def _span(session: TenantSession, filters: Document) -> tuple[int, int]:
    """Turn a span of time into the seqs of the first and the last event in it."""
    since, until = find_moment(filters, "since"), find_moment(filters, "until")
    if since is not None and until is not None and since > until:
        text = f"'from' ({filters['since']}) is later than 'to' ({filters['until']}); exchange them"
        raise InvalidError(text, fields={"from": [text]})
    first, last = 1, NEWEST
    if since is not None:
        row = session.find(_FIRST_SINCE, {"time": since})
        first = row[0] if row is not None else NEWEST
    if until is not None:
        row = session.find(_LAST_UNTIL, {"time": until})
        last = row[0] if row is not None else 0
    return first, last


def find_moment(filters: Document, name: str) -> int | None:
    """Read the first (`since`) or the last (`until`) moment that is asked for, in milliseconds.

    Raises:
        InvalidError: it is no time.
    """
    value: JSON = filters.get(name)
    if value is None:
        return None
    shown = {"since": "from", "until": "to"}[name]
    try:
        return parse_rfc3339(str(value))
    except InvalidError as fault:
        raise InvalidError(f"{shown}: {fault.message}", fields={shown: [fault.message]}) from fault


def _holds(text: str) -> ColumnElement[bool]:
    # SQLite folds ASCII only, so other letters are looked for as they were typed too.
    columns = (EventRecord.reason, EventRecord.object_name, EventRecord.object_id, EventRecord.type)
    folded = (func.lower(column).contains(text.lower(), autoescape=True) for column in columns)
    return or_(*folded, *(column.contains(text, autoescape=True) for column in columns))
