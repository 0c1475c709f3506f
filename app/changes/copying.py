"""The first event of a tenant: made from nothing, or as a copy of another one."""

from sqlalchemy import Connection, insert, literal, select

from app.core.canonical import Document, canonical
from app.core.context import Context
from app.core.errors import NotFoundError
from app.core.faults import fault_point
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


def lock(connection: Connection, tenant: str) -> TenantHead:
    """Lock a tenant that must be there.

    Raises:
        NotFoundError: there is no such tenant.
    """
    head = lock_tenant(connection, tenant)
    if head is None:
        raise NotFoundError(f"Tenant '{tenant}' was not found")
    return head


def copy_documents(connection: Connection, ctx: Context, origin: TenantHead, head: TenantHead, now: int) -> None:
    """Begin a tenant with the documents of another, both locked by the caller: one event, one commit without parent."""
    blobs = read_blobs(connection, origin.id)
    tree = Trees.load((FOLDERS[kind], document_id, blob) for kind, document_id, blob in blobs).root()
    event = begin(connection, ctx, head, {"base": origin.id, "seq": origin.seq, "tree": tree}, now)
    fault_point("tenant.begun")
    _copy_rows(connection, origin.id, ctx.tenant, event.commit or "")
    add_root(connection, ctx.tenant, event.time)  # machines are not copied
    fault_point("tenant.copied")


def begin(connection: Connection, ctx: Context, head: TenantHead, data: Document, now: int) -> Event:
    """Write the first event of a tenant; `data` is that of `TenantCreated`."""
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
