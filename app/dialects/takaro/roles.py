"""Roles: sets of permissions, the system's and a tenant's own."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError, NotFoundError
from app.core.roles import ADMINISTRATOR
from app.dialects.takaro.ids import role_uuid
from app.dialects.takaro.people import role_json
from app.dialects.takaro.permissions import BY_ID, PERMISSIONS, permission_json, rights_of_permissions
from app.dialects.takaro.reading import Property, checked, read_body, text
from app.dialects.takaro.searching import answer
from app.dialects.takaro.visit import Paged, Route, Visit
from app.http.search import Extension, Searchable, joined_searches
from app.resources.roles import service
from app.store.keys import Key
from app.store.roles import EVERYONE
from app.store.tenants import find_tenant

READ, MANAGE = "READ_ROLES", "MANAGE_ROLES"


def _permissions(name: str, value: JSON) -> Mapping[str, str]:
    """Take a list of `{permissionId, count?}`."""
    if not isinstance(value, list):
        return {"isArray": f"{name} must be an array"}
    for one in value:
        stray = one.keys() - {"permissionId", "count"} if isinstance(one, dict) else {"?"}
        if not isinstance(one, dict) or stray:
            return {"nestedValidation": f"each value in {name} must be an object of permissionId and count"}
        if one.get("permissionId") not in BY_ID:
            return {"isEnum": f"each permissionId in {name} must be one of GET /permissions"}
    return {}


_NEW: Final = {
    "name": Property(text(3, 20), required=True),
    "permissions": Property(_permissions, required=True),
    "linkedDiscordRoleId": Property(lambda *_: {}, ignored=True),
}
_CHANGED: Final = {
    "name": Property(text(3, 20)),
    "permissions": Property(_permissions),
    "linkedDiscordRoleId": Property(lambda *_: {}, ignored=True),
}


def shown_roles(work: Work) -> dict[str, Document]:
    """Show every role of the tenant, by our ids; those of the system are as old as the tenant."""
    with work.session.database.connect() as connection:
        record = find_tenant(connection, work.ctx.tenant)
    made = 0 if record is None else record.created
    return {str(role["id"]): role_json(role, made) for role in service.list_roles(work)}


def our_role(work: Work, shown_id: str) -> str:
    """Give our id of the role that is shown under a UUID.

    Raises:
        NotFoundError: there is none.
    """
    wanted = shown_id.lower()
    found = next((str(role["id"]) for role in service.list_roles(work) if role_uuid(str(role["id"])) == wanted), None)
    if found is None:
        raise NotFoundError(f"Role '{shown_id}' was not found")
    return found


def list_permissions(_visit: Visit) -> JSON:
    """List what can be permitted."""
    return [permission_json(name) for name in PERMISSIONS]


def search(visit: Visit) -> Paged:
    """Find roles."""
    return answer(SEARCH, visit)


def create(visit: Visit) -> JSON:
    """Make a role."""
    fields = checked(read_body(visit.request), _NEW)
    return _shown(visit, service.create_role(visit.work, _stored(fields)))


def show(visit: Visit) -> JSON:
    """Show a role."""
    return _shown(visit, service.get_role(visit.work, our_role(visit.work, visit.ids["id"])))


def update(visit: Visit) -> JSON:
    """Change a role."""
    fields = checked(read_body(visit.request), _CHANGED)
    role = service.get_role(visit.work, our_role(visit.work, visit.ids["id"]))
    if role["id"] == ADMINISTRATOR:
        raise InvalidError("Cannot update root role")
    if role["system"] is True and (role["id"] != EVERYONE or "name" in fields):
        raise InvalidError("Cannot rename system roles" if "name" in fields else "This system role stays as it is")
    return _shown(visit, service.update_role(visit.work, str(role["id"]), _stored(fields)))


def delete(visit: Visit) -> JSON:
    """Delete a role."""
    role = service.get_role(visit.work, our_role(visit.work, visit.ids["id"]))
    if role["system"] is True:
        raise InvalidError("Cannot delete system roles")
    service.delete_role(visit.work, str(role["id"]))
    return {}


def _stored(fields: Document) -> Document:
    given = fields.get("permissions")
    stored: Document = {"name": fields["name"]} if "name" in fields else {}
    if isinstance(given, list):
        ids = [str(one["permissionId"]) for one in given if isinstance(one, dict)]
        stored["rights"] = [*sorted(rights_of_permissions(ids))]
    return stored


def _shown(visit: Visit, role: Document) -> JSON:
    return role_json(role, visit.person.record.created)


def _listed(work: Work) -> Sequence[Document]:
    return [*shown_roles(work).values()]


def _as_listed(_work: object, rows: Sequence[Document]) -> Sequence[Document]:
    return rows


def permissions_extension() -> Extension:
    """Declare `permissions`, which a role shows anyway."""

    def related(_session: object, parents: Sequence[Document]) -> Sequence[Sequence[JSON]]:
        return [held if isinstance(held := role["permissions"], list) else [] for role in parents]

    return Extension(find=related, many=True, show=_as_listed)


_KEYS: Final = (
    Key("id", "uuid"),
    Key("name"),
    Key("system", "flag"),
    Key("createdAt", "date"),
    Key("updatedAt", "date"),
)
SEARCH: Final = joined_searches(
    [
        Searchable(
            name="roles",
            path="/role",
            right="role_read",
            show=_as_listed,
            keys={key.name: key for key in _KEYS},
            listed=_listed,
            extensions={"permissions": permissions_extension()},
        )
    ]
)["roles"]

ROUTES: Final = (
    Route("GET", "/permissions", "List what can be permitted", list_permissions),
    Route("POST", "/role/search", "Find roles", search, READ),
    Route("POST", "/role", "Make a role", create, MANAGE),
    Route("GET", "/role/{id}", "Show a role", show, READ),
    Route("PUT", "/role/{id}", "Change a role", update, MANAGE),
    Route("DELETE", "/role/{id}", "Delete a role", delete, MANAGE),
)
