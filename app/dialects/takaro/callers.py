"""Who calls root-level routes, and in which of their tenants they work."""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Request

from app.core.context import Context
from app.core.errors import ForbiddenError, InvalidError, UnauthenticatedError
from app.core.tenancy import ACTIVE, refuse_inactive
from app.core.values import dataclass
from app.dialects.takaro.visit import Person, Route
from app.http.auth import TAKARO_TOKEN, Authenticator, Caller
from app.people.callers import rights_of_user
from app.store.db import Database
from app.store.people import User, lock_user, memberships
from app.store.tenants import TenantRecord, find_tenant

HEADER: Final = "X-Takaro-Domain"
COOKIE: Final = "takaro-domain"
NOT_YOURS: Final = "This domain is none of yours"
"""Said of unknown ones and of other people's alike."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Finds the person behind a request."""

    database: Database
    authenticator: Authenticator

    def find(self, request: Request, route: Route, address: str, now_ms: int) -> tuple[Caller, Person]:
        """Name who calls, as a member of the chosen tenant.

        Raises:
            UnauthenticatedError, ThrottledError: no credential, or one that opens nothing.
            ForbiddenError: the chosen tenant is not theirs, or the permission is missing.
            DisabledError, MaintenanceError: the tenant is closed.
        """
        caller = self.authenticator.caller(request.environ, address, strict=False)
        named = None if route.chooses else request.headers.get(HEADER) or request.cookies.get(COOKIE)
        with self.database.everywhere("tenants of one person") as connection:
            user = lock_user(connection, caller.tenant, caller.actor.id)
            if user is None:
                raise UnauthenticatedError("The login has ended")
            # What opens one tenant only opens no other: a token for a domain, a password that its administrator set.
            is_confined = TAKARO_TOKEN in request.environ or user.password is not None or user.identity is None
            known = [user] if is_confined else _own(memberships(connection, user.identity or ""), user)
            records = {one.tenant: record for one in known if (record := find_tenant(connection, one.tenant))}
            chosen, record = _chosen(known, records, named)
            rights = rights_of_user(connection, chosen, now_ms)
        person = Person(chosen, record, rights, tuple(records.values()))
        if not route.chooses:
            _check(person, route)
            refuse_inactive(record.state)
            _check_dashboard(person, route)
        return caller, person


def context_of(person: Person, caller: Caller, context: Context) -> Context:
    """Give the context in which the person works."""
    user = person.user
    actor = (
        caller.actor if user.id == caller.actor.id else type(caller.actor)(user.id, "user", user.username, user.name)
    )
    return Context(user.tenant, actor, caller.credential, source=context.source)


def _own(members: Sequence[User], first: User) -> list[User]:
    """Give the memberships that one login opens, that of the login first."""
    return [first, *(one for one in members if one.password is None and one.is_active and one.id != first.id)]


def _chosen(known: Sequence[User], records: Mapping[str, TenantRecord], named: str | None) -> tuple[User, TenantRecord]:
    if named is not None:
        found = next((user for user in known if user.tenant == named and user.tenant in records), None)
        if found is None:
            raise ForbiddenError(NOT_YOURS)
        return found, records[named]
    living = [user for user in known if user.tenant in records]
    if not living:
        raise UnauthenticatedError("The login has ended")
    first = next((user for user in living if records[user.tenant].state == ACTIVE), living[0])
    return first, records[first.tenant]


def _check(person: Person, route: Route) -> None:
    if route.permission is not None and not person.holds(route.permission):
        raise ForbiddenError("Forbidden")


def _check_dashboard(person: Person, route: Route) -> None:
    is_managing = route.permission is not None and route.permission.startswith("MANAGE_")
    if is_managing and not person.user.dashboard:
        raise InvalidError("You must be a dashboard user to perform this action")
