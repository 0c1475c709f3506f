"""Rudder's user management before people log in: roles, coverage, and nobody."""

from typing import Any

import pytest

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
            "authenticationBackends": [],
            "providerProperties": {},
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
