"""Time travel: documents as they were, and the history of one document, from the log."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, bindparam, func, select

from app.changes.kinds import Kind
from app.core.clock import now_ms, parse_rfc3339
from app.core.errors import InvalidError, NotFoundError
from app.store.documents import Stored
from app.store.events import COLUMNS, EVENTS_OF_OBJECT, OF_OBJECT, event
from app.store.format1 import json_object
from app.store.log import Event
from app.store.session import TENANT, AnyRow, TenantSession
from app.store.tables import EventRecord

FORMS = "a time such as 2026-01-31T12:00:00Z, a commit of 40 hex digits, seq:N or cr:N"

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SEQ = re.compile(r"seq:([0-9]{1,15})")
_CHANGE_REQUEST = re.compile(r"cr:([0-9]{1,15})")
_FIRST = select(*COLUMNS).where(EventRecord.seq == 1)
_LAST_OF_COMMIT = select(func.max(EventRecord.seq)).where(EventRecord.commit_id == bindparam("commit"))
_FIRST_OF_COMMIT = select(func.min(EventRecord.seq)).where(EventRecord.commit_id == bindparam("commit"))
_LAST_OF_CHANGE_REQUEST = select(func.max(EventRecord.seq)).where(
    EventRecord.change_request_id == bindparam("id"), EventRecord.commit_id.is_not(None)
)
_LAST_BY_TIME = (  # times never decrease, so this is the newest, found at the end of an index
    select(EventRecord.seq)
    .where(EventRecord.time <= bindparam("time"))
    .order_by(EventRecord.time.desc(), EventRecord.seq.desc())
    .limit(1)
)
_COMMITS = (
    select(EventRecord.seq, EventRecord.commit_id)
    .where(EventRecord.seq >= bindparam("seq"), EventRecord.seq <= bindparam("seq") + 1)
    .order_by(EventRecord.seq)
)
_newest = (
    select(EventRecord.object_id, func.max(EventRecord.seq).label("seq"))
    .where(
        EventRecord.tenant == TENANT,
        EventRecord.object_kind == bindparam("kind"),
        EventRecord.seq <= bindparam("seq"),
        EventRecord.commit_id.is_not(None),
    )
    .group_by(EventRecord.object_id)
    .subquery()
)
_ALL_AT = select(*COLUMNS).join(_newest, and_(EventRecord.seq == _newest.c.seq)).order_by(EventRecord.object_id)


def history(session: TenantSession, kind: Kind, document_id: str, *, before: int, most: int) -> list[Event]:
    """List the events of one document with seqs under `before`, newest first, at most `most`.

    A document that came with the copy of another tenant ends in the event `TenantCreated`, with the document put in.

    Raises:
        NotFoundError: there never was such a document.
    """
    events = _events(session, kind.name, document_id, before=before, most=most)
    if len(events) < most and before > 1 and not (events and events[-1].before is None):
        base = _base(session)
        copied = None if base is None else _copied(session, base, kind.name, document_id)
        if base is not None and copied is not None:
            events.append(base[0]._replace(object_kind=kind.name, after=copied.body, revision=copied.revision))
    if not events and kind.default(document_id) is None:
        _refuse_unknown(session, kind, document_id)
    return events


def find_at(session: TenantSession, kind: Kind, document_id: str, at: str) -> Stored:
    """Read a document as it was at a time, a commit or an event.

    Raises:
        InvalidError: the moment cannot be read, or has not come yet.
        NotFoundError: the document did not exist then.
    """
    stored = document_at(session, kind.name, document_id, at)
    if stored is None:
        then = f"{kind.label} '{document_id}' did not exist at {at}"
        raise NotFoundError(then, rudder=kind.missing(document_id).rudder)
    return stored


def document_at(session: TenantSession, kind: str, document_id: str, at: str) -> Stored | None:
    """Read a document as it was at a time, a commit or an event; None where it did not exist.

    Raises:
        InvalidError: the moment cannot be read, or has not come yet.
    """
    seq = moment(session, at)
    found = _events(session, kind, document_id, before=seq + 1, most=1)
    if found:
        return _stored(found[0])
    base = _base(session) if seq else None
    return None if base is None else _copied(session, base, kind, document_id)


def list_at(session: TenantSession, kind: str, at: str) -> Iterator[Stored]:
    """Read every document of a kind as it was, by id.

    Raises:
        InvalidError: the moment cannot be read, or has not come yet.
    """
    seq = moment(session, at)
    own = {row.object_id: _stored(event(row)) for row in session.rows(_ALL_AT, {"kind": kind, "seq": seq})}
    base = _base(session) if seq else None
    if base is not None:
        _, origin, origin_seq = base
        for row in _in(session, origin, _ALL_AT, {"kind": kind, "seq": origin_seq}):
            own.setdefault(row.object_id, _stored(event(row)))
    return (stored for _, stored in sorted(own.items()) if stored is not None)


def moment(session: TenantSession, at: str) -> int:
    """Read a moment as the seq of the last event of the commits that were made by then.

    Raises:
        InvalidError: it cannot be read, or has not come yet.
    """
    if _COMMIT.fullmatch(at):
        row = session.find(_LAST_OF_COMMIT, {"commit": at})
        if row is None or row[0] is None:
            raise _refused(at, f"'{at}' is not a commit of this tenant")
        return int(row[0])
    if asked := _CHANGE_REQUEST.fullmatch(at):
        return _deployed(session, int(asked[1]))
    numbered = _SEQ.fullmatch(at)
    if numbered is None and at.startswith(("seq:", "cr:")):
        raise _refused(at, f"'{at}' is not a moment; use {FORMS}")
    if numbered is not None:
        return _whole_commit(session, _not_future(session, int(numbered[1])))
    try:
        time = parse_rfc3339(at)
    except InvalidError as fault:
        raise _refused(at, fault.message) from fault
    if time > now_ms():
        raise _refused(at, f"'{at}' has not come yet; use a time up to now")
    row = session.find(_LAST_BY_TIME, {"time": time})
    return int(row[0]) if row is not None and row[0] is not None else 0


def _deployed(session: TenantSession, change_request: int) -> int:
    row = session.find(_LAST_OF_CHANGE_REQUEST, {"id": change_request})
    if row is None or row[0] is None:
        text = f"Change request {change_request} was not deployed in this tenant; use one that was"
        raise InvalidError(text, fields={"at": [text]})
    return int(row[0])


def _not_future(session: TenantSession, seq: int) -> int:
    last = session.head().seq
    if seq > last:
        raise _refused(f"seq:{seq}", f"Event {seq} has not happened yet; the last one is {last}")
    return seq


def _whole_commit(session: TenantSession, seq: int) -> int:
    """Step back before a commit that event `seq` does not finish."""
    rows = session.rows(_COMMITS, {"seq": seq})
    if len(rows) < 2 or rows[0].commit_id is None or rows[0].commit_id != rows[1].commit_id:  # noqa: PLR2004  a pair
        return seq
    first = session.find(_FIRST_OF_COMMIT, {"commit": rows[0].commit_id})
    return int(first[0]) - 1 if first is not None else seq


def _refused(at: str, text: str) -> InvalidError:
    return InvalidError(text, fields={"at": [text]}) if at else InvalidError(text)


def _refuse_unknown(session: TenantSession, kind: Kind, document_id: str) -> None:
    if not _events(session, kind.name, document_id, before=1 << 62, most=1):
        raise kind.missing(document_id)


def _events(session: TenantSession, kind: str, document_id: str, *, before: int, most: int) -> list[Event]:
    values = {"kind": kind, "id": document_id, "before": before, "most": most}
    return [event(row) for row in session.plain(EVENTS_OF_OBJECT, values)]


def _base(session: TenantSession) -> tuple[Event, str, int] | None:
    """Read from what this tenant was copied: its first event, the other tenant, and that one's seq then."""
    row = session.find(_FIRST)
    first = None if row is None else event(row)
    if first is None or first.type != "TenantCreated":
        return None
    data = json_object(first.data)
    return None if data["base"] is None else (first, str(data["base"]), int(str(data["seq"])))


def _copied(session: TenantSession, base: tuple[Event, str, int], kind: str, document_id: str) -> Stored | None:
    _, origin, seq = base
    rows = _in(session, origin, OF_OBJECT, {"kind": kind, "id": document_id, "before": seq + 1, "most": 1})
    return _stored(event(rows[0])) if rows else None


def _in(session: TenantSession, tenant: str, statement: Any, values: dict[str, object]) -> list[AnyRow]:  # noqa: ANN401
    """Read the log of the tenant that this one began as a copy of; only what was copied is asked for."""
    other = TenantSession(session.database, tenant)
    try:
        return list(other.rows(statement, values))
    finally:
        other.release()


def _stored(one: Event) -> Stored | None:
    if one.after is None or one.object_kind is None or one.object_id is None:
        return None
    return Stored(
        kind=one.object_kind,
        id=one.object_id,
        name=one.object_name or one.object_id,
        body=one.after,
        blob="",
        revision=one.revision or 1,
        commit=one.commit or "",
        created=one.time,
        updated=one.time,
    )
