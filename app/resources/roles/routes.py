"""Where roles are reached."""

from collections.abc import Callable
from typing import Any

from app.changes.work import Work
from app.http.endpoint import Answer, Endpoint, Given, Item, Paging, list_under
from app.http.resource import Resource
from app.http.search import Searchable
from app.http.versions import Lifespan
from app.people.role_shapes import PERMISSIONS, copied
from app.resources.roles import service
from app.resources.roles.schema import RoleInput, RoleSchema
from app.store.keys import Key

PATH = "/roles/{id}"


def show_all(work: Work, given: Given) -> Answer:
    """List the roles."""
    roles = service.list_roles(work)
    if given.page is None:
        return Answer.many(roles)
    later: list[Item] = [role for role in roles if str(role["id"]) > given.page.after]
    return Answer.paged(later[: given.page.limit + 1], given.page)


def show(work: Work, given: Given) -> Answer:
    """Show one role."""
    return Answer.one(service.get_role(work, given.path["id"]))


def create(work: Work, given: Given) -> Answer:
    """Make a role."""
    return Answer.one(service.create_role(work, given.document))


def update(work: Work, given: Given) -> Answer:
    """Change a role."""
    return Answer.one(service.update_role(work, given.path["id"], given.document))


def delete(work: Work, given: Given) -> Answer:
    """Delete a role."""
    return Answer.one(service.delete_role(work, given.path["id"]))


def _endpoint(
    method: str,
    path: str,
    action: str,
    summary: str,
    view: Callable[[Work, Given], Answer],
    **more: Any,  # noqa: ANN401
) -> Endpoint:
    return Endpoint(
        methods=(method,),
        path=path,
        action=action,
        summary=summary,
        right="role_read" if method == "GET" else "role_write",
        view=view,
        container=list_under("roles"),
        output=RoleSchema,
        lifespan=Lifespan(25),
        **more,
    )


ENDPOINTS = (
    _endpoint("GET", "/roles", "listRoles", "List all roles, by id", show_all, paging=Paging()),
    _endpoint("PUT", "/roles", "createRole", "Make a role", create, input=RoleInput, id_from="result", creates=True),
    _endpoint("GET", PATH, "roleDetails", "Show one role", show, id_from="result"),
    _endpoint("POST", PATH, "updateRole", "Change a role", update, input=RoleInput, partial=True, id_from="result"),
    _endpoint("DELETE", PATH, "deleteRole", "Delete a role that nobody has", delete, id_from="result"),
)

_KEYS = (
    *(Key(name) for name in ("id", "name", "description")),
    Key("rights", many=True),
    Key("system", "flag"),
    Key("createdAt", "date"),
    Key("updatedAt", "date"),
)
SEARCH = Searchable(
    name="roles",
    path="/roles",
    right="role_read",
    show=copied,
    keys={key.name: key for key in _KEYS},
    listed=service.list_roles,
    extensions={"permissions": PERMISSIONS},
)

RESOURCE = Resource(name="roles", endpoints=ENDPOINTS, searchables=(SEARCH,))
