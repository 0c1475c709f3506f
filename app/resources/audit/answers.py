"""Auditors' questions with an answer that cites the events it is made of."""

from collections.abc import Iterator
from dataclasses import field
from itertools import groupby

import orjson
from sqlalchemy import bindparam, func, select

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import parse_rfc3339, rfc3339
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.store.session import AnyRow
from app.store.tables import EventRecord

AT_ONCE = 1000
NO_REQUEST, NOBODY_ELSE = "noChangeRequest", "approvedByNobodyElse"

_CHANGES = (
    select(
        *(EventRecord.seq, EventRecord.time, EventRecord.type, EventRecord.actor_handle, EventRecord.actor_id),
        *(EventRecord.actor_kind, EventRecord.reason, EventRecord.commit_id, EventRecord.change_request),
        *(EventRecord.object_kind, EventRecord.object_id),
    )
    .where(
        EventRecord.seq > bindparam("after"),
        EventRecord.seq <= bindparam("until"),
        EventRecord.commit_id.is_not(None),
        EventRecord.type != "TenantCreated",  # the beginning of a tenant is nobody's change
    )
    .order_by(EventRecord.seq)
    .limit(bindparam("most"))
)
_LAST_UNTIL = select(func.max(EventRecord.seq)).where(EventRecord.time <= bindparam("time"))
_LAST_BEFORE = select(func.max(EventRecord.seq)).where(EventRecord.time < bindparam("time"))


@dataclass(slots=True)
class Found:
    """The changes without a second person, and which events were looked at."""

    first: int
    last: int
    count: int = 0
    more: bool = False
    changes: list[Document] = field(default_factory=list)


def without_second_person(work: Work, given: Document, *, after: int, most: int) -> Found:
    """List change sets that nobody but their author approved, oldest first, with seqs over `after`.

    Raises:
        InvalidError: a time cannot be read, or the span is turned round.
    """
    since, until = _span(work, given)
    start = max(since, after)
    found = Found(start + 1, until)
    for rows in _change_sets(work, start, until):
        if len(found.changes) == most:
            found.more, found.last = True, rows[0].seq - 1
            break
        found.count += len(rows)
        why = _lack(rows[0])
        if why is not None:
            found.changes.append(_shown(rows, why))
    return found


def _change_sets(work: Work, after: int, until: int) -> Iterator[list[AnyRow]]:
    return (list(rows) for _, rows in groupby(_rows(work, after, until), key=lambda row: row.commit_id))


def _rows(work: Work, after: int, until: int) -> Iterator[AnyRow]:
    while rows := work.session.rows(_CHANGES, {"after": after, "until": until, "most": AT_ONCE}):
        yield from rows
        after = rows[-1].seq


def _lack(row: AnyRow) -> str | None:
    """Say why a change had no second person; None when it had one."""
    if row.change_request is None:
        return NO_REQUEST
    trail = orjson.loads(row.change_request)
    others = set(trail["approvedBy"]) - {trail["author"]["handle"]}
    return None if others else NOBODY_ELSE


def _shown(rows: list[AnyRow], why: str) -> Document:
    first = rows[0]
    trail = orjson.loads(first.change_request) if first.change_request is not None else None
    seqs: list[JSON] = [row.seq for row in rows]
    objects: list[JSON] = [{"kind": row.object_kind, "id": row.object_id, "type": row.type} for row in rows]
    return {
        "why": why,
        "commit": first.commit_id,
        "time": rfc3339(first.time),
        "actor": {"id": first.actor_id, "kind": first.actor_kind, "handle": first.actor_handle},
        "reason": first.reason,
        "changeRequest": trail,
        "objects": objects,
        "seqs": seqs,
    }


def _span(work: Work, given: Document) -> tuple[int, int]:
    """Turn a span of time into seqs: over the first number, up to the second."""
    since, until = _time(given, "since", "from"), _time(given, "until", "to")
    if since is not None and until is not None and since > until:
        text = f"'from' ({given['since']}) is later than 'to' ({given['until']}); exchange them"
        raise InvalidError(text, fields={"from": [text]})
    before = None if since is None else work.session.find(_LAST_BEFORE, {"time": since})
    last = work.session.head().seq
    if until is not None:
        row = work.session.find(_LAST_UNTIL, {"time": until})
        last = row[0] or 0 if row is not None else 0
    return (before[0] or 0 if before is not None else 0), last


def _time(given: Document, name: str, shown: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        return parse_rfc3339(str(value))
    except InvalidError as fault:
        raise InvalidError(f"{shown}: {fault.message}", fields={shown: [fault.message]}) from fault
