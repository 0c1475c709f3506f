"""The statements of the committer: lock, read under the lock, and write a whole batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from app.core.tenancy import DELETED
from app.core.values import dataclass
from app.store.base import insert_into
from app.store.change_requests import Record, save_records
from app.store.declared import value_row
from app.store.documents import ALL, HOLDERS, SOME, Stored, as_lists
from app.store.events import row_of
from app.store.keys import Declared
from app.store.log import Event
from app.store.prepared import InTransaction, pipelined
from app.store.session import AnyRow, scoped
from app.store.tables import Base, DocumentField, DocumentRow, EventRecord, IdempotencyRow, SecretRow, Tenant

Row = dict[str, object]


@dataclass(slots=True)
class TenantHead:
    """The tenant's row as it is under the lock, moved on as change sets are accepted."""

    id: str
    name: str
    state: str
    read_only: bool
    seq: int
    time: int
    head: str | None
    hash: str
    limits: str = "{}"


@dataclass(slots=True)
class Batch:
    """Everything that one transaction of the committer writes."""

    upserts: dict[tuple[str, str], Row] = field(default_factory=dict)
    updates: dict[tuple[str, str], Row] = field(default_factory=dict)
    deletes: set[tuple[str, str]] = field(default_factory=set)
    fields: dict[tuple[str, str, Declared], bool] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    secrets: dict[str, Row] = field(default_factory=dict)
    idempotency: list[Row] = field(default_factory=list)
    change_requests: list[Record] = field(default_factory=list)
    change_request_objects: set[tuple[int, str, str]] = field(default_factory=set)

    def put(self, key: tuple[str, str], row: Row, *, in_place: bool) -> None:
        """Store a document; `in_place` when it exists already and keeps its name, so that no index moves."""
        if in_place and key not in self.upserts and key not in self.deletes:
            self.updates[key] = row
        else:
            self.updates.pop(key, None)
            self.deletes.discard(key)
            self.upserts[key] = row

    def remove(self, key: tuple[str, str]) -> None:
        """Take a document away."""
        self.updates.pop(key, None)
        self.upserts.pop(key, None)
        self.deletes.add(key)

    def set_field(self, kind: str, document_id: str, value: Declared, *, holds: bool) -> None:
        """Say that a document holds, or no longer holds, a declared value; a later word undoes an earlier one."""
        key = (kind, document_id, value)
        if self.fields.get(key) is (not holds):
            del self.fields[key]
        else:
            self.fields[key] = holds


_LOCKING = select(
    *(Tenant.id, Tenant.name, Tenant.state, Tenant.read_only),
    *(Tenant.seq, Tenant.time, Tenant.head, Tenant.hash, Tenant.limits),
).where(Tenant.id == bindparam("tenant"))
_LOCK = InTransaction(_LOCKING)
_LOCK_ROW = InTransaction(_LOCKING.with_for_update())
_SOME = InTransaction(scoped(SOME))
_MOVE = InTransaction(
    update(Tenant)
    .where(Tenant.id == bindparam("tenant"))
    .values(
        seq=bindparam("new_seq"), time=bindparam("new_time"), head=bindparam("new_head"), hash=bindparam("new_hash")
    )
)
_BLOBS = scoped(select(DocumentRow.kind, DocumentRow.id, DocumentRow.blob))
_MOVED = scoped(
    select(EventRecord.object_kind, EventRecord.object_id)
    .where(EventRecord.seq > bindparam("seq"), EventRecord.object_kind.is_not(None), EventRecord.commit_id.is_not(None))
    .distinct()
)
_BLOBS_OF = scoped(
    select(DocumentRow.kind, DocumentRow.id, DocumentRow.blob).where(
        DocumentRow.kind.in_(bindparam("kinds", expanding=True)), DocumentRow.id.in_(bindparam("ids", expanding=True))
    )
)
_TAGS = scoped(select(SecretRow.tag).where(SecretRow.tag.in_(bindparam("tags", expanding=True))))
_DONE = scoped(
    select(IdempotencyRow)
    .where(
        IdempotencyRow.actor.in_(bindparam("actors", expanding=True)),
        IdempotencyRow.key.in_(bindparam("keys", expanding=True)),
    )
    .with_only_columns(
        IdempotencyRow.actor,
        IdempotencyRow.key,
        IdempotencyRow.digest,
        IdempotencyRow.first_seq,
        IdempotencyRow.last_seq,
        IdempotencyRow.made,
    )
)
_UPDATE = InTransaction(
    update(DocumentRow)
    .where(
        DocumentRow.tenant == bindparam("b_tenant"),
        DocumentRow.kind == bindparam("b_kind"),
        DocumentRow.id == bindparam("b_id"),
    )
    .values({column: bindparam(f"b_{column}") for column in ("body", "blob", "revision", "commit_id", "updated")})
)


def _same(table: type[Base], *names: str) -> list[ColumnElement[bool]]:
    """Ask for the row whose columns have the values `b_<name>`."""
    return [table.__table__.c[name] == bindparam(f"b_{name}") for name in names]


_DELETE_DOCUMENT = InTransaction(delete(DocumentRow).where(*_same(DocumentRow, "tenant", "kind", "id")))
_DELETE_FIELD = InTransaction(
    delete(DocumentField).where(*_same(DocumentField, "tenant", "kind", "id", "field", "text"))
)
_NEWER = ("name", "body", "blob", "revision", "commit_id", "created", "updated")


def _upsert(statement: Any) -> Any:  # noqa: ANN401  the two dialects' inserts share no type with this method
    newer = {column: statement.excluded[column] for column in _NEWER}
    return statement.on_conflict_do_update(index_elements=["tenant", "kind", "id"], set_=newer)


def _names(table: type[Base]) -> list[str]:
    """Name the columns that an INSERT fills: all but a number that the database gives."""
    return [column.name for column in table.__table__.columns if column.autoincrement is not True]


_UPSERT = InTransaction(lambda dialect: _upsert(insert_into(dialect, DocumentRow)), *_names(DocumentRow))
_SECRETS = InTransaction(lambda dialect: insert_into(dialect, SecretRow).on_conflict_do_nothing(), *_names(SecretRow))
_NEW_FIELDS = InTransaction(insert(DocumentField).inline(), *_names(DocumentField))
_NEW_EVENTS = InTransaction(insert(EventRecord), *_names(EventRecord))
_NEW_IDEMPOTENCY = InTransaction(insert(IdempotencyRow), *_names(IdempotencyRow))


def lock_tenant(connection: Connection, tenant: str) -> TenantHead | None:
    """Take the tenant's row for this transaction, so that no other process writes beside it; None for no tenant."""
    statement = _LOCK if connection.dialect.name == "sqlite" else _LOCK_ROW
    row = next(statement.run(connection, [{"tenant": tenant}]), None)
    if row is None:
        return None
    name, title, state, read_only, seq, time, head, last, limits = row
    return None if state == DELETED else TenantHead(name, title, state, bool(read_only), seq, time, head, last, limits)


def read_some(connection: Connection, tenant: str, keys: Collection[tuple[str, str]]) -> list[Stored]:
    """Read the documents with these (kind, id) in one statement."""
    wanted = set(keys)
    found = (Stored(*row) for row in _SOME.run_for(connection, {"tenant": tenant}, as_lists(wanted)))
    return [stored for stored in found if (stored.kind, stored.id) in wanted]


def read_all(connection: Connection, tenant: str, kind: str) -> list[Stored]:
    """Read every document of a kind, by id."""
    return [Stored(*row) for row in connection.execute(scoped(ALL), {"tenant": tenant, "kind": kind})]


def read_holders(connection: Connection, tenant: str, kind: str, field_name: str, value: str) -> list[Stored]:
    """Read the documents of a kind whose declared field has this value."""
    values = {"tenant": tenant, "kind": kind, "field": field_name, "value": value}
    return [Stored(*row) for row in connection.execute(scoped(HOLDERS), values)]


def read_blobs(connection: Connection, tenant: str) -> Iterable[tuple[str, str, str]]:
    """Read (kind, id, blob) of every document."""
    rows: Iterable[AnyRow] = connection.execute(_BLOBS, {"tenant": tenant})
    return ((row[0], row[1], row[2]) for row in rows)


def read_moved_blobs(connection: Connection, tenant: str, seq: int) -> dict[tuple[str, str], str | None]:
    """Name what changed after event `seq`: the blob of each document as it is now, None when it is gone."""
    keys = [(row[0], row[1]) for row in connection.execute(_MOVED, {"tenant": tenant, "seq": seq})]
    moved: dict[tuple[str, str], str | None] = dict.fromkeys(keys)
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        for kind, document_id, blob in connection.execute(_BLOBS_OF, {"tenant": tenant, **as_lists(part)}):
            if (kind, document_id) in moved:
                moved[kind, document_id] = blob
    return moved


def known_tags(connection: Connection, tenant: str, tags: Collection[str]) -> set[str]:
    """Tell which of these tags the tenant holds."""
    return {row[0] for row in connection.execute(_TAGS, {"tenant": tenant, "tags": list(tags)})}


def done_before(connection: Connection, tenant: str, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """Read what requests with these (actor id, Idempotency-Key) did."""
    actors, texts = [actor for actor, _ in keys], [key for _, key in keys]
    rows = connection.execute(_DONE, {"tenant": tenant, "actors": actors, "keys": texts})
    return {(row.actor, row.key): row for row in rows}


def write(connection: Connection, head: TenantHead, batch: Batch) -> None:
    """Write a batch and the tenant's new head; one statement for each table."""
    with pipelined(connection):
        _many(connection, _DELETE_DOCUMENT, [_named(head.id, key) for key in batch.deletes])
        _many(
            connection, _UPDATE, [{f"b_{name}": value for name, value in row.items()} for row in batch.updates.values()]
        )
        _many(connection, _UPSERT, list(batch.upserts.values()))
        _many(connection, _DELETE_FIELD, [_gone(head.id, key) for key, holds in batch.fields.items() if not holds])
        _many(connection, _NEW_FIELDS, [_held(head.id, key) for key, holds in batch.fields.items() if holds])
        _many(connection, _SECRETS, list(batch.secrets.values()))
        _many(connection, _NEW_EVENTS, [row_of(one) for one in batch.events])
        _many(connection, _NEW_IDEMPOTENCY, batch.idempotency)
        save_records(connection, head.id, batch.change_requests, batch.change_request_objects)
        moved = {
            "tenant": head.id,
            "new_seq": head.seq,
            "new_time": head.time,
            "new_head": head.head,
            "new_hash": head.hash,
        }
        _MOVE.run(connection, [moved])


def keep_secrets(connection: Connection, rows: Sequence[Row]) -> None:
    """Write the values behind tags outside of a batch; those that are held stay."""
    _many(connection, _SECRETS, rows)


def _many(connection: Connection, statement: InTransaction, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        statement.run(connection, rows)


def _named(tenant: str, key: tuple[str, str]) -> Row:
    return {"b_tenant": tenant, "b_kind": key[0], "b_id": key[1]}


def _gone(tenant: str, key: tuple[str, str, Declared]) -> Row:
    kind, document_id, value = key
    return {"b_tenant": tenant, "b_kind": kind, "b_id": document_id, "b_field": value.name, "b_text": value.text}


def _held(tenant: str, key: tuple[str, str, Declared]) -> Row:
    return value_row(tenant, *key)
