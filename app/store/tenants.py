"""The rows of tenants: their state and limits, the keys that name them, and what is left of them at the end."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from app.core.canonical import JSON, canonical
from app.core.tenancy import ACTIVE, DELETED, LIMITS
from app.core.values import dataclass
from app.store.base import upsert
from app.store.log import NO_HASH
from app.store.people_tables import IdentityRow, UserRow
from app.store.prepared import Prepared
from app.store.session import scoped
from app.store.tables import Base, Tenant, TenantKeyRow

Purpose = Literal["api", "registration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRecord:
    """A tenant as its administrators see it; times are milliseconds, `limits` only the unusual ones."""

    id: str
    name: str
    state: str = ACTIVE
    read_only: bool = False
    external_reference: str | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    created: int = 0
    updated: int = 0

    def limit(self, name: str) -> int:
        """Give a limit that holds for this tenant."""
        return self.limits.get(name, LIMITS[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantKey:
    """A key that names a tenant; `ciphertext` is the key itself, for the tenant's own people."""

    tenant: str
    purpose: Purpose
    hash: str
    ciphertext: bytes
    key_id: str
    created: int


_NAMES = ("id", "name", "state", "read_only", "external_reference", "limits", "created", "updated")
_RECORD = select(*(Tenant.__table__.c[name] for name in _NAMES)).where(Tenant.state != DELETED)
_ONE = _RECORD.where(Tenant.id == bindparam("tenant"))
_ALL = _RECORD.order_by(Tenant.id)
_BURIED = select(Tenant.id).where(Tenant.state == DELETED).order_by(Tenant.id)
_KEY = scoped(select(*TenantKeyRow.__table__.c).where(TenantKeyRow.purpose == bindparam("purpose")))
# A key is what names its tenant, so this look-up cannot know it.
_BY_KEY = Prepared(
    select(Tenant.id, Tenant.state, Tenant.read_only)
    .join(TenantKeyRow, TenantKeyRow.tenant == Tenant.id)
    .where(TenantKeyRow.hash == bindparam("hash"), TenantKeyRow.purpose == bindparam("purpose"))
)


def find_tenant(connection: Connection, tenant: str) -> TenantRecord | None:
    """Read a tenant; None for one that never was or was deleted for good."""
    row = connection.execute(_ONE, {"tenant": tenant}).fetchone()
    return None if row is None else _record(row)


def list_tenants(connection: Connection) -> Iterable[TenantRecord]:
    """Read every tenant, by id."""
    return [_record(row) for row in connection.execute(_ALL)]


def tenants_called(connection: Connection, name: str) -> list[str]:
    """List the ids of the tenants of this name; names are not unique."""
    rows = connection.execute(_RECORD.where(Tenant.name == name).order_by(Tenant.id))
    return [str(row.id) for row in rows]


def list_buried(connection: Connection) -> list[str]:
    """Name the tenants that were deleted for good."""
    return [row.id for row in connection.execute(_BURIED)]


def is_given(connection: Connection, tenant: str) -> bool:
    """Tell whether an id is, or was, that of a tenant."""
    return (
        connection.execute(select(Tenant.id).where(Tenant.id == bindparam("tenant")), {"tenant": tenant}).first()
        is not None
    )


def insert_tenant(connection: Connection, record: TenantRecord) -> bool:
    """Add a tenant whose log has not begun; False when the id is, or was, another's."""
    row = {**_row(record), "seq": 0, "time": 0, "head": None, "hash": NO_HASH}
    statement: Any = upsert(connection, Tenant)
    made = connection.execute(statement.on_conflict_do_nothing().returning(Tenant.id), row)
    return made.fetchone() is not None


def update_tenant(connection: Connection, record: TenantRecord) -> None:
    """Replace what administrators may change."""
    connection.execute(update(Tenant).where(Tenant.id == record.id).values(_row(record)))


def bury_tenant(connection: Connection, tenant: str, *, now_ms: int) -> None:
    """Delete every row of a tenant, and the identities that belonged nowhere else; its own row stays, emptied."""
    people = select(UserRow.identity).where(UserRow.tenant == bindparam("t"), UserRow.identity.is_not(None))
    identities = [row.identity for row in connection.execute(people, {"t": tenant})]
    for table in reversed(Base.metadata.sorted_tables):
        if "tenant" in table.c:
            connection.execute(delete(table).where(table.c.tenant == tenant))
    for start in range(0, len(identities), 500):
        part = identities[start : start + 500]
        used = select(UserRow.identity).where(UserRow.identity.in_(part))
        orphans = delete(IdentityRow).where(IdentityRow.id.in_(part), IdentityRow.id.not_in(used))
        connection.execute(orphans)
    emptied = {"name": "", "state": DELETED, "external_reference": None, "limits": "{}", "updated": now_ms}
    log = {"seq": 0, "time": 0, "head": None, "hash": NO_HASH}
    connection.execute(update(Tenant).where(Tenant.id == tenant).values(**emptied, **log))


def find_key(connection: Connection, tenant: str, purpose: Purpose) -> TenantKey | None:
    """Read a key of a tenant."""
    row = connection.execute(_KEY, {"tenant": tenant, "purpose": purpose}).mappings().fetchone()
    return None if row is None else TenantKey(**row)


def put_key(connection: Connection, key: TenantKey) -> None:
    """Give a tenant a key; the one before opens nothing any more."""
    same = (TenantKeyRow.tenant == key.tenant, TenantKeyRow.purpose == key.purpose)
    connection.execute(delete(TenantKeyRow).where(*same))
    values = {column.name: getattr(key, column.name) for column in TenantKeyRow.__table__.c}
    connection.execute(insert(TenantKeyRow), [values])


def find_by_key(connection: Connection, hashed: str, purpose: Purpose) -> TenantRecord | None:
    """Look up the tenant that a key names, whatever its state; only id, state and whether it is read-only are given."""
    rows = _BY_KEY.rows(connection, {"hash": hashed, "purpose": purpose})
    if not rows:
        return None
    tenant, state, read_only = rows[0]
    return TenantRecord(id=tenant, name="", state=state, read_only=bool(read_only))


def limits_of(text: str) -> Mapping[str, int]:
    """Read limits as they are stored."""
    limits: Mapping[str, int] = orjson.loads(text)
    return limits


def _record(row: Any) -> TenantRecord:  # noqa: ANN401  a row of either select
    values = dict(zip(_NAMES, row, strict=True))
    return TenantRecord(**{**values, "read_only": bool(values["read_only"]), "limits": limits_of(values["limits"])})


def _row(record: TenantRecord) -> dict[str, object]:
    limits: dict[str, JSON] = dict(record.limits)
    return {**{name: getattr(record, name) for name in _NAMES}, "limits": canonical(limits).decode()}
