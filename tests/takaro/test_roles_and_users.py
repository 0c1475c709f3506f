"""Roles and users at root level: what is translated, and what is refused in which words."""

from uuid import uuid4

import pytest

from tests.installations import Server
from tests.takaro.calling import PASSWORD, Root, administrator, domain, login, member, permission

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def names(caller: Root) -> set[str]:
    return {one["name"] for one in caller.data("POST", "/role/search", {"limit": 1000})}


def test_a_domain_begins_with_its_roles_and_the_system_ones_stay(server: Server) -> None:
    made, root = domain(server)
    found = root.data("POST", "/role/search")
    roles = {one["name"]: one for one in found}

    assert {"root", "Admin", "Moderator", "User", "Author", "Reviewer", "Auditor"} <= set(roles)
    assert made["rootRole"] == roles["root"]
    held = {
        name: {one["permission"]["permission"] for one in roles[name]["permissions"]}
        for name in ("root", "Admin", "Moderator", "User", "Reviewer")
    }
    assert (held["root"], held["Admin"], held["User"]) == ({"ROOT"}, {"ROOT"}, set())
    assert held["Moderator"] == {"READ_USERS", "READ_SETTINGS"}
    assert {"REVIEW_CHANGES", "READ_RULES"} <= held["Reviewer"]
    assert "MANAGE_RULES" not in held["Reviewer"]
    assert (roles["root"]["system"], roles["User"]["system"], roles["Admin"]["system"]) == (True, True, False)
    top, user = f"/role/{roles['root']['id']}", f"/role/{roles['User']['id']}"
    assert root.refused("PUT", top, {"name": "boss"}) == (400, "BadRequestError", "Cannot update root role")
    for path in (top, user):
        assert root.refused("DELETE", path) == (400, "BadRequestError", "Cannot delete system roles")
    assert root.refused("PUT", user, {"name": "All"})[:2] == (400, "BadRequestError")
    granted = root.data("PUT", user, {"permissions": permission(root, "READ_RULES")})
    assert [one["permission"]["permission"] for one in granted["permissions"]] == ["READ_RULES"]
    assert root.refused("POST", f"/user/{made['rootUser']['id']}/role/{roles['User']['id']}")[0] == 400
    assert names(root) == set(roles)


@pytest.mark.parametrize(
    ("body", "status", "constraint"),
    [
        ({"name": "ab", "permissions": []}, 400, "isLength"),
        ({"name": "a" * 21, "permissions": []}, 400, "isLength"),
        ({"permissions": []}, 400, "isString"),
        ({"name": "Role"}, 400, "isArray"),
        ({"name": "Role", "permissions": [{"permissionId": "x"}]}, 400, "isEnum"),
        ({"name": "Role", "permissions": ["ROOT"]}, 400, "nestedValidation"),
        ({"name": "Role", "permissions": [], "bogus": 1}, 400, "whitelistValidation"),
        ({"name": "ADMIN", "permissions": []}, 409, None),
    ],
)
def test_a_role_that_cannot_be_made(server: Server, body: dict[str, object], status: int, constraint: str) -> None:
    _, root = domain(server)
    before = names(root)

    answer = root.call("POST", "/role", body)

    assert answer.status_code == status
    details = answer.json["meta"]["error"]["details"]
    assert details is None if constraint is None else constraint in details[0]["constraints"]
    assert names(root) == before


def test_users_are_made_shown_changed_and_removed(server: Server) -> None:
    _, root = domain(server)

    user, caller = member(server, root, "READ_USERS", name="john")

    assert (user["name"], user["email"], user["isDashboardUser"], user["roles"]) == (
        "john",
        "john@example.com",
        True,
        [],
    )
    assert {user[name] for name in ("discordId", "playerId", "player", "idpId")} == {None}
    path = f"/user/{user['id']}"
    shown = caller.data("GET", path)
    assert [one["role"]["name"] for one in shown["roles"]] == ["of john"]
    assert shown["roles"][0]["expiresAt"] is None
    assert root.data("PUT", path, {})["name"] == "john"
    changed = root.data("PUT", path, {"name": "John Doe", "isDashboardUser": False})
    assert (changed["name"], changed["isDashboardUser"]) == ("John Doe", False)
    assert root.refused("POST", "/user", {"name": "x", "email": "JOHN@example.com", "password": PASSWORD})[0] == 409
    assert (
        root.data("POST", "/user/search", {"filters": {"roleId": [shown["roles"][0]["roleId"]]}})[0]["id"] == user["id"]
    )
    assert root.data("POST", "/user/search", {"filters": {"isDashboardUser": False}})[0]["id"] == user["id"]
    assert root.data("POST", "/user/search", {"filters": {"discordId": ["1"]}}) == []
    assert root.data("DELETE", path) == {}
    assert root.refused("DELETE", path)[:2] == (404, "NotFoundError")
    assert root.refused("GET", path)[:2] == (404, "NotFoundError")
    assert caller.refused("GET", "/me")[:2] == (401, "UnauthorizedError")
    assert root.refused("GET", "/user/nope") == (400, "ValidationError", "Validation error")
    assert root.call("GET", "/user/nope").json["meta"]["error"]["details"][0]["constraints"] == {
        "isUuid": "id must be a UUID"
    }


def test_a_refused_password_is_masked(server: Server) -> None:
    _, root = domain(server)

    answer = root.call("POST", "/user", {"name": "x", "email": "no address", "password": "short"})

    assert answer.status_code == 400
    assert [one["property"] for one in answer.json["meta"]["error"]["details"]] == ["email", "password"]
    assert "short" not in answer.get_data(as_text=True)


def test_rights_are_asked_for_at_every_call_and_never_exceeded(server: Server) -> None:
    _, root = domain(server)
    user, caller = member(server, root, "READ_USERS", "MANAGE_ROLES", name="helper")
    role = caller.data("POST", "/role", {"name": "Mine", "permissions": permission(caller, "READ_USERS")})
    forbidden = (403, "ForbiddenError", "Forbidden")

    assert caller.refused("POST", "/variables/search") == forbidden
    assert caller.refused("POST", f"/user/{user['id']}/role/{role['id']}") == forbidden
    assert (
        caller.refused("PUT", f"/role/{role['id']}", {"permissions": permission(caller, "ROOT")})[:2] == forbidden[:2]
    )
    held = root.data("GET", f"/user/{user['id']}")["roles"][0]["roleId"]
    root.data("PUT", f"/role/{held}", {"permissions": permission(root, "READ_ROLES")})
    assert caller.refused("POST", "/role", {"name": "More", "permissions": []}) == forbidden
    root.data("PUT", f"/role/{held}", {"permissions": permission(root, "MANAGE_ROLES", "READ_USERS")})
    root.data("PUT", f"/user/{user['id']}", {"isDashboardUser": False})
    assert caller.refused("POST", "/role", {"name": "More", "permissions": []}) == (
        400,
        "BadRequestError",
        "You must be a dashboard user to perform this action",
    )
    assert caller.data("POST", "/user/search", {"limit": 1})


def test_a_role_may_be_given_until_a_time(server: Server) -> None:
    made, root = domain(server)
    user, caller = member(server, root, name="guest")
    role = root.data("POST", "/role", {"name": "Reader", "permissions": permission(root, "READ_EVENTS")})
    path = f"/user/{user['id']}/role/{role['id']}"

    root.data("POST", path, {"expiresAt": "2999-01-01T00:00:00.000Z"})
    (held,) = root.data("GET", f"/user/{user['id']}")["roles"]
    assert (held["userId"], held["roleId"], held["expiresAt"]) == (user["id"], role["id"], "2999-01-01T00:00:00.000Z")
    assert caller.data("POST", "/event/search", {"limit": 1})
    root.data("POST", path, {"expiresAt": "2020-01-01T00:00:00Z"})
    assert root.data("GET", f"/user/{user['id']}")["roles"] == []
    assert caller.refused("POST", "/event/search")[0] == 403
    assert root.refused("POST", path, {"expiresAt": "soon"})[:2] == (400, "ValidationError")
    assert root.data("DELETE", path) == {}
    assert root.refused("DELETE", path)[:2] == (404, "NotFoundError")
    assert root.refused("POST", f"/user/{user['id']}/role/{UNKNOWN}")[:2] == (404, "NotFoundError")
    last = f"/user/{made['rootUser']['id']}/role/{made['rootRole']['id']}"
    assert root.refused("DELETE", last)[:2] == (400, "BadRequestError")


def test_inviting_makes_a_user_who_cannot_log_in_yet(server: Server) -> None:
    _, root = domain(server)

    user = root.data("POST", "/user/invite", {"email": "new@example.com"})

    assert user["email"] == "new@example.com"
    assert root.data("POST", "/user/invite", {"email": "NEW@example.com"})["id"] == user["id"]
    assert Root(server).refused("POST", "/login", {"username": "new@example.com", "password": PASSWORD})[0] == 401


def test_an_administrators_password_opens_its_own_domain_only(server: Server) -> None:
    one, root = domain(server, "first domain")
    other, stranger = domain(server, "other domain")
    member(server, root, name="victim")
    theirs = stranger.data("POST", "/user", {"name": "x", "email": "victim@example.com", "password": PASSWORD + " too"})

    mine = login(server, "victim@example.com")
    fake = login(server, "victim@example.com", PASSWORD + " too")

    assert mine.data("GET", "/me")["domain"] == one["createdDomain"]["id"]
    assert fake.data("GET", "/me")["domain"] == other["createdDomain"]["id"]
    assert fake.data("GET", "/me")["user"]["id"] == theirs["id"]
    for caller, foreign in ((mine, other), (fake, one)):
        chosen = {"X-Takaro-Domain": foreign["createdDomain"]["id"]}
        assert caller.refused("GET", "/me", None, **chosen)[:2] == (403, "ForbiddenError")
        assert caller.refused("POST", f"/selected-domain/{foreign['createdDomain']['id']}")[0] == 403


def test_another_domains_ids_look_like_unknown_ones(server: Server) -> None:
    one, root = domain(server, "first domain")
    _, stranger = domain(server, "other domain")
    user, _ = member(server, root, "READ_USERS", name="john")
    held = root.data("GET", f"/user/{user['id']}")["roles"][0]["roleId"]
    theirs = stranger.data("POST", "/role", {"name": "Theirs", "permissions": []})
    someone = stranger.data("POST", "/user", {"name": "x", "email": "x@example.com", "password": PASSWORD})
    unknown = str(uuid4())

    for method, path in (
        ("GET", "/user/{}"),
        ("PUT", "/user/{}"),
        ("DELETE", "/user/{}"),
        ("POST", f"/user/{{}}/role/{theirs['id']}"),
        ("DELETE", f"/user/{{}}/role/{theirs['id']}"),
        ("GET", "/event/{}"),
        ("GET", "/variables/{}"),
        ("DELETE", "/variables/{}"),
    ):
        said = [stranger.call(method, path.format(one), {}).get_data(as_text=True) for one in (user["id"], unknown)]
        first, second = (text.replace(user["id"], "?").replace(unknown, "?") for text in said)
        assert first[: first.index("serverTime")] == second[: second.index("serverTime")], path
        assert "NotFoundError" in first
    for method, path in (("GET", "/role/{}"), ("PUT", "/role/{}"), ("DELETE", "/role/{}")):
        assert stranger.refused(method, path.format(held), {})[:2] == (404, "NotFoundError")
    assert stranger.refused("POST", f"/user/{someone['id']}/role/{held}")[:2] == (404, "NotFoundError")
    assert stranger.data("POST", "/user/search", {"filters": {"id": [user["id"]]}}) == []
    assert stranger.data("POST", "/role/search", {"filters": {"id": [held]}}) == []
    assert root.data("GET", f"/user/{user['id']}")["roles"][0]["roleId"] == held
    assert one["createdDomain"]["id"] not in str(stranger.data("GET", "/me"))
    assert administrator(server).data("POST", "/domain/search")
