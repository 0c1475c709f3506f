"""Tenants as root-level routes show them, where they are called domains."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.context import Context
from app.core.tenancy import LIMITS, STATES
from app.dialects.takaro.reading import Property, anything, checked, number, one_of, text
from app.resources.tenants.service import Administration, Created
from app.store.tenants import TenantRecord

NAME: Final = text(3, 200)
_LIMITS: Final = {name: Property(number) for name in LIMITS}
CHANGEABLE: Final[Mapping[str, Property]] = {
    "name": Property(NAME),
    "externalReference": Property(text(3, 200), nullable=True),
    "state": Property(one_of(STATES)),
    **_LIMITS,
}
CREATABLE: Final[Mapping[str, Property]] = {
    **CHANGEABLE,
    "name": Property(NAME, required=True),
    "id": Property(anything, ignored=True),
}


def domain_json(record: TenantRecord) -> Document:
    """Show a tenant."""
    return {
        "id": record.id,
        "name": record.name,
        "state": record.state,
        "externalReference": record.external_reference,
        **{name: record.limit(name) for name in LIMITS},
        "createdAt": rfc3339(record.created),
        "updatedAt": rfc3339(record.updated),
    }


def create(administration: Administration, ctx: Context, body: Document) -> Document:
    """Make a tenant with its first administrator, whose password is in this answer only."""
    fields = checked(body, CREATABLE)
    made = administration.create(ctx, laid_over(TenantRecord(id="", name=str(fields["name"])), fields))
    return {
        "createdDomain": domain_json(made.record),
        "rootUser": _root_user(made),
        "rootRole": _root_role(made),
        "password": made.password,
    }


def modify(administration: Administration, ctx: Context, tenant: str, body: Document) -> Document:
    """Change what was given."""
    fields = checked(body, CHANGEABLE)
    return domain_json(administration.tenants.modify(ctx, tenant, lambda record: laid_over(record, fields)))


def laid_over(record: TenantRecord, fields: Mapping[str, JSON]) -> TenantRecord:
    """Lay checked properties over a tenant."""
    reference = fields.get("externalReference", record.external_reference)
    given = {name: value for name, value in fields.items() if name in LIMITS and isinstance(value, int)}
    limits = {name: value for name, value in {**record.limits, **given}.items() if value != LIMITS[name]}
    return replace(
        record,
        name=str(fields.get("name", record.name)),
        state=str(fields.get("state", record.state)),
        external_reference=None if reference is None else str(reference),
        limits=limits,
    )


def _root_user(made: Created) -> Document:
    user, at = made.root, rfc3339(made.record.created)
    role = _root_role(made)
    assigned: Document = {"userId": user.id, "roleId": role["id"], "role": role, "expiresAt": None}
    return {
        "id": user.id,
        "name": user.username,
        "email": user.email,
        "idpId": user.identity,
        "discordId": None,
        "lastSeen": at,
        "playerId": None,
        "player": None,
        "isDashboardUser": True,
        "roles": [assigned],
        "createdAt": at,
        "updatedAt": at,
    }


def _root_role(made: Created) -> Document:
    at = rfc3339(made.record.created)
    permission: Document = {"permission": "ROOT", "friendlyName": "Root", "description": "May do everything"}
    everything: Document = {"permissionId": "ROOT", "count": 0, "permission": {"id": "ROOT", **permission}}
    name: Document = {"id": next(iter(made.root.roles)), "name": "root", "system": True}
    return {**name, "permissions": [everything], "createdAt": at, "updatedAt": at}
