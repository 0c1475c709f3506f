"""Tenants by id and by name."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.store.tables import Tenant


@dataclass(frozen=True, slots=True)
class TenantName:
    """What people see of a tenant."""

    id: str
    name: str
    state: str


def find_tenant(connection: Connection, tenant_id: str) -> TenantName | None:
    """Read a tenant by its id."""
    statement = select(Tenant.id, Tenant.name, Tenant.state).where(Tenant.id == tenant_id)
    row = connection.execute(statement).fetchone()
    return None if row is None else TenantName(*row)


def tenants_called(connection: Connection, name: str) -> list[str]:
    """List the ids of the tenants of this name; names are not unique."""
    return [str(row.id) for row in connection.execute(select(Tenant.id).where(Tenant.name == name).order_by(Tenant.id))]
