"""Where Rudder's user management is reached."""

from collections.abc import Callable
from typing import Any

from app.changes.work import Work
from app.core.canonical import JSON
from app.http.endpoint import Answer, Endpoint, Given
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.usermanagement import people, service
from app.resources.usermanagement.schema import AddedInput, CoverageInput, InfoInput, UpdatedInput

READ, WRITE = "administration_read", "administration_write"
PATH = "/usermanagement"


def show_users(work: Work, _given: Given) -> Answer:
    """List the people who may log in."""
    return Answer.plain(people.list_people(work))


def show_roles(_work: Work, _given: Given) -> Answer:
    """List the roles."""
    return Answer.plain(list[JSON](service.list_roles()))


def show_coverage(_work: Work, given: Given) -> Answer:
    """Tell which roles some rights amount to."""
    found = service.cover(_texts(given.fields["permissions"]), _texts(given.fields["authz"]))
    covered: JSON = {"permissions": list[JSON](found.roles), "custom": list[JSON](found.custom)}
    return Answer.plain({"coverage": covered})


def reload(_work: Work, _given: Given) -> Answer:
    """Say that people are up to date: they are read anew with every request."""
    return Answer.plain({"reload": {"status": "Done"}})


def add(work: Work, given: Given) -> Answer:
    """Make a user."""
    return Answer.plain(people.add(work, given.document))


def update(work: Work, given: Given) -> Answer:
    """Change a user."""
    return Answer.plain(people.update(work, given.path["username"], given.document))


def activate(work: Work, given: Given) -> Answer:
    """Let a person in again."""
    return Answer.plain(people.switch(work, given.path["username"], enabled=True))


def disable(work: Work, given: Given) -> Answer:
    """Shut a person out."""
    return Answer.plain(people.switch(work, given.path["username"], enabled=False))


def delete(work: Work, given: Given) -> Answer:
    """End a membership."""
    return Answer.plain(people.delete(work, given.path["username"]))


def reset_second_factor(work: Work, given: Given) -> Answer:
    """Reset a second factor that nobody has."""
    return Answer.plain(people.reset_second_factor(work, given.path["username"]))


def _texts(value: JSON) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _endpoint(
    method: str,
    path: str,
    action: str,
    summary: str,
    view: Callable[[Work, Given], Answer],
    **more: Any,  # noqa: ANN401
) -> Endpoint:
    declared = {"lifespan": Lifespan(10), **more}
    return Endpoint(
        methods=(method,),
        path=f"{PATH}{path}",
        action=action,
        summary=summary,
        right=READ if method == "GET" else WRITE,
        view=view,
        **declared,
    )


_USER = {"id_from": "path"}
_ADD = {"input": AddedInput, "json_only": True, "unreadable": "Could not extract user from request"}
_UPDATE = {"input": UpdatedInput, "json_only": True, "partial": True}
_INFO = {"input": InfoInput, "json_only": True, "partial": True, **_USER}
_COVER = {
    "input": CoverageInput, "json_only": True, "unreadable": "Could not get role's coverage user from request",
}  # fmt: skip

ENDPOINTS = (
    _endpoint("GET", "/users", "getUserInfo", "List people and how they log in", show_users),
    _endpoint("GET", "/roles", "getRoles", "List the roles with their rights", show_roles),
    _endpoint("POST", "/users/reload", "reloadUsersConf", "Read people anew, which is done anyway", reload),
    _endpoint("POST", "", "addUser", "Make a user", add, **_ADD),
    _endpoint("POST", "/update/{username}", "updateUser", "Change a user's password and roles", update, **_UPDATE),
    _endpoint(
        "POST", "/update/info/{username}", "updateUserInfo", "Change a user's name and address", update, **_INFO
    ),
    _endpoint("PUT", "/status/activate/{username}", "activateUser", "Let a person in again", activate, **_USER),
    _endpoint("PUT", "/status/disable/{username}", "disableUser", "Shut a person out at once", disable, **_USER),
    _endpoint(
        "POST", "/coverage/{username}", "roleCoverage", "Tell which roles rights amount to", show_coverage, **_COVER
    ),
    _endpoint("DELETE", "/{username}", "deleteUser", "End a membership for good", delete),
    _endpoint(
        "POST", "/otp/reset/{username}", "resetUserOtp", "Reset a second factor, which nobody has", reset_second_factor,
        lifespan=Lifespan(24),
    ),
)  # fmt: skip

RESOURCE = Resource(name="usermanagement", endpoints=ENDPOINTS)
