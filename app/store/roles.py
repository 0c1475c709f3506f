"""The roles that a tenant made itself, as rows."""

from collections.abc import Mapping

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from app.core.canonical import JSON, canonical
from app.core.rights import expand
from app.core.roles import ROLES, rights_of
from app.core.values import dataclass
from app.store.people import User
from app.store.people_tables import RoleRow
from app.store.session import scoped

EVERYONE = "everyone"
"""The role that everybody has without being given it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of a tenant's own; `rights` are full names, sorted, `created` and `updated` milliseconds."""

    tenant: str
    id: str
    name: str
    description: str = ""
    rights: tuple[str, ...] = ()
    created: int
    updated: int


_NAMES = ("tenant", "id", "name", "description", "rights", "created", "updated")
_ALL = scoped(select(*(RoleRow.__table__.c[name] for name in _NAMES)).order_by(RoleRow.folded))


def own_roles(connection: Connection, tenant: str) -> Mapping[str, Role]:
    """Read a tenant's own roles, by id without case."""
    found = {}
    for row in connection.execute(_ALL, {"tenant": tenant}):
        values = dict(zip(_NAMES, row, strict=True))
        role = Role(**{**values, "rights": tuple(orjson.loads(values["rights"]))})
        found[role.id.casefold()] = role
    return found


def role_table(connection: Connection, tenant: str) -> dict[str, frozenset[str]]:
    """Give the rights of every role of a tenant, built in or its own, by the id under which it is stored."""
    own = own_roles(connection, tenant).values()
    return {EVERYONE: frozenset(), **ROLES, **{role.id: expand(role.rights) for role in own}}


def rights_by(table: Mapping[str, frozenset[str]], user: User, now_ms: int) -> frozenset[str]:
    """Give the rights of a person's roles that have not lapsed, and of the role that everybody has."""
    living = [role for role, ends in user.roles.items() if ends is None or ends > now_ms]
    return rights_of([*living, EVERYONE], table)


def insert_role(connection: Connection, role: Role) -> None:
    """Add a role."""
    connection.execute(insert(RoleRow), [_row(role)])


def update_role(connection: Connection, role: Role) -> None:
    """Replace a role's row."""
    connection.execute(
        update(RoleRow).where(RoleRow.tenant == role.tenant, RoleRow.folded == role.id.casefold()).values(**_row(role))
    )


def delete_role(connection: Connection, tenant: str, role_id: str) -> None:
    """Drop a role."""
    connection.execute(delete(RoleRow).where(RoleRow.tenant == tenant, RoleRow.folded == role_id.casefold()))


def _row(role: Role) -> dict[str, object]:
    rights: list[JSON] = [*role.rights]
    values = {name: getattr(role, name) for name in _NAMES}
    return {**values, "folded": role.id.casefold(), "rights": canonical(rights).decode()}
