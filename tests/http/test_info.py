"""`/info`, told from the declarations of the endpoints."""

import re
from typing import Any

import pytest

from app.resources import ENDPOINTS
from tests.installations import Server

Json = dict[str, Any]


@pytest.fixture
def info(installation: Any, config: Any) -> Server:
    """Serve an installation."""
    return Server(config, installation)


def told(server: Server, path: str) -> Json:
    answer = server.get(path)
    assert answer.status_code == 200, answer.text
    said: Json = answer.get_json()
    assert set(said) == {"action", "result", "data"}
    return said


@pytest.mark.parametrize("version", [6, 24, 25])
def test_versions_are_listed_with_their_status(info: Server, version: int) -> None:
    said = told(info, f"/api/{version}/info")

    assert said["action"] == "apiGeneralInformations"
    assert said["data"]["documentation"] == "/api/docs/"
    assert said["data"]["availableVersions"]["latest"] == 25
    listed = {one["version"]: one["status"] for one in said["data"]["availableVersions"]["all"]}
    assert listed == {version: "deprecated" if version <= 20 else "maintained" for version in range(2, 26)}


def test_an_endpoint_is_told_with_its_versions(info: Server) -> None:
    endpoints = told(info, "/api/24/info")["data"]["endpoints"]
    since_2 = ",".join(map(str, range(2, 26)))

    assert {"listRules": "List all rules, by id", "GET": f"[{since_2}] /rules"} in endpoints
    # One action, three declarations, for deleting nothing is another thing in each era.
    assert {"deleteRule": "Delete a rule", "DELETE": f"[{since_2}] /rules/{{id}}"} in endpoints
    # The same in two shapes.
    since_11 = ",".join(map(str, range(11, 26)))
    assert {
        "getAllowedNetworks": "Show the allowed networks of one policy server",
        "GET": f"[{since_11}] /settings/allowed_networks/{{nodeId}}",
    } in endpoints


def test_every_endpoint_is_told_once_and_nothing_else(info: Server) -> None:
    found: set[tuple[str, str, str, int]] = set()
    for entry in told(info, "/api/25/info")["data"]["endpoints"]:
        (action, summary), *methods = entry.items()
        assert summary
        for method, text in methods:
            match = re.fullmatch(r"\[([0-9,]+)\] (/.*)", text)
            assert match is not None
            placed = {(action, method, match[2], int(version)) for version in match[1].split(",")}
            assert not placed & found
            found |= placed

    assert found == {
        (endpoint.action, method, endpoint.path, version)
        for endpoint in ENDPOINTS
        for method in endpoint.methods
        for version in range(2, 26)
        if version in endpoint.lifespan
    }


def test_a_part_is_what_begins_with_its_name(info: Server) -> None:
    said = told(info, "/api/10/info/settings")
    paths = [text.split()[1] for entry in said["data"]["endpoints"] for name, text in [*entry.items()][1:]]

    assert said["action"] == "apiSubInformations"
    assert set(said["data"]) == {"documentation", "availableVersions", "endpoints"}
    assert {"/settings", "/settings/{key}", "/settings/allowed_networks"} <= set(paths)
    assert all(path.split("/")[1] == "settings" for path in paths)


def test_a_part_that_nothing_begins_with_is_empty(info: Server) -> None:
    assert told(info, "/api/25/info/rul")["data"]["endpoints"] == []


@pytest.mark.parametrize("name", ["getAllAllowedNetworks", "GETALLALLOWEDNETWORKS"])
@pytest.mark.parametrize("version", [10, 25])
def test_details_are_found_by_action_without_case(info: Server, version: int, name: str) -> None:
    said = told(info, f"/api/{version}/info/details/{name}")

    assert said == {
        "action": "apiInformations",
        "result": "success",
        "data": {
            "documentation": "/api/docs/",
            "getAllAllowedNetworks": "Show the allowed networks of every policy server",
            "endpoints": [
                {
                    "GET": f"/api/{served}/settings/allowed_networks",
                    "version": {"version": served, "status": "deprecated" if served <= 20 else "maintained"},
                }
                for served in range(11, 26)
            ],
        },
    }


@pytest.mark.parametrize("name", ["nope", "listRule", "<b>'x'"])
@pytest.mark.parametrize("version", [10, 24, 25])
def test_an_unknown_name_is_a_success_that_says_so(info: Server, version: int, name: str) -> None:
    assert told(info, f"/api/{version}/info/details/{name}") == {
        "action": "apiInformations",
        "result": "success",
        "data": {"documentation": "/api/docs/", "error": f"No endpoint with name '{name}' defined."},
    }


def test_it_tells_of_itself(info: Server) -> None:
    said = told(info, "/api/25/info/details/apiInformations")

    assert said["data"]["endpoints"][-1]["GET"] == "/api/25/info/details/{name}"


def test_it_is_there_since_6_and_its_parts_since_10(info: Server) -> None:
    assert [info.get(f"/api/{version}/info").status_code for version in (5, 6)] == [404, 200]
    assert [info.get(f"/api/{version}/info/rules").status_code for version in (9, 10)] == [404, 200]
    assert [info.get(f"/api/{version}/info/details/listRules").status_code for version in (9, 10)] == [404, 200]


def test_it_needs_a_right(info: Server) -> None:
    acl = ({"path": "rules", "actions": ["get"]},)
    token = info.account("narrow", authorization="acl", acl=acl)

    assert info.get("/api/24/info", token=token).status_code == 403
    assert info.client.get("/api/24/info").status_code == 401
