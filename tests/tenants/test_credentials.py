"""The table "credential headers -> dialect, tenant, actor", every row and every pair of rows."""

from itertools import combinations

import pytest

from app.core.context import Actor
from app.core.errors import ForbiddenError, InvalidError, SternpostError, UnauthenticatedError
from app.http.auth import (
    API_KEY,
    API_TOKEN,
    BEARER,
    CREDENTIALS,
    KEY_GRANT,
    PANEL_KEY,
    PUBLIC_CALLER,
    SESSION_COOKIE,
    TAKARO_TOKEN,
    AccountGrant,
    Authenticator,
    Resolve,
)
from app.http.rights import Grant
from app.http.throttle import Throttle
from tests.installations import Server
from tests.tenants.registering import registered

HEADERS = [row.variable for row in CREDENTIALS if row.variable != SESSION_COOKIE]
DIALECTS = {PANEL_KEY: "panel", API_TOKEN: "rudder", BEARER: "tenant", TAKARO_TOKEN: "takaro", API_KEY: "tenant"}
ORDER = [PANEL_KEY, API_TOKEN, BEARER, TAKARO_TOKEN, API_KEY]


def resolver(variable: str) -> Resolve:
    def resolve(text: str) -> AccountGrant | None:
        kind, _, tenant = text.partition("-of-")
        if kind != "good":
            return None
        grant = KEY_GRANT if variable == API_KEY else Grant("rw")
        return AccountGrant(tenant, Actor(variable, "account", variable), variable, grant)

    return resolve


def authenticator(*, public_read: bool = False) -> Authenticator:
    return Authenticator({name: resolver(name) for name in [*HEADERS, SESSION_COOKIE]}, Throttle(), public_read)


def sent(variable: str, text: str) -> dict[str, object]:
    if variable == SESSION_COOKIE:
        return {"HTTP_COOKIE": f"other=1; {SESSION_COOKIE}={text}"}
    return {variable: f"Bearer {text}" if variable == BEARER else text}


def outcome(environ: dict[str, object], *, public_read: bool = False) -> tuple[str, str, str] | type[SternpostError]:
    try:
        caller = authenticator(public_read=public_read).caller(environ, "192.0.2.1", strict=True)
    except SternpostError as refusal:
        return type(refusal)
    return caller.dialect, caller.tenant, caller.actor.id


@pytest.mark.parametrize("variable", HEADERS)
def test_each_header_alone_names_its_tenant_and_actor(variable: str) -> None:
    assert outcome(sent(variable, "good-of-a")) == (DIALECTS[variable], "a", variable)
    assert outcome(sent(variable, "bad"), public_read=True) is UnauthenticatedError
    assert outcome(sent(variable, ""), public_read=True) is UnauthenticatedError


@pytest.mark.parametrize(("one", "other"), list(combinations(ORDER, 2)))
def test_two_of_one_tenant_speak_for_the_first_of_the_table(one: str, other: str) -> None:
    both = {**sent(one, "good-of-a"), **sent(other, "good-of-a")}
    dialect = "tenant" if "tenant" in (DIALECTS[one], DIALECTS[other]) else DIALECTS[one]

    assert outcome(both) == (dialect, "a", one)


@pytest.mark.parametrize(("one", "other"), list(combinations(ORDER, 2)))
def test_two_of_different_tenants_are_refused(one: str, other: str) -> None:
    both = {**sent(one, "good-of-a"), **sent(other, "good-of-b")}

    assert outcome(both) is (ForbiddenError if {one, other} == {BEARER, API_KEY} else InvalidError)


@pytest.mark.parametrize(("one", "other"), list(combinations(ORDER, 2)))
def test_a_bad_one_is_never_ignored(one: str, other: str) -> None:
    for good, bad in ((one, other), (other, one)):
        assert outcome({**sent(good, "good-of-a"), **sent(bad, "bad")}, public_read=True) is UnauthenticatedError


def test_the_cookie_counts_only_where_no_header_was_sent() -> None:
    assert outcome(sent(SESSION_COOKIE, "good-of-a")) == ("console", "a", SESSION_COOKIE)
    assert outcome(sent(SESSION_COOKIE, "bad"), public_read=True) is UnauthenticatedError
    for variable in HEADERS:
        both = {**sent(SESSION_COOKIE, "good-of-b"), **sent(variable, "good-of-a")}
        assert outcome(both) == (DIALECTS[variable], "a", variable)


def test_without_any_the_public_tenant_is_read_where_that_is_allowed() -> None:
    public = (PUBLIC_CALLER.dialect, "public", "anonymous")

    assert outcome({}) is UnauthenticatedError
    assert outcome({}, public_read=True) == public
    assert outcome({BEARER: "Basic Zm9v"}, public_read=True) is UnauthenticatedError
    assert outcome({BEARER: "Basic Zm9v", **sent(API_TOKEN, "good-of-a")}) == ("rudder", "a", API_TOKEN)
    assert outcome({API_KEY: "good-of-a,good-of-a"}) is InvalidError
    with pytest.raises(UnauthenticatedError):
        authenticator(public_read=True).caller({}, "192.0.2.1", strict=False)


def test_the_table_of_the_tenant_api_over_http(server: Server) -> None:
    """The rows of decisions 26: what each reads and writes."""
    a, b = registered(server, "a@example.com"), registered(server, "b@example.com")
    body = {"id": "p", "value": "v"}
    rows = [
        ({}, 200, 403),
        ({"Api-Key": a.key}, 200, 401),
        (a.bearer, 200, 201),
        (a.both, 200, 201),
        ({"Api-Key": a.key, **b.bearer}, 403, 403),
        ({"Api-Key": "stk_unknown"}, 401, 401),
    ]
    for headers, read, written in rows:
        assert a.call("GET", "/api/25/rules", headers=headers).status_code == read, headers
        answer = a.call("PUT", "/api/25/parameters", headers=headers, json=body)
        assert answer.status_code == written, headers
        a.call("DELETE", "/api/25/parameters/p")


def test_401_of_the_tenant_api_names_its_scheme(server: Server) -> None:
    answer = server.client.get("/api/25/rules", headers={"Authorization": "Bearer none"})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
