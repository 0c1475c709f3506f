"""Where roles are reached."""

from app.changes.work import Work
from app.core.canonical import JSON
from app.http.endpoint import Answer, Endpoint, Given
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.usermanagement import service
from app.resources.usermanagement.schema import CoverageInput

SINCE = Lifespan(10)
READ, WRITE = "administration_read", "administration_write"


def show_users(_work: Work, _given: Given) -> Answer:
    """List the people who may log in."""
    return Answer.plain(dict(service.NOBODY))


def show_roles(_work: Work, _given: Given) -> Answer:
    """List the roles."""
    return Answer.plain(list[JSON](service.list_roles()))


def show_coverage(_work: Work, given: Given) -> Answer:
    """Tell which roles some rights amount to."""
    found = service.cover(_texts(given.fields["permissions"]), _texts(given.fields["authz"]))
    covered: JSON = {"permissions": list[JSON](found.roles), "custom": list[JSON](found.custom)}
    return Answer.plain({"coverage": covered})


def _texts(value: JSON) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path="/usermanagement/users",
        action="getUserInfo",
        summary="List people and how they log in",
        right=READ,
        view=show_users,
        lifespan=SINCE,
    ),
    Endpoint(
        methods=("GET",),
        path="/usermanagement/roles",
        action="getRoles",
        summary="List the roles with their rights",
        right=READ,
        view=show_roles,
        lifespan=SINCE,
    ),
    Endpoint(
        methods=("POST",),
        path="/usermanagement/coverage/{username}",
        action="roleCoverage",
        summary="Tell which roles some rights amount to, and what is left over",
        right=WRITE,
        view=show_coverage,
        input=CoverageInput,
        json_only=True,
        lifespan=SINCE,
        unreadable="Could not get role's coverage user from request",
    ),
)

RESOURCE = Resource(name="usermanagement", endpoints=ENDPOINTS)
