"""Logging in and out, who one is, and which of one's domains comes next."""

from typing import Final

from flask import Response

from app.core.canonical import JSON
from app.core.errors import ForbiddenError
from app.dialects.takaro.callers import COOKIE, HEADER, NOT_YOURS
from app.dialects.takaro.domains import domain_json
from app.dialects.takaro.envelope import success
from app.dialects.takaro.reading import Property, checked, read_body, text
from app.dialects.takaro.users import shown_user
from app.dialects.takaro.visit import Route, Visit
from app.resources.logins import rootlevel

DAY_S: Final = 86_400
_LOGIN: Final = {
    "username": Property(text(3, 254), required=True),
    "password": Property(text(1, 1000), required=True),
}


def log_in(visit: Visit) -> JSON:
    """Let a person in, for a day."""
    fields = checked(read_body(visit.request), _LOGIN)
    domain = visit.request.headers.get(HEADER)
    return rootlevel.log_in(visit.work, str(fields["username"]), str(fields["password"]), domain)


def log_out(visit: Visit) -> JSON:
    """End the login."""
    return rootlevel.log_out(visit.work)


def show_caller(visit: Visit) -> JSON:
    """Show the person who calls, and their domains."""
    person = visit.person
    domains: list[JSON] = [domain_json(record) for record in person.tenants]
    user = shown_user(visit, person.user.id)
    return {"user": user, "domains": domains, "domain": person.record.id, "pogs": []}


def choose(visit: Visit) -> Response:
    """Choose the domain of the calls that follow."""
    wanted = visit.ids["domainId"]
    if all(record.id != wanted for record in visit.person.tenants):
        raise ForbiddenError(NOT_YOURS)
    answer = success({})
    answer.set_cookie(COOKIE, wanted, max_age=DAY_S, httponly=True, samesite="Lax", secure=visit.request.is_secure)
    return answer


def forget(visit: Visit) -> Response:
    """Choose no domain any more."""
    answer = success({})
    answer.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=visit.request.is_secure)
    return answer


ROUTES: Final = (
    Route("POST", "/login", "Log in for a day", log_in, asks="nobody"),
    Route("POST", "/logout", "Log out", log_out, chooses=True),
    Route("GET", "/me", "Show the person who calls, and their domains", show_caller),
    Route("POST", "/selected-domain/{domainId}", "Choose the domain of the next calls", choose, chooses=True),
    Route("DELETE", "/selected-domain", "Choose no domain any more", forget, chooses=True),
)
