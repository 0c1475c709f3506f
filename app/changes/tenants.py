"""The first event of a tenant: made from nothing, or as a copy of another one."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, literal, select

from app.core.canonical import Document, canonical
from app.core.context import Context
from app.core.errors import NotFoundError
from app.core.faults import fault_point
from app.store.db import Database
from app.store.format1 import FOLDERS, commit_bytes, event_hash
from app.store.git.objects import commit_sha
from app.store.git.trees import Trees
from app.store.log import Event, Party
from app.store.nodes import add_root
from app.store.session import scoped
from app.store.tables import DocumentField, DocumentRow
from app.store.writes import Batch, TenantHead, lock_tenant, read_blobs, write

_DOCUMENT_COLUMNS = tuple(column for column in DocumentRow.__table__.c if column.name not in ("tenant", "commit_id"))
_FIELD_COLUMNS = tuple(column for column in DocumentField.__table__.c if column.name not in ("tenant", "row"))


def begin_tenant(database: Database, ctx: Context, clock: Callable[[], int]) -> None:
    """Write the first event of a tenant that starts empty; does nothing when it has one."""
    with database.writing() as connection:
        head = _lock(connection, ctx.tenant)
        if head.seq == 0:
            _create(connection, ctx, head, {"base": None}, clock())


def copy_tenant(database: Database, ctx: Context, base: str, clock: Callable[[], int]) -> None:
    """Fill a tenant with the documents of another as they are now; does nothing when it has begun already.

    One event, one commit without parent, one transaction: half a copy is never seen. Machines are not copied, the
    tenant gets a node `root` of its own.
    """
    with database.writing() as connection:
        origin = _lock(connection, base)
        head = _lock(connection, ctx.tenant)
        if head.seq:
            return
        blobs = read_blobs(connection, base)
        tree = Trees.load((FOLDERS[kind], document_id, blob) for kind, document_id, blob in blobs).root()
        event = _create(connection, ctx, head, {"base": base, "seq": origin.seq, "tree": tree}, clock())
        fault_point("tenant.begun")
        _copy_rows(connection, base, ctx.tenant, event.commit or "")
        add_root(connection, ctx.tenant, event.time)
        fault_point("tenant.copied")


def _lock(connection: Connection, tenant: str) -> TenantHead:
    head = lock_tenant(connection, tenant)
    if head is None:
        raise NotFoundError(f"Tenant '{tenant}' was not found")
    return head


def _create(connection: Connection, ctx: Context, head: TenantHead, data: Document, now: int) -> Event:
    event = Event(
        tenant=head.id,
        seq=1,
        time=max(now, head.time),
        type="TenantCreated",
        actor=Party(ctx.actor.handle, ctx.actor.id, ctx.actor.kind),
        credential=ctx.credential,
        object_kind="tenant",
        object_id=head.id,
        object_name=head.name,
        data=canonical(data).decode(),
        reason=ctx.reason,
        request_id=ctx.source.request_id,
    )
    if data["base"] is not None:
        event = event._replace(commit=commit_sha(commit_bytes([event], tree=str(data["tree"]), parent=None)))
    event = event._replace(hash=event_hash(event))
    head.seq, head.time, head.head, head.hash = 1, event.time, event.commit, event.hash
    write(connection, head, Batch(events=[event]))
    return event


def _copy_rows(connection: Connection, base: str, tenant: str, commit: str) -> None:
    documents = scoped(select(*_DOCUMENT_COLUMNS).add_columns(literal(tenant), literal(commit)))
    names = [column.name for column in _DOCUMENT_COLUMNS]
    connection.execute(insert(DocumentRow).from_select([*names, "tenant", "commit_id"], documents), {"tenant": base})
    fields = scoped(select(*_FIELD_COLUMNS).add_columns(literal(tenant)))
    names = [column.name for column in _FIELD_COLUMNS]
    connection.execute(insert(DocumentField).from_select([*names, "tenant"], fields), {"tenant": base})
