"""Logging in at root level, choosing a domain, and tokens for one."""

import jwt
import pytest

from app.core.clock import now_ms
from app.people.invitations import token_of
from app.people.rootlogins import DAY_MS
from app.store.logins import open_invitations
from app.store.people import find_by_email
from app.store.session import TenantSession
from tests.installations import Server
from tests.takaro.calling import PASSWORD, Root, administrator, domain, login, member
from tests.tenants.registering import registered

FIVE_DAYS_S = 5 * 86_400


def test_who_is_wrong_is_told_the_same_whatever_is_wrong(server: Server) -> None:
    made, _ = domain(server)
    nobody = Root(server)
    for body in (
        {"username": made["rootUser"]["email"], "password": "wrong password"},
        {"username": "nobody@example.com", "password": "wrong password"},
    ):
        assert nobody.refused("POST", "/login", body) == (401, "UnauthorizedError", "Not authorized")
    answer = nobody.call("POST", "/login", {"username": "ab"})
    assert answer.status_code == 400
    assert [one["property"] for one in answer.json["meta"]["error"]["details"]] == ["username", "password"]
    assert nobody.refused("GET", "/me") == (401, "UnauthorizedError", "Not authorized")
    for _ in range(18):
        nobody.call("POST", "/login", {"username": "nobody@example.com", "password": "wrong"})
    throttled = nobody.call("POST", "/login", {"username": "nobody@example.com", "password": "wrong"})
    assert (throttled.status_code, throttled.json["meta"]["error"]["code"]) == (429, "TooManyRequestsError")
    assert int(throttled.headers["Retry-After"]) > 0
    assert login(server, made["rootUser"]["email"], made["password"]).data("GET", "/me")


def test_a_login_lasts_a_day_and_opens_root_level_only(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    _, root = domain(server)
    begun = now_ms()

    assert server.client.get("/api/25/rules", headers=root.headers).status_code == 401
    clock = {"now": begun + DAY_MS - 60_000}
    monkeypatch.setattr("app.dialects.takaro.mount.now_ms", lambda: clock["now"])
    object.__setattr__(server.opened.committer, "clock", lambda: clock["now"])
    assert root.data("GET", "/me")
    clock["now"] = begun + DAY_MS + 60_000
    assert root.refused("GET", "/me")[0] == 401


def test_a_token_for_a_domain_is_its_first_administrators(server: Server) -> None:
    made, root = domain(server)
    home = made["createdDomain"]["id"]
    other, _ = domain(server, "other domain")
    admin = administrator(server)

    token = admin.data("POST", "/token", {"domainId": home})["token"]
    caller = Root(server, {"x-takaro-token": token})

    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["domainId"], claims["exp"] - claims["iat"]) == (
        made["rootUser"]["id"],
        home,
        FIVE_DAYS_S,
    )
    assert caller.data("GET", "/me")["domain"] == home
    assert caller.refused("GET", "/me", None, **{"X-Takaro-Domain": other["createdDomain"]["id"]})[0] == 403
    assert server.client.get("/api/25/rules", headers=caller.headers).status_code == 200
    assert Root(server, {"x-takaro-token": token[:-2] + "xx"}).refused("GET", "/me")[0] == 401
    unsigned = jwt.encode(claims, None, algorithm="none")
    assert Root(server, {"x-takaro-token": unsigned}).refused("GET", "/me")[0] == 401
    assert Root(server, {"Authorization": f"Bearer {token}"}).refused("GET", "/me")[0] == 401
    assert caller.data("POST", "/logout") == {}
    assert caller.refused("GET", "/me")[0] == 401
    assert root.data("GET", "/me")
    assert admin.refused("POST", "/token", {"domainId": "nowhere"})[:2] == (404, "NotFoundError")
    assert admin.refused("POST", "/token", {})[:2] == (400, "ValidationError")
    assert Root(server).refused("POST", "/token", {"domainId": home})[0] == 401


def test_one_person_chooses_among_their_domains(server: Server) -> None:
    """Who registered twice by invitation: one identity with two memberships."""
    mine = registered(server, "mel@example.com")
    made, root = domain(server)
    home = made["createdDomain"]["id"]
    root.data("POST", "/user/invite", {"email": "mel@example.com"})
    accepted(server, home, "mel@example.com")
    caller = login(server, "mel@example.com")

    first, second = sorted((mine.id, home))
    me = caller.data("GET", "/me")
    assert sorted(one["id"] for one in me["domains"]) == [first, second]
    assert caller.data("GET", "/me", None, **{"X-Takaro-Domain": home})["domain"] == home
    assert caller.data("GET", "/me", None, **{"X-Takaro-Domain": mine.id})["domain"] == mine.id
    for foreign in ("default", "nowhere"):
        said = caller.refused("GET", "/me", None, **{"X-Takaro-Domain": foreign})
        assert said == (403, "ForbiddenError", "This domain is none of yours")
        answer = caller.call("POST", f"/selected-domain/{foreign}")
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (403, None)
    cookie = caller.call("POST", f"/selected-domain/{home}").headers["Set-Cookie"]
    assert cookie.startswith(f"takaro-domain={home};")
    assert "HttpOnly" in cookie
    assert caller.data("GET", "/me")["domain"] == home
    assert caller.data("GET", "/me", None, **{"X-Takaro-Domain": mine.id})["domain"] == mine.id
    administrator(server).data("PUT", f"/domain/{home}", {"state": "MAINTENANCE"})
    assert caller.refused("GET", "/me") == (
        400,
        "BadRequestError",
        "Domain is in maintenance mode. Please try again later.",
    )
    assert caller.call("DELETE", "/selected-domain").status_code == 200
    assert caller.data("GET", "/me")["domain"] == mine.id


def accepted(server: Server, tenant: str, email: str) -> None:
    """Open the link that was mailed, with the password that the person has."""
    with server.opened.database.connect(tenant) as connection:
        user = find_by_email(connection, tenant, email)
    assert user is not None
    session = TenantSession(server.opened.database, tenant)
    token = token_of(server.opened.committer.ring, open_invitations(session)[user.id])
    session.release()
    answer = server.client.post("/auth/accept-invitation", json={"token": token, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


def test_credentials_of_other_surfaces_open_nothing_here(server: Server) -> None:
    client = registered(server, "api@example.com")
    made, root = domain(server)

    for headers in (
        client.bearer,
        {"Api-Key": client.key},
        {"X-API-Token": server.token},
        {"X-Takaro-Admin-Token": "a secret of twenty characters or more"},
        {"Cookie": f"takaro-domain={made['createdDomain']['id']}"},
    ):
        assert Root(server, headers).refused("GET", "/me")[:2] == (401, "UnauthorizedError")
    token = administrator(server).data("POST", "/token", {"domainId": client.id})["token"]
    assert Root(server, {**root.headers, "x-takaro-token": token}).refused("GET", "/me")[:2] == (400, "BadRequestError")
    assert root.refused("POST", "/domain/search")[0] == 401


def test_logins_end_with_what_they_depend_on(server: Server) -> None:
    made, root = domain(server)
    user, caller = member(server, root, "READ_USERS", name="john")
    token = administrator(server).data("POST", "/token", {"domainId": made["createdDomain"]["id"]})["token"]
    native = {"x-takaro-token": token}

    disabled = server.client.post(f"/api/25/users/{user['id']}/disable", headers=native)
    assert disabled.status_code == 200, disabled.text
    assert caller.refused("GET", "/me")[0] == 401
    assert Root(server).refused("POST", "/login", {"username": "john@example.com", "password": PASSWORD})[0] == 401
    server.client.post(f"/api/25/users/{user['id']}/enable", headers=native)
    again = login(server, "john@example.com")
    server.client.post("/api/25/client/rotate-key", headers=native)
    assert again.refused("GET", "/me")[0] == 401
    assert root.refused("GET", "/me")[0] == 401
