"""Roles and teams in version 25."""

import pytest

from tests.installations import Server
from tests.people.persons import admin_of, events, make_tenant, make_user, person
from tests.resources.asking import Api, Json, only


@pytest.fixture
def api(server: Server) -> Api:
    return Api(server, 25)


def test_roles_are_those_of_rudder_and_that_of_everybody(api: Api) -> None:
    roles = {role["id"]: role for role in api.made("GET", "/roles")["data"]["roles"]}

    assert list(roles) == [
        *("administration_only", "administrator", "compliance", "configuration", "deployer", "everyone", "inventory"),
        *("no_rights", "read_only", "rule_only", "user", "validator", "workflow"),
    ]
    assert roles["administrator"]["rights"] == ["any_rights"]
    assert roles["everyone"]["rights"] == []
    assert all(role["system"] for role in roles.values())


def test_a_role_of_ones_own_is_made_given_changed_and_deleted(server: Server, api: Api) -> None:
    made = only(api.made("PUT", "/roles", json={"id": "Ops", "name": "Operators", "rights": ["rule_all"]}), "roles")
    assert (made["rights"], made["system"]) == (["rule_edit", "rule_read", "rule_write"], False)
    bob = person(server, "bob", roles=["ops"])
    assert bob.call("GET", "/api/25/rules").status_code == 200

    api.made("POST", "/roles/OPS", json={"rights": ["node_read"]})
    assert bob.call("GET", "/api/25/rules").status_code == 403
    said = api.refused(409, "DELETE", "/roles/ops")
    assert "held by 1 people (bob)" in said["errorDetails"]
    api.made("POST", f"/users/{bob.id}", json={"roles": []})
    api.made("DELETE", "/roles/ops")

    api.refused(404, "GET", "/roles/ops")
    assert [one.type for one in events(server, kind="role")] == ["RoleAdded", "RoleModified", "RoleDeleted"]


def test_what_everybody_may_do_is_the_tenants_to_say(server: Server, api: Api) -> None:
    bob = person(server, "bob")
    assert bob.call("GET", "/api/25/rules").status_code == 403

    api.made("POST", "/roles/everyone", json={"rights": ["rule_read"]})

    assert bob.call("GET", "/api/25/rules").status_code == 200
    assert only(api.made("GET", "/roles/everyone"), "roles")["system"] is True
    api.refused(409, "DELETE", "/roles/everyone")


@pytest.mark.parametrize(
    ("status", "method", "path", "asked", "field"),
    [
        (409, "POST", "/roles/administrator", {"rights": []}, None),
        (409, "DELETE", "/roles/user", None, None),
        (409, "PUT", "/roles", {"id": "Administrator", "name": "Boss"}, None),
        (409, "PUT", "/roles", {"id": "boss", "name": "USER"}, None),
        (404, "POST", "/roles/boss", {"rights": []}, None),
        (400, "PUT", "/roles", {"name": "ab"}, "name"),
        (400, "PUT", "/roles", {"name": "x" * 21}, "name"),
        (400, "PUT", "/roles", {"name": "Boss", "id": "b b"}, "id"),
        (400, "PUT", "/roles", {"name": "Boss", "rights": ["rule_delete"]}, "rights"),
        (400, "PUT", "/roles", {"name": "Boss", "permissions": []}, "permissions"),
    ],
)
def test_a_role_that_cannot_be_is_refused(
    api: Api, status: int, method: str, path: str, asked: Json | None, field: str | None
) -> None:
    said = api.refused(status, method, path, json=asked)

    assert list(said.get("errors", {})) == ([field] if field else [])


def test_a_role_of_another_tenant_looks_missing(server: Server, api: Api) -> None:
    make_tenant(server, "acme")
    role = {"id": "ops", "name": "Operators", "rights": ["any_rights"]}
    server.put("/api/25/roles", token=admin_of(server, "acme"), json=role)

    api.refused(404, "GET", "/roles/ops")
    api.refused(400, "PUT", "/users", json={"username": "x", "password": "correct horse", "roles": ["ops"]})


def test_a_team_is_a_document_with_members_that_are_people(server: Server, api: Api) -> None:
    bob = make_user(server, "bob")

    made = only(api.made("PUT", "/teams", json={"id": "ops", "name": "Operators", "members": [bob["id"]]}), "teams")

    assert (made["members"], made["revision"]) == ([bob["id"]], 1)
    (event,) = events(server, kind="team")
    assert (event.type, event.commit is not None) == ("TeamAdded", True)
    assert api.made("GET", "/teams/ops/history")["data"]["history"][0]["revision"] == 1
    said = api.refused(400, "POST", "/teams/ops", json={"members": ["nobody"]})
    assert list(said["errors"]) == ["members"]


def test_members_are_given_by_user_name_too_and_kept_by_id(server: Server, api: Api) -> None:
    bob, eve = make_user(server, "bob"), make_user(server, "eve")

    made = only(api.made("PUT", "/teams", json={"id": "ops", "name": "Ops", "members": ["BOB", eve["id"]]}), "teams")
    again = only(api.made("POST", "/teams/ops", json={"members": [bob["id"], "bob"]}), "teams")

    assert (made["members"], again["members"]) == (sorted([bob["id"], eve["id"]]), [bob["id"]])


def test_who_left_stays_listed_in_a_team_until_it_is_changed(server: Server, api: Api) -> None:
    bob, eve = make_user(server, "bob"), make_user(server, "eve")
    api.made("PUT", "/teams", json={"id": "ops", "name": "Operators", "members": [bob["id"], eve["id"]]})
    api.made("DELETE", f"/users/{bob['id']}")

    renamed = only(api.made("POST", "/teams/ops", json={"name": "Ops"}), "teams")
    smaller = only(api.made("POST", "/teams/ops", json={"members": [eve["id"]]}), "teams")

    assert (len(renamed["members"]), smaller["members"]) == (2, [eve["id"]])
    api.refused(400, "POST", "/teams/ops", json={"members": [bob["id"], eve["id"]]})


@pytest.mark.parametrize("version", [2, 20, 24])
def test_roles_and_teams_are_of_version_25(server: Server, version: int) -> None:
    for path in ("/roles", "/roles/user", "/teams", "/teams/x"):
        for method in ("GET", "DELETE"):
            assert server.call(method, f"/api/{version}{path}").status_code == 404
