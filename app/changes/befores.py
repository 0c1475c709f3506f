"""The documents that events replaced, for a whole page of events in a few statements."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import aliased

from app.store.format1 import json_object
from app.store.log import Event
from app.store.session import TENANT, TenantSession
from app.store.tables import EventRecord

T = TypeVar("T")

PART = 400
"""Events asked for in one statement; SQLite takes 999 values in old builds."""

_Now, _Older, _Found = aliased(EventRecord, name="now"), aliased(EventRecord, name="older"), aliased(EventRecord)
_older_seq = (
    select(func.max(_Older.seq))
    .where(
        _Older.tenant == TENANT,
        _Now.tenant == TENANT,
        _Older.object_kind == _Now.object_kind,
        _Older.object_id == _Now.object_id,
        _Older.seq < _Now.seq,
        _Older.commit_id.is_not(None),
    )
    .correlate(_Now)
    .scalar_subquery()
)
_BEFORE = (
    select(_Now.seq, _Found.after)
    .join(_Found, and_(_Found.tenant == TENANT, _Found.seq == _older_seq))
    .where(_Now.tenant == TENANT, _Now.seq.in_(bindparam("seqs", expanding=True)))
)
_copied_seq = (
    select(func.max(EventRecord.seq).label("seq"))
    .where(
        EventRecord.tenant == TENANT,
        EventRecord.seq <= bindparam("until"),
        EventRecord.commit_id.is_not(None),
        # Two lists, not pairs, so that SQLite looks them up; the caller takes the pairs that it asked for.
        EventRecord.object_kind.in_(bindparam("kinds", expanding=True)),
        EventRecord.object_id.in_(bindparam("ids", expanding=True)),
    )
    .group_by(EventRecord.object_kind, EventRecord.object_id)
    .subquery()
)
_COPIED = select(EventRecord.object_kind, EventRecord.object_id, EventRecord.after).join(
    _copied_seq, EventRecord.seq == _copied_seq.c.seq
)
_FIRST = select(EventRecord.type, EventRecord.data).where(EventRecord.seq == 1)


def bodies_before(session: TenantSession, events: Sequence[Event]) -> dict[int, str]:
    """Read, by seq, the stored body that each event replaced; events that replaced none are left out."""
    replaced = {one.seq: one for one in events if one.before is not None and one.object_id is not None}
    found: dict[int, str] = {}
    for seqs in _parts(sorted(replaced)):
        found.update((row.seq, row.after) for row in session.rows(_BEFORE, {"seqs": seqs}) if row.after is not None)
    missing = [one for seq, one in replaced.items() if seq not in found]
    if missing:
        found.update(_copied(session, missing))
    return found


def _copied(session: TenantSession, events: Sequence[Event]) -> Iterator[tuple[int, str]]:
    """Look in the log of the tenant that this one began as a copy of; only what was copied is asked for."""
    first = session.find(_FIRST)
    origin = json_object(first.data) if first is not None and first.type == "TenantCreated" else {}
    if not origin.get("base"):
        return
    other = TenantSession(session.database, str(origin["base"]))
    until = int(str(origin["seq"]))
    try:
        for part in _parts(events):
            keys = [(one.object_kind, one.object_id) for one in part]
            kinds, ids = {kind for kind, _ in keys}, {document_id for _, document_id in keys}
            rows = other.rows(_COPIED, {"kinds": list(kinds), "ids": list(ids), "until": until})
            bodies = {(row.object_kind, row.object_id): row.after for row in rows}
            for one, key in zip(part, keys, strict=True):
                if bodies.get(key) is not None:
                    yield one.seq, bodies[key]
    finally:
        other.release()


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + PART] for start in range(0, len(items), PART))
