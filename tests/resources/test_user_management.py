"""Rudder's user management: roles, coverage, and the people behind it."""

from typing import Any

import pytest

from app.people.passwords import hash_password
from tests.installations import Server
from tests.resources.asking import Api, Json

OWN = ["userAccount_edit", "userAccount_read", "userAccount_write"]


@pytest.fixture(params=[10, 24, 25])
def api(server: Server, request: pytest.FixtureRequest) -> Api:
    return Api(server, request.param)


def test_roles_are_listed_with_their_rights(api: Api) -> None:
    said = api.made("GET", "/usermanagement/roles")

    assert list(said) == ["action", "result", "data"]
    assert said["action"] == "getRoles"
    roles = {role["id"]: role["rights"] for role in said["data"]}
    assert list(roles) == [
        *("administration_only", "administrator", "compliance", "configuration", "deployer", "inventory"),
        *("no_rights", "read_only", "rule_only", "user", "validator", "workflow"),
    ]
    assert roles["administrator"] == ["any_rights"]
    assert roles["no_rights"] == ["no_rights"]
    assert roles["inventory"] == ["node_read", *OWN]
    assert roles["rule_only"] == ["configuration_read", "rule_read", *OWN]


def test_there_are_no_people_yet(api: Api) -> None:
    assert api.made("GET", "/usermanagement/users") == {
        "action": "getUserInfo",
        "result": "success",
        "data": {
            "roleListOverride": "none",
            "authenticationBackends": ["sternpost"],
            "providerProperties": {"sternpost": {"roleListOverride": "none", "hasModifiablePassword": True}},
            "users": [],
            "digest": "argon2id",
            "tenantsEnabled": False,
        },
    }


@pytest.mark.parametrize(
    ("permissions", "authz", "covered", "custom"),
    [
        (["inventory"], ["node_read", "node_write"], ["inventory"], ["node_write"]),
        (["inventory", "user"], ["node_read"], ["inventory"], []),
        (["rule_only", "node_read"], ["configuration_all", "rule_read"], ["rule_only"], [
            "configuration_edit", "configuration_write",
        ]),
        ([], ["rule_read"], [], ["rule_read"]),
        (["user"], ["any_rights"], ["administrator"], []),
        (["user"], [], ["no_rights"], []),
    ],
)  # fmt: skip
def test_coverage_tells_roles_from_rights(
    api: Api, permissions: list[str], authz: list[str], covered: list[str], custom: list[str]
) -> None:
    asked = {"permissions": permissions, "authz": authz}

    assert api.made("POST", "/usermanagement/coverage/ann", json=asked) == {
        "action": "roleCoverage",
        "result": "success",
        "data": {"coverage": {"permissions": covered, "custom": custom}},
    }


@pytest.mark.parametrize(
    ("asked", "field", "text"),
    [
        ({"permissions": ["boss"], "authz": []}, "permissions", "'boss' is no role; GET /usermanagement/roles lists"),
        ({"permissions": [], "authz": ["rule"]}, "authz", "'rule' is no right; use a kind and an action"),
        ({"permissions": []}, "authz", "authz: is required and was not sent"),
        ({"authz": []}, "permissions", "permissions: is required and was not sent"),
        ({"permissions": [["x"]], "authz": []}, "permissions[0]", "permissions[0]"),
    ],
)
def test_what_is_neither_role_nor_right_is_refused(server: Server, asked: Any, field: str, text: str) -> None:
    said = Api(server, 25).refused(400, "POST", "/usermanagement/coverage/ann", json=asked)

    assert said["errorDetails"].startswith(text)
    assert list(said["errors"]) == [field]


def test_coverage_is_asked_in_json(server: Server) -> None:
    said = Api(server, 24).refused(415, "POST", "/usermanagement/coverage/ann", data={"permissions": "user"})

    assert said["errorDetails"] == "Cannot parse non-JSON request as JSON; please check content-type."


def test_a_missing_member_has_rudders_words(server: Server) -> None:
    said = Api(server, 24).refused(500, "POST", "/usermanagement/coverage/ann", json={"permissions": []})

    assert said["errorDetails"] == (
        "Could not get role's coverage user from request; cause was: Unexpected: .authz(missing)"
    )


def test_a_reader_sees_roles_and_may_not_ask_for_coverage(server: Server) -> None:
    reader, api = server.account("reader", authorization="ro"), Api(server, 25)

    api.made("GET", "/usermanagement/roles", token=reader)
    asked: Json = {"permissions": [], "authz": []}
    api.refused(403, "POST", "/usermanagement/coverage/ann", json=asked, token=reader)


def test_version_9_has_no_user_management(server: Server) -> None:
    Api(server, 9).refused(404, "GET", "/usermanagement/roles")


# --- People -----------------------------------------------------------------------------------------------------------

PASSWORD = "correct horse battery"
NEW: Json = {"username": "bob", "password": PASSWORD, "permissions": ["inventory"], "isPreHashed": False}


def listed(api: Api) -> list[Json]:
    users: list[Json] = api.made("GET", "/usermanagement/users")["data"]["users"]
    return users


def can_log_in(server: Server, password: str = PASSWORD) -> bool:
    answer = server.client.post("/auth/login", json={"email": "bob", "password": password})
    return bool(answer.status_code == 200)


def test_a_user_is_added_and_listed(server: Server, api: Api) -> None:
    said = api.made("POST", "/usermanagement", json={**NEW, "name": "Bob", "email": "bob@example.com", "otherInfo": {}})

    assert said == {
        "action": "addUser",
        "result": "success",
        "data": {
            "addedUser": {
                "username": "bob",
                "permissions": ["inventory"],
                "otherInfo": {},
                "name": "Bob",
                "email": "bob@example.com",
            }
        },
    }
    assert listed(api) == [
        {
            "login": "bob",
            "name": "Bob",
            "email": "bob@example.com",
            "otherInfo": {},
            "status": "active",
            "authz": ["node_read", *OWN],
            "permissions": ["inventory"],
            "rolesCoverage": ["inventory"],
            "customRights": [],
            "providers": ["sternpost"],
            "providersInfo": {},
            "tenants": "*",
            "otpEnabled": False,
        }
    ]
    assert can_log_in(server)
    assert "lastLogin" in listed(api)[0]


def test_a_user_is_changed_and_an_empty_password_stays(server: Server, api: Api) -> None:
    api.made("POST", "/usermanagement", json=NEW)

    api.made("POST", "/usermanagement/update/bob", json={"username": "bob", "password": "", "permissions": ["user"]})
    assert listed(api)[0]["permissions"] == ["user"]
    assert can_log_in(server)
    api.made("POST", "/usermanagement/update/bob", json={"password": "staple it twice", "isPreHashed": False})
    assert can_log_in(server, "staple it twice")
    assert not can_log_in(server)
    said = api.made("POST", "/usermanagement/update/info/bob", json={"name": "Robert"})
    assert (said["id"], said["data"]["updatedUser"]["name"]) == ("bob", "Robert")


def test_a_password_may_come_hashed(server: Server, api: Api) -> None:
    api.made("POST", "/usermanagement", json={**NEW, "password": hash_password(PASSWORD), "isPreHashed": True})

    assert can_log_in(server)


def test_a_user_is_shut_out_let_in_and_deleted(server: Server, api: Api) -> None:
    api.made("POST", "/usermanagement", json=NEW)

    off = api.made("PUT", "/usermanagement/status/disable/bob")
    assert (off["id"], off["data"]) == ("bob", {"status": "disabled"})
    assert (listed(api)[0]["status"], can_log_in(server)) == ("disabled", False)
    assert api.made("PUT", "/usermanagement/status/activate/bob")["data"] == {"status": "active"}
    assert can_log_in(server)
    assert api.made("DELETE", "/usermanagement/bob")["data"] == {"deletedUser": {"username": "bob"}}
    assert listed(api) == []


def test_people_need_no_reload(api: Api) -> None:
    assert api.made("POST", "/usermanagement/users/reload")["data"] == {"reload": {"status": "Done"}}


def test_a_name_that_is_taken_is_refused_in_rudders_words(server: Server) -> None:
    old, new = Api(server, 24), Api(server, 25)
    old.made("POST", "/usermanagement", json=NEW)

    said = old.refused(500, "POST", "/usermanagement", json=NEW)

    assert said["errorDetails"] == "Could not add user; cause was: Inconsistency: User 'bob' already exists"
    new.refused(409, "POST", "/usermanagement", json=NEW)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"permissions": ["boss"]}, "roles"),
        ({"password": "short"}, "password"),
        ({"password": "$2b$12$x", "isPreHashed": True}, "password"),
        ({"email": "no address"}, "email"),
        ({"otherInfo": {"phone": "1"}}, "otherInfo"),
    ],
)
def test_a_user_that_cannot_be_is_refused(server: Server, asked: Json, field: str) -> None:
    said = Api(server, 25).refused(400, "POST", "/usermanagement", json={**NEW, **asked})

    assert list(said["errors"]) == [field]
    Api(server, 24).refused(500, "POST", "/usermanagement", json={**NEW, **asked})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/usermanagement/update/eve"),
        ("POST", "/usermanagement/update/info/eve"),
        ("PUT", "/usermanagement/status/activate/eve"),
        ("PUT", "/usermanagement/status/disable/eve"),
        ("DELETE", "/usermanagement/eve"),
    ],
)
def test_who_is_not_there_is_named(server: Server, method: str, path: str) -> None:
    asked = {} if method == "POST" else None

    assert Api(server, 24).refused(500, method, path, json=asked)["errorDetails"] == "User 'eve' does not exist"
    assert (
        Api(server, 25).refused(404, method, path, json=asked)["errorDetails"].startswith("User 'eve' does not exist;")
    )


def test_a_second_factor_is_reset_from_24_on(server: Server) -> None:
    Api(server, 24).made("POST", "/usermanagement", json=NEW)

    assert Api(server, 24).made("POST", "/usermanagement/otp/reset/bob")["data"] == {"username": "bob"}
    Api(server, 23).refused(404, "POST", "/usermanagement/otp/reset/bob")


# --- One's own token --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["/api/24/user/api/token", "/api/user/api/token", "/secure/api/user/api/token"])
def test_a_person_has_one_token_as_rudders_pages_show_it(server: Server, place: str) -> None:
    Api(server, 24).made("POST", "/usermanagement", json={**NEW, "permissions": ["user"]})
    pair = server.client.post("/auth/login", json={"email": "bob", "password": PASSWORD}).get_json()

    def call(method: str, path: str = "") -> Any:
        headers = {"Authorization": f"Bearer {pair['access']}"}
        answer = server.client.open(f"{place}{path}", method=method, headers=headers)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    assert call("GET", "/status") == {"action": "getTokenFeatureStatus", "result": "success", "data": "enabled"}
    assert call("GET")["data"] == {"accounts": []}
    made = call("PUT")["data"]["accounts"][0]
    assert list(made) == [
        *("id", "name", "token", "tokenGenerationDate", "kind", "description", "creationDate", "enabled"),
        "expirationDateDefined",
    ]
    assert (made["id"], made["kind"], made["enabled"]) == ("bob", "user", True)
    assert server.get("/api/24/rules", token=made["token"]).status_code == 200
    assert [call(method)["data"]["accounts"][0]["token"] for method in ("GET", "POST")] == ["", ""]
    again = call("PUT")["data"]["accounts"][0]["token"]
    assert server.get("/api/24/rules", token=made["token"]).status_code == 401
    assert call("DELETE")["data"] == {"accounts": {"id": "bob"}}
    assert server.get("/api/24/rules", token=again).status_code == 401
    assert call("GET")["data"] == {"accounts": []}


def test_an_account_has_no_token_of_a_person(server: Server) -> None:
    for version in (24, 25):
        said = Api(server, version).refused(403, "PUT", "/user/api/token")
        assert said["errorDetails"] == "'ci' is no person, so it has no personal token; use /apiaccounts"
