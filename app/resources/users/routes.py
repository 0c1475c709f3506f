"""Where users are reached, from version 25 on: `GET /users` of versions 3 to 24 is Rudder's list of validated users."""

from collections.abc import Callable
from typing import Any

from app.changes.work import Work
from app.core.canonical import Document
from app.http.endpoint import Answer, Container, Endpoint, Given, Item, Paging, list_under
from app.http.resource import Resource
from app.http.search import Searchable
from app.http.versions import Lifespan
from app.people import administration as people
from app.people.role_shapes import PERMISSIONS, ROLES_OF_USER
from app.people.searching import USERS_TABLE
from app.resources.users import rudder, tokens
from app.resources.users.schema import (
    InvitationInput,
    NewUserInput,
    TokenInput,
    TokenSchema,
    UserInput,
    UserSchema,
)
from app.store.keys import Key

READ, WRITE = "user_read", "user_write"
PATH = "/users/{id}"
USERS, TOKENS = list_under("users"), list_under("tokens")


def show_all(work: Work, given: Given) -> Answer:
    """List the users."""
    users = people.list_users(work)
    if given.page is None:
        return Answer.many(users)
    later: list[Item] = [user for user in users if str(user["id"]) > given.page.after]
    return Answer.paged(later[: given.page.limit + 1], given.page)


def show(work: Work, given: Given) -> Answer:
    """Show one user."""
    return Answer.one(people.get_user(work, given.path["id"]))


def create(work: Work, given: Given) -> Answer:
    """Make a user."""
    return Answer.one(people.create_user(work, given.document))


def invite(work: Work, given: Given) -> Answer:
    """Invite a person by mail."""
    return Answer.one(people.invite_user(work, given.document))


def update(work: Work, given: Given) -> Answer:
    """Change a user."""
    return Answer.one(people.update_user(work, given.path["id"], given.document))


def _acting(act: Callable[[Work, str], Document]) -> Callable[[Work, Given], Answer]:
    return lambda work, given: Answer.one(act(work, given.path["id"]))


def show_tokens(work: Work, given: Given) -> Answer:
    """List a person's tokens."""
    return Answer.many(tokens.list_tokens(work, given.path["id"]))


def create_token(work: Work, given: Given) -> Answer:
    """Make a token of one's own."""
    return Answer.one(tokens.create_token(work, given.path["id"], given.document))


def delete_token(work: Work, given: Given) -> Answer:
    """End a token."""
    return Answer.one(tokens.delete_token(work, given.path["id"], given.path["tid"]))


def _endpoint(
    method: str,
    path: str,
    action: str,
    summary: str,
    view: Callable[[Work, Given], Answer],
    **more: Any,  # noqa: ANN401
) -> Endpoint:
    container: Container = USERS
    declared = {
        "right": READ if method == "GET" else WRITE,
        "container": container,
        "output": UserSchema,
        "lifespan": Lifespan(25),
        **more,
    }
    return Endpoint(methods=(method,), path=path, action=action, summary=summary, view=view, **declared)


_RESULT = {"id_from": "result"}
_MADE = {"id_from": "result", "creates": True}
_TOKEN = {"container": TOKENS, "output": TokenSchema}
_OWN = "userAccount_write"

ENDPOINTS = (
    _endpoint("GET", "/users", "listUsers", "List the people of the tenant, by id", show_all, paging=Paging()),
    _endpoint("PUT", "/users", "createUser", "Make a user", create, input=NewUserInput, **_MADE),
    _endpoint("POST", "/users/invite", "inviteUser", "Invite a person", invite, input=InvitationInput, **_MADE),
    _endpoint("GET", PATH, "userDetails", "Show one user", show, **_RESULT),
    _endpoint("POST", PATH, "updateUser", "Change a user", update, input=UserInput, partial=True, **_RESULT),
    _endpoint(
        "DELETE", PATH, "deleteUser", "End a membership for good", _acting(people.delete_user),
        **_RESULT,
    ),
    _endpoint(
        "POST", f"{PATH}/disable", "disableUser", "Shut a person out", _acting(people.disable_user), **_RESULT
    ),
    _endpoint("POST", f"{PATH}/enable", "enableUser", "Let a person in again", _acting(people.enable_user), **_RESULT),
    _endpoint(
        "GET", f"{PATH}/tokens", "listUserTokens", "List a person's own tokens", show_tokens,
        right=(READ, "userAccount_read"), **_TOKEN,
    ),
    _endpoint(
        "PUT", f"{PATH}/tokens", "createUserToken", "Make a token of one's own, shown this once", create_token,
        right=_OWN, input=TokenInput, json_only=True, **_TOKEN, **_MADE,
    ),
    _endpoint(
        "DELETE", f"{PATH}/tokens/{{tid}}", "deleteUserToken", "End a person's token", delete_token,
        right=(WRITE, _OWN), **_TOKEN, **_RESULT,
    ),
)  # fmt: skip

_KEYS = (
    Key("id", "uuid"),
    *(Key(name) for name in ("username", "name", "email", "state")),
    Key("roles", many=True, whole=True),
    Key("idpId", "uuid"),
    *(Key(name, "date") for name in ("lastLogin", "createdAt", "updatedAt")),
)
SEARCH = Searchable(
    name="users",
    path="/users",
    right=READ,
    show=people.show_users,
    keys={key.name: key for key in _KEYS},
    source=lambda _work: USERS_TABLE,
    extensions={"roles": ROLES_OF_USER, "roles.permissions": PERMISSIONS},
)

RESOURCE = Resource(name="users", endpoints=(*ENDPOINTS, *rudder.ENDPOINTS), searchables=(SEARCH,))
