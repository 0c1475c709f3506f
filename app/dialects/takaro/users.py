"""Users: the people of a tenant."""

from collections.abc import Sequence
from typing import Final

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import now_ms, parse_rfc3339
from app.core.errors import InvalidError
from app.dialects.takaro.ids import role_uuid
from app.dialects.takaro.people import assigned, held_roles, user_json
from app.dialects.takaro.reading import Property, address, anything, checked, flag, moment, read_body, text
from app.dialects.takaro.roles import our_role, shown_roles
from app.dialects.takaro.searching import answer, empty
from app.dialects.takaro.visit import Paged, Route, Visit
from app.http.search import Extension, Searchable, joined_searches
from app.people import administration as people
from app.people.assigning import assign_role, take_role
from app.people.searching import users_table
from app.resources.roles.service import list_roles
from app.store.keys import Key, Value
from app.store.people import User, find_user
from app.store.roles import EVERYONE
from app.store.session import TenantSession
from app.store.sources import Table

READ, MANAGE = "READ_USERS", "MANAGE_USERS"

_NEW: Final = {
    "name": Property(text(1, 200), required=True),
    "email": Property(address, required=True),
    "password": Property(text(8, 1000), required=True),
    "isDashboardUser": Property(flag),
    "idpId": Property(anything, ignored=True),
}
_CHANGED: Final = {"name": Property(text(1, 200)), "isDashboardUser": Property(flag)}
_INVITED: Final = {"email": Property(address, required=True), "isDashboardUser": Property(flag)}
_ASSIGNED: Final = {"expiresAt": Property(moment, nullable=True)}


def search(visit: Visit) -> Paged:
    """Find users."""
    return answer(SEARCH, visit)


def create(visit: Visit) -> JSON:
    """Make a user, with a password that counts in this tenant only."""
    fields = checked(read_body(visit.request), _NEW)
    return _shown(visit, people.create_user(visit.work, fields))


def invite(visit: Visit) -> JSON:
    """Invite a person by mail; somebody who is here already is only shown."""
    return _shown(visit, people.invite_user(visit.work, checked(read_body(visit.request), _INVITED)))


def show(visit: Visit) -> JSON:
    """Show a user."""
    return shown_user(visit, visit.ids["id"])


def update(visit: Visit) -> JSON:
    """Change a user."""
    fields = checked(read_body(visit.request), _CHANGED)
    return _shown(visit, people.update_user(visit.work, _id(visit), fields))


def delete(visit: Visit) -> JSON:
    """End a membership for good."""
    people.delete_user(visit.work, _id(visit))
    return {}


def give_role(visit: Visit) -> JSON:
    """Give a user a role, if need be until a time."""
    fields = checked(read_body(visit.request), _ASSIGNED)
    role, given = our_role(visit.work, visit.ids["roleId"]), fields.get("expiresAt")
    if role == EVERYONE:
        raise InvalidError("Cannot assign the User role: everybody has it")
    ends = None if given is None else parse_rfc3339(str(given))
    assign_role(visit.work, _id(visit), role, ends)
    return {}


def remove_role(visit: Visit) -> JSON:
    """Take a role from a user."""
    take_role(visit.work, _id(visit), our_role(visit.work, visit.ids["roleId"]))
    return {}


def shown_user(visit: Visit, user_id: str) -> Document:
    """Show a user with their roles.

    Raises:
        NotFoundError: there is none.
    """
    user = find_user(visit.work.session, user_id.lower())
    if user is None:
        raise people.missing(user_id)
    return user_json(user, shown_roles(visit.work), now_ms())


def _id(visit: Visit) -> str:
    return visit.ids["id"].lower()


def _shown(visit: Visit, done: Document) -> Document:
    return shown_user(visit, str(done["id"]))


def _show_found(work: Work, rows: Sequence[User]) -> list[Document]:
    roles = shown_roles(work) if rows else {}
    return [user_json(user, roles, now_ms()) for user in rows]


def _source(work: Work) -> Table:
    def role_ids(values: Sequence[Value]) -> Sequence[str]:
        wanted = {str(value).lower() for value in values}
        return [str(role["id"]) for role in list_roles(work) if role_uuid(str(role["id"])) in wanted]

    names = {"name": "shownName", "discordId": "nothing", "playerId": "nothing"}
    return users_table(names, roles="roleId", role_ids=role_ids)


_Held = tuple[User, str, int | None]


def _held(_session: TenantSession, users: Sequence[User]) -> Sequence[Sequence[_Held]]:
    """Give what each user holds and has not lapsed, though it is shown without asking too."""
    now = now_ms()
    return [[(user, role, ends) for role, ends in held_roles(user, now)] for user in users]


def _assigned(work: Work, rows: Sequence[_Held]) -> list[Document]:
    roles = shown_roles(work) if rows else {}
    return [assigned(user, roles[role], ends) for user, role, ends in rows]


_TEXTS: Final = ("name", "email", "discordId")
_UUIDS: Final = ("id", "idpId", "playerId")
_DATES: Final = ("lastSeen", "createdAt", "updatedAt")
_KEYS: Final = (
    *(Key(name) for name in _TEXTS),
    *(Key(name, "uuid") for name in _UUIDS),
    *(Key(name, "date") for name in _DATES),
    Key("roleId", "uuid", many=True),
    Key("isDashboardUser", "flag"),
)
USERS: Final = Searchable(
    name="users",
    path="/user",
    right="user_read",
    show=_show_found,
    keys={key.name: key for key in _KEYS},
    source=_source,
    extensions={"roles": Extension(find=_held, many=True, show=_assigned), "gameServers": empty(many=True)},
)
SEARCH: Final = joined_searches([USERS])["users"]

ROUTES: Final = (
    Route("POST", "/user/search", "Find users", search, READ),
    Route("POST", "/user", "Make a user", create, MANAGE),
    Route("POST", "/user/invite", "Invite a person by mail", invite, MANAGE),
    Route("GET", "/user/{id}", "Show a user", show, READ),
    Route("PUT", "/user/{id}", "Change a user", update, MANAGE),
    Route("DELETE", "/user/{id}", "End a membership for good", delete, MANAGE),
    Route("POST", "/user/{id}/role/{roleId}", "Give a user a role", give_role, MANAGE),
    Route("DELETE", "/user/{id}/role/{roleId}", "Take a role from a user", remove_role, MANAGE),
)
