"""Searching people, roles, accounts and teams, and what of them can be put into other objects."""

from typing import Any

import pytest

from tests.installations import Server
from tests.search.test_facts import ask, code, constraints


def made(server: Server, path: str, body: Any, method: str = "PUT") -> Any:
    answer = server.call(method, f"/api/25/{path}", json=body)
    assert answer.status_code == 200, answer.text
    (shown,) = answer.json["data"][path if path != "apiaccounts" else "accounts"]
    return shown


def user(server: Server, username: str, *roles: str, **more: Any) -> Any:
    body = {"username": username, "password": "correct horse battery staple", "roles": list(roles), **more}
    return made(server, "users", body)


def usernames(found: dict[str, Any]) -> list[str]:
    return sorted(one["username"] for one in found["data"])


def test_users_are_found_by_their_fields_and_shown_as_ever(server: Server) -> None:
    alice = user(server, "alice", "read_only", "compliance", email="Alice@example.com", name="Größe")
    bob = user(server, "bob", "read_only")

    assert ask(server, {"filters": {"username": ["alice"]}}, path="users")["data"] == [alice]
    assert ask(server, {"filters": {"id": [bob["id"]]}}, path="users")["data"] == [bob]
    assert usernames(ask(server, {"filters": {"roles": ["read_only"]}}, path="users")) == ["alice", "bob"]
    assert usernames(ask(server, {"filters": {"roles": ["compliance"]}}, path="users")) == ["alice"]
    assert usernames(ask(server, {"filters": {"roles": ["only", '":null,"']}}, path="users")) == []
    assert usernames(ask(server, {"filters": {"email": [None]}}, path="users")) == ["bob"]
    assert usernames(ask(server, {"search": {"email": ["ALICE@"]}}, path="users")) == ["alice"]
    assert usernames(ask(server, {"search": {"name": ["GRÖSSE"]}}, path="users")) == ["alice"]
    server.post(f"/api/25/users/{bob['id']}/disable")
    assert usernames(ask(server, {"filters": {"state": ["disabled"]}}, path="users")) == ["bob"]
    assert usernames(ask(server, {"lessThan": {"createdAt": alice["createdAt"]}}, path="users")) == ["alice"]


def test_fact_15_a_filter_by_an_id_that_is_no_uuid_is_refused(server: Server) -> None:
    found = ask(server, {"filters": {"id": ["nope"]}}, path="users", status=400)

    assert (code(found), constraints(found)) == ("ValidationError", {"isUuid"})
    assert "each value in id must be a UUID" in found["errorDetails"]


def test_fact_36_passwords_and_tokens_are_no_keys(server: Server) -> None:
    for path, secret in (("users", "password"), ("apiaccounts", "token"), ("parameters", "value")):
        for body in ({"filters": {secret: ["x"]}}, {"search": {secret: ["x"]}}, {"sortBy": secret}):
            found = ask(server, body, path=path, status=400)
            assert constraints(found) <= {"whitelistValidation", "isEnum"}, path


def test_roles_are_found_among_the_systems_and_the_tenants_own(server: Server) -> None:
    mine = made(server, "roles", {"id": "mine", "name": "Mine", "rights": ["rule_read"], "description": "50% ours"})

    assert ask(server, {"filters": {"system": [False]}}, path="roles")["data"] == [mine]
    assert ask(server, {"search": {"description": ["0%"]}}, path="roles")["data"] == [mine]
    assert ask(server, {"filters": {"rights": ["rule_read"], "id": ["mine"]}}, path="roles")["meta"]["total"] == 1
    shown = ask(server, {"filters": {"name": ["Mine"]}, "extend": ["permissions"]}, path="roles")["data"][0]
    assert shown["permissions"] == [{"id": "rule_read", "kind": "rule", "action": "read"}]
    pages = [ask(server, {"limit": 5, "page": page}, path="roles") for page in (1, 2, 3)]
    ids = [one["id"] for page in pages for one in page["data"]]
    assert ids == sorted(ids)
    assert len(ids) == pages[0]["meta"]["total"] == 14
    refused = server.put("/api/25/roles", json={"id": "search", "name": "Search"})
    assert (refused.status_code, refused.json["errorDetails"]) == (
        400,
        "Role id 'search' is reserved; choose another id",
    )


def test_accounts_are_found_and_show_their_owner(server: Server) -> None:
    alice = user(server, "alice")
    body = {"id": "bot", "name": "Bot", "status": "enabled", "tenants": "*", "authorizationType": "ro"}
    bot = made(server, "apiaccounts", {**body, "owner": alice["id"]}, "POST")
    shown = {name: value for name, value in bot.items() if name != "token"}

    (found,) = ask(server, {"filters": {"owner": [alice["id"]]}}, path="apiaccounts")["data"]
    assert {name: value for name, value in found.items() if value is not None} == shown
    extended = ask(server, {"search": {"name": ["bOT"]}, "extend": ["owner"]}, path="apiaccounts")["data"][0]
    assert extended["owner"]["username"] == "alice"
    assert ask(server, {"filters": {"id": ["ci"]}, "extend": ["owner"]}, path="apiaccounts")["data"][0]["owner"] is None
    assert ask(server, {"filters": {"status": ["disabled"]}}, path="apiaccounts")["data"] == []


def test_people_teams_and_events_extend_to_each_other(server: Server) -> None:
    alice = user(server, "alice", "rule_only")
    team = made(server, "teams", {"id": "ops", "name": "Ops", "members": [alice["id"]]})
    made(server, "rules", {"id": "r-1", "displayName": "One rule"})
    made(server, "rules", {"id": "r-2", "displayName": "Other rule"})
    server.delete("/api/25/rules/r-2")

    assert team["members"] == [alice["id"]]
    (shown,) = ask(server, {"extend": ["members"]}, path="teams")["data"]
    assert [one["username"] for one in shown["members"]] == ["alice"]
    body = {"filters": {"username": ["alice"]}, "extend": ["roles.permissions"]}
    (role,) = ask(server, body, path="users")["data"][0]["roles"]
    rights = [one["id"] for one in role["permissions"]]
    assert (role["id"], rights) == (
        "rule_only",
        [
            "configuration_read",
            "rule_read",
            "userAccount_edit",
            "userAccount_read",
            "userAccount_write",
        ],
    )
    extend = {"extend": ["actor", "object", "actor.roles"], "filters": {"type": ["RuleAdded"]}, "sortBy": "seq"}
    first, second = ask(server, extend, path="events")["data"]
    assert (first["object"]["displayName"], second["object"]) == ("One rule", None)
    assert {name: first["actor"][name] for name in ("id", "kind", "roles")} == {
        "id": "ci",
        "kind": "account",
        "roles": [],
    }


@pytest.mark.parametrize(
    ("rights", "path", "extend"),
    [
        (["user_read"], "users", ["roles"]),
        (["team_read"], "teams", ["members"]),
        (["event_read", "rule_read"], "events", ["object"]),
    ],
)
def test_fact_30_an_extension_needs_the_right_to_what_it_shows(
    server: Server, rights: list[str], path: str, extend: list[str]
) -> None:
    made(server, "roles", {"id": "some", "name": "Some", "rights": rights})
    user(server, "alice", "some")
    login = server.client.post(
        "/api/auth/login", json={"email": "alice", "password": "correct horse battery staple", "client": "default"}
    )
    bearer = {"Authorization": f"Bearer {login.json['access']}"}

    plain = server.client.post(f"/api/25/{path}/search", json={}, headers=bearer)
    extended = server.client.post(f"/api/25/{path}/search", json={"extend": extend}, headers=bearer)

    assert plain.status_code == 200
    assert (extended.status_code, code(extended.json)) == (403, "ForbiddenError")


def test_an_error_repeats_only_the_beginning_of_a_huge_value(server: Server) -> None:
    found = ask(server, {"filters": {"bogus": ["x" * 1_000_000]}, "y" * 100_000: 1}, path="rules", status=400)

    assert len(str(found)) < 20_000
