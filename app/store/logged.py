"""What the log says inside a transaction: a range of events, and a document as it was before one."""

from sqlalchemy import Connection, bindparam, select

from app.store.documents import Stored
from app.store.events import COLUMNS as EVENT_COLUMNS
from app.store.events import event
from app.store.log import Event
from app.store.session import scoped
from app.store.tables import EventRecord

_EARLIER = scoped(
    select(*EVENT_COLUMNS)
    .where(
        EventRecord.object_kind == bindparam("kind"),
        EventRecord.object_id == bindparam("id"),
        EventRecord.seq < bindparam("before"),
        EventRecord.commit_id.is_not(None),
    )
    .order_by(EventRecord.seq.desc())
)
_NEWEST = scoped(
    select(*EVENT_COLUMNS)
    .where(
        EventRecord.object_kind == bindparam("kind"),
        EventRecord.object_id == bindparam("id"),
        EventRecord.commit_id.is_not(None),
    )
    .order_by(EventRecord.seq.desc())
    .limit(bindparam("most"))
)


def newest_events(connection: Connection, tenant: str, kind: str, document_id: str, *, most: int) -> list[Event]:
    """Read the newest events that changed a document, newest first."""
    values = {"tenant": tenant, "kind": kind, "id": document_id, "most": most}
    return [event(row) for row in connection.execute(_NEWEST, values)]


def events_in(connection: Connection, tenant: str, first: int, last: int) -> list[Event]:
    """Read a range of the log inside the transaction."""
    statement = scoped(
        select(*EVENT_COLUMNS).where(EventRecord.seq >= first, EventRecord.seq <= last).order_by(EventRecord.seq)
    )
    return [event(row) for row in connection.execute(statement, {"tenant": tenant})]


def document_before(connection: Connection, tenant: str, kind: str, document_id: str, seq: int) -> Stored | None:
    """Read a document as it was just before event `seq`, from the log of its tenant."""
    rows = connection.execute(_EARLIER, {"tenant": tenant, "kind": kind, "id": document_id, "before": seq}).fetchall()
    newest = next(iter(rows), None)
    if newest is None or newest.after is None:
        return None
    first = next((row for row in rows if row.revision == 1), rows[-1])
    return Stored(
        kind=kind,
        id=document_id,
        name=newest.object_name,
        body=newest.after,
        blob="",
        revision=newest.revision,
        commit=newest.commit_id,
        created=first.time,
        updated=newest.time,
    )
