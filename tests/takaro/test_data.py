"""Variables, events and settings at root level."""

import csv
import io
from typing import Any

import pytest

from app.core.clock import now_ms
from app.expiring import delete_expired
from tests.installations import Server
from tests.takaro.calling import Root, administrator, domain, member

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def native(server: Server, made: Any) -> dict[str, str]:
    """Give the header with which the domain's first administrator calls the native API."""
    token = administrator(server).data("POST", "/token", {"domainId": made["createdDomain"]["id"]})["token"]
    return {"x-takaro-token": token}


def test_variables_are_parameters(server: Server) -> None:
    made, root = domain(server)
    headers = native(server, made)

    one = root.data("POST", "/variables", {"key": "greeting", "value": "hello", "playerId": None})
    assert {name: one[name] for name in ("key", "value", "expiresAt", "gameServerId", "playerId", "moduleId")} == {
        "key": "greeting",
        "value": "hello",
        "expiresAt": None,
        "gameServerId": None,
        "playerId": None,
        "moduleId": None,
    }
    shown = server.client.get("/api/25/parameters/greeting", headers=headers).json["data"]["parameters"][0]
    assert shown["value"] == "hello"
    server.client.put("/api/25/parameters", json={"id": "ports", "value": [80, 443]}, headers=headers)
    server.client.put("/api/25/parameters", json={"id": "pass", "value": "x", "secret": True}, headers=headers)
    (ports,) = root.data("POST", "/variables/search", {"filters": {"key": ["ports"]}})
    (secret,) = root.data("POST", "/variables/search", {"search": {"key": ["PAS"]}})
    assert ports["value"] == "[80,443]"
    assert secret["value"].startswith('{"$secret":')
    path = f"/variables/{one['id']}"
    assert root.data("GET", path) == one
    assert root.data("PUT", path, {"value": "line\nline"})["value"] == "line\nline"
    assert root.data("PUT", path, {"key": "greeting"})["value"] == "line\nline"
    assert root.refused("PUT", path, {"key": "other"})[:2] == (400, "BadRequestError")
    assert root.refused("POST", "/variables", {"key": "greeting", "value": "x"})[:2] == (409, "ConflictError")
    for body in ({"key": "k"}, {"key": "k", "value": 1}, {"key": "k", "value": "v", "playerId": UNKNOWN}):
        assert root.refused("POST", "/variables", body)[:2] == (400, "ValidationError")
    ids = [one["id"], ports["id"], UNKNOWN]
    found = root.data("POST", "/variables/search", {"filters": {"id": ids}, "sortBy": "key", "sortDirection": "desc"})
    assert [each["key"] for each in found] == ["ports", "greeting"]
    assert len(root.data("POST", "/variables/search", {"filters": {"playerId": ["null"]}})) == 3
    assert root.data("POST", "/variables/search", {"filters": {"playerId": [UNKNOWN]}}) == []
    assert root.data("DELETE", path) == {}
    assert root.refused("DELETE", path)[:2] == (404, "NotFoundError")


def test_a_variable_may_end_by_itself(server: Server) -> None:
    made, root = domain(server)
    home, headers = made["createdDomain"]["id"], native(server, made)
    body = {"key": "short", "value": "x", "expiresAt": "2999-01-01T01:00:00+01:00"}
    one = root.data("POST", "/variables", body)
    root.data("POST", "/variables", {"key": "long", "value": "x"})
    path = f"/variables/{one['id']}"

    assert one["expiresAt"] == "2999-01-01T00:00:00.000Z"
    shown = server.client.get("/api/25/parameters/short", headers=headers).json["data"]["parameters"][0]
    assert shown["expiresAt"] == one["expiresAt"]
    assert (
        "expiresAt" not in server.client.get("/api/24/parameters/short", headers=headers).json["data"]["parameters"][0]
    )
    assert root.data("PUT", path, {"expiresAt": None})["expiresAt"] is None
    assert root.refused("PUT", path, {"expiresAt": "soon"})[:2] == (400, "ValidationError")
    assert root.data("PUT", path, {"expiresAt": "2020-01-01T00:00:00Z"})["value"] == "x"
    assert root.refused("GET", path)[:2] == (404, "NotFoundError")
    assert [each["key"] for each in root.data("POST", "/variables/search")] == ["long"]
    again = root.data("POST", "/variables", {"key": "short", "value": "new"})
    assert (again["value"], again["expiresAt"], again["id"]) == ("new", None, one["id"])
    root.data("PUT", path, {"expiresAt": "2020-01-01T00:00:00Z"})
    delete_expired(server.opened, home, now_ms())
    assert server.client.get("/api/25/parameters/short", headers=headers).status_code == 404
    assert server.client.get("/api/25/parameters/long", headers=headers).status_code == 200
    (gone,) = root.data("POST", "/event/search", {"filters": {"eventName": ["GlobalParameterDeleted"]}})
    assert (gone["meta"]["actor"]["handle"], gone["meta"]["reason"]) == ("sternpost", "It expired")
    wrong = server.client.post("/api/25/parameters/long", json={"expiresAt": "soon"}, headers=headers)
    assert (wrong.status_code, list(wrong.json["errors"])) == (400, ["expiresAt"])


def test_too_many_variables_are_refused(server: Server) -> None:
    _, root = domain(server, maxVariables=1)
    root.data("POST", "/variables", {"key": "one", "value": "x"})

    status, code, message = root.refused("POST", "/variables", {"key": "two", "value": "x"})

    assert (status, code) == (400, "BadRequestError")
    assert message.startswith("Too many variables")
    assert len(root.data("POST", "/variables/search")) == 1


def test_events_are_the_log(server: Server) -> None:
    made, root = domain(server)
    user, _ = member(server, root, name="john")
    root.data("POST", "/variables", {"key": "greeting", "value": "hello"})

    found = root.data("POST", "/event/search", {"limit": 3})
    assert found[0]["eventName"] == "GlobalParameterAdded"
    assert [one["meta"]["seq"] for one in found] == sorted((one["meta"]["seq"] for one in found), reverse=True)
    assert root.data("GET", f"/event/{found[0]['id']}") == found[0]
    assert root.data("POST", "/event/search", {"filters": {"id": [found[0]["id"], UNKNOWN]}}) == found[:1]
    assert found[0]["actingUserId"] == made["rootUser"]["id"]
    body = {
        "filters": {"eventName": ["UserAdded"], "actingUserId": [made["rootUser"]["id"]]},
        "extend": ["user", "player"],
    }
    (added,) = root.data("POST", "/event/search", body)
    assert (added["userId"], added["user"]["email"], added["player"]) == (user["id"], "john@example.com", None)
    later = root.data("POST", "/event/search", {"greaterThan": {"createdAt": found[0]["createdAt"]}})
    assert found[0]["id"] in [one["id"] for one in later]
    assert root.refused("GET", f"/event/{UNKNOWN}")[:2] == (404, "NotFoundError")
    assert root.refused("POST", "/event/search", {"extend": ["bogus"]})[:2] == (400, "ValidationError")
    _, stranger = domain(server, "other domain")
    assert stranger.refused("GET", f"/event/{found[0]['id']}")[:2] == (404, "NotFoundError")
    assert stranger.data("POST", "/event/search", {"filters": {"id": [found[0]["id"]]}}) == []


def test_a_caller_who_may_read_events_but_no_users_gets_no_address(server: Server) -> None:
    _, root = domain(server)
    _, caller = member(server, root, "READ_EVENTS", name="auditor")

    assert caller.data("POST", "/event/search", {"limit": 1})
    assert caller.refused("POST", "/event/search", {"extend": ["user"]})[:2] == (403, "ForbiddenError")


def test_events_are_exported_as_csv(server: Server) -> None:
    _, root = domain(server)
    root.data("POST", "/variables", {"key": "greeting", "value": "hello"})

    answer = root.call("POST", "/event/export", {"filters": {"eventName": ["GlobalParameterAdded", "UserLogin"]}})

    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="events_2')
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [row["eventName"] for row in rows] == ["GlobalParameterAdded", "UserLogin"]
    assert root.call("POST", "/event/export").status_code == 200
    wide = {"greaterThan": {"createdAt": "2020-01-01"}, "lessThan": {"createdAt": "2020-04-02"}}
    assert root.refused("POST", "/event/export", wide)[:2] == (400, "BadRequestError")
    good = {"greaterThan": {"createdAt": "2020-01-01"}, "lessThan": {"createdAt": "2020-03-31"}}
    assert root.call("POST", "/event/export", good).get_data(as_text=True).count("\n") == 1


def test_settings_are_set_and_reset(server: Server) -> None:
    made, root = domain(server)
    default = {
        "key": "economyEnabled",
        "value": "false",
        "type": "default",
        "description": "Takes true or false",
        "canHaveGameServerOverride": False,
    }

    assert root.data("GET", "/settings/economyEnabled") == default
    assert root.data("POST", "/settings/economyEnabled", {"value": "true"}) == {
        **default,
        "value": "true",
        "type": "global",
    }
    assert root.data("GET", "/settings?keys=economyEnabled") == [{**default, "value": "true", "type": "global"}]
    listed = {one["key"]: one for one in root.data("GET", "/settings")}
    assert {"commandPrefix", "serverChatName", "currencyName", "developerMode", "messagePrefix", "domainName"} <= set(
        listed
    )
    assert listed["run_frequency"]["value"] == "5"
    assert root.data("POST", "/settings/run_frequency", {"value": "10", "gameServerId": None})["value"] == "10"
    shown = server.client.get("/api/25/settings", headers=native(server, made)).json["data"]["settings"]
    assert (shown["run_frequency"], shown["economyEnabled"]) == (10, True)
    assert root.data("DELETE", "/settings/economyEnabled") == default
    assert root.data("DELETE", "/settings/economyEnabled") == default
    assert root.refused("POST", "/settings/economyEnabled", {"value": "perhaps"})[:2] == (400, "BadRequestError")
    assert root.refused("POST", "/settings/economyEnabled", {})[0] == 400
    assert root.refused("POST", "/settings/economyEnabled", {"value": "true", "gameServerId": UNKNOWN})[0] == 400
    for method, path in (("GET", "/settings/bogus"), ("POST", "/settings/bogus"), ("GET", "/settings?keys=bogus")):
        assert root.refused(method, path, {"value": "x"} if method == "POST" else None)[:2] == (404, "NotFoundError")
    assert root.data("GET", "/settings/economyEnabled") == default


@pytest.mark.parametrize("path", ["/user/search", "/role/search", "/event/search", "/variables/search"])
def test_every_search_speaks_the_one_language(server: Server, path: str) -> None:
    _, root = domain(server)
    whole = root.call("POST", path).json

    assert root.call("POST", path, {}).json["meta"]["total"] == whole["meta"]["total"]
    assert (whole["meta"]["page"], whole["meta"]["limit"]) == (1, 100)
    assert root.refused("POST", path, {"page": 0})[2] == "Invalid pagination: pages start at 1"
    assert root.refused("POST", path, {"limit": 1001})[2] == "Invalid pagination: limit must be between 1 and 1000"
    assert root.refused("POST", path, {"filters": {"id": ["nope"]}})[:2] == (400, "ValidationError")
    assert root.refused("POST", path, {"sortBy": "id; drop table users"})[:2] == (400, "ValidationError")
    assert root.refused("POST", path, {"extend": ["listing.items.item"]})[:2] == (400, "ValidationError")
    beyond = root.call("POST", f"{path}?page=99&limit=7").json
    assert (beyond["data"], beyond["meta"]["total"], beyond["meta"]["limit"]) == ([], whole["meta"]["total"], 7)
    broken = root.server.client.post(path, data="{x", headers={"Content-Type": "application/json", **root.headers})
    assert (broken.status_code, broken.json["meta"]["error"]["message"]) == (400, "Invalid JSON")
    assert root.refused("PATCH", path)[:2] == (405, "MethodNotAllowedError")
    assert Root(server).refused("POST", path)[:2] == (401, "UnauthorizedError")
