"""Every way to be refused, as data: what is sent, the status in each era, and what the sentence must name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.installations import Server

LONG_ID = "x" * 300
JSON_TYPE = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Case:
    """One refusal: `path` is below `/api/<version>`; `names` are the words that the sentence of 25 must have."""

    title: str
    method: str
    path: str
    old: int
    new: int
    names: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict)
    token: str = "rw"


def body(text: str) -> dict[str, Any]:
    """Send raw JSON text."""
    return {"data": text, "headers": JSON_TYPE}


RULE = {"displayName": "A rule"}
BACK = {"to": "before"}
COVERAGE = "/usermanagement/coverage/ann"

CASES = (
    Case("no token", "GET", "/rules", 401, 401, ("X-API-Token",), token=""),
    Case("wrong token", "GET", "/rules", 401, 401, ("X-API-Token",), token="wrong"),
    Case("expired token", "GET", "/rules", 401, 401, ("X-API-Token",), token="expired"),
    Case("disabled account", "GET", "/rules", 401, 401, ("X-API-Token",), token="disabled"),
    Case("read-only token on a write", "PUT", "/rules", 403, 403, ("'ro'", "PUT api/"), {"json": RULE}, token="ro"),
    Case("unknown path", "GET", "/rulez", 404, 404, ("path",)),
    Case(
        "rollback to no side", "POST", "/events/1/rollback", 404, 400, ("'up'", "before, after"), {"json": {"to": "up"}}
    ),
    Case("rollback of no change", "POST", "/events/1/rollback", 404, 409, ("Event 1", "GET /events"), {"json": BACK}),
    Case("rollback of nothing", "POST", "/events/999/rollback", 404, 404, ("'999'", "1 to"), {"json": BACK}),
    Case(
        "no such role",
        "POST",
        COVERAGE,
        500,
        400,
        ("'boss'", "GET /"),
        {"json": {"permissions": ["boss"], "authz": []}},
    ),
    Case(
        "no such right",
        "POST",
        COVERAGE,
        500,
        400,
        ("'rule'", "rule_read"),
        {"json": {"permissions": [], "authz": ["rule"]}},
    ),
    Case("unknown method", "PATCH", "/rules", 500, 405, ("PATCH", "GET, HEAD"), {"json": RULE}),
    Case("missing object", "GET", "/rules/nope", 500, 404, ("'nope'", "GET /rules")),
    Case("update of a missing object", "POST", "/rules/nope", 500, 404, ("'nope'",), {"json": RULE}),
    Case(
        "wrong type",
        "PUT",
        "/rules",
        500,
        400,
        ("enabled", "'maybe'", "true or false"),
        {"json": {**RULE, "enabled": "maybe"}},
    ),
    Case("wrong type in a form", "PUT", "/rules", 500, 400, ("enabled", "'2'"), {"data": {**RULE, "enabled": "2"}}),
    Case(
        "a list that is a number", "PUT", "/rules", 500, 400, ("directives", "'7'"), {"json": {**RULE, "directives": 7}}
    ),
    Case("missing required field", "PUT", "/rules", 500, 400, ("displayName",), {"json": {"enabled": True}}),
    Case("too short a name", "PUT", "/rules", 500, 400, ("displayName", "3"), {"json": {"displayName": "ab"}}),
    Case("bad JSON", "PUT", "/rules", 500, 400, ("line 1",), body('{"displayName": "A rule",}')),
    Case("empty body", "PUT", "/rules", 500, 400, ("displayName",)),
    Case(
        "duplicate keys",
        "PUT",
        "/rules",
        500,
        400,
        ("displayName", "2 times"),
        body('{"displayName":"One","displayName":"Two"}'),
    ),
    Case("not a number", "PUT", "/rules", 500, 400, ("NaN",), body('{"displayName":"One","enabled":NaN}')),
    Case("too deep", "PUT", "/rules", 500, 400, ("64",), body('{"displayName":' + "[" * 80 + "]" * 80 + "}")),
    Case("NUL in a text", "PUT", "/rules", 500, 400, ("U+0000",), body('{"displayName":"a\\u0000bc"}')),
    Case("an array instead of an object", "PUT", "/rules", 500, 400, ("object",), body("[]")),
    Case(
        "not JSON by its type",
        "PUT",
        "/rules",
        415,
        415,
        ("text/xml",),
        {"data": "<a/>", "headers": {"Content-Type": "text/xml"}},
    ),
    Case("too large", "PUT", "/rules", 413, 413, ("larger",), body('{"displayName":"' + "x" * 9_000_000 + '"}')),
    Case(
        "unknown directive in a rule",
        "PUT",
        "/rules",
        500,
        400,
        ("'d-nope'", "create it first"),
        {"json": {**RULE, "directives": ["d-nope"]}},
    ),
    Case(
        "unknown category of a rule",
        "PUT",
        "/rules",
        500,
        400,
        ("'c-nope'",),
        {"json": {**RULE, "categoryId": "c-nope"}},
    ),
    Case(
        "bad target",
        "PUT",
        "/rules",
        500,
        400,
        ("targets[0]", "'all'", "special:all"),
        {"json": {**RULE, "targets": ["all"]}},
    ),
    Case(
        "unknown technique",
        "PUT",
        "/directives",
        500,
        400,
        ("'noSuchTechnique'",),
        {"json": {"displayName": "One", "techniqueName": "noSuchTechnique"}},
    ),
    Case(
        "unknown version of a technique",
        "PUT",
        "/directives",
        500,
        400,
        ("'9.9'", "motdConfiguration"),
        {"json": {"displayName": "One", "techniqueName": "motdConfiguration", "techniqueVersion": "9.9"}},
    ),
    Case("duplicate id", "PUT", "/rules", 500, 409, ("'r-here'", "already exists"), {"json": {**RULE, "id": "r-here"}}),
    Case("id with a slash", "PUT", "/rules", 500, 400, ("slash",), {"json": {**RULE, "id": "a/b"}}),
    Case("id that climbs", "PUT", "/rules", 500, 400, ("..",), {"json": {**RULE, "id": ".."}}),
    Case("id with NUL", "PUT", "/rules", 500, 400, ("U+0000",), body('{"displayName":"One","id":"a\\u0000b"}')),
    Case("id with a space", "PUT", "/rules", 500, 400, ("space",), {"json": {**RULE, "id": "a b"}}),
    Case("id of 300 characters", "PUT", "/rules", 500, 400, ("300", "200"), {"json": {**RULE, "id": LONG_ID}}),
    Case("reserved id", "PUT", "/rules", 500, 400, ("'tree'", "reserved"), {"json": {**RULE, "id": "tree"}}),
    Case(
        "bad value of a setting",
        "POST",
        "/settings/splay_time",
        500,
        400,
        ("'splay_time'", "'soon'", "an integer from 0"),
        {"json": {"value": "soon"}},
    ),
    Case(
        "bad networks",
        "POST",
        "/settings/allowed_networks/root",
        500,
        400,
        ("'root'", "'10.0.0.300/8'", "'10.1.0.0/40'", " ; ", "10.0.0.0/8"),
        {"json": {"allowed_networks": ["10.0.0.300/8", "10.1.0.0/40"]}},
    ),
    Case("networks of no node", "GET", "/settings/allowed_networks/n-nope", 500, 404, ("'n-nope'", "GET /settings")),
    Case("clone of nothing", "PUT", "/rules", 500, 404, ("'r-nope'",), {"json": {**RULE, "source": "r-nope"}}),
)
"""Refused in both eras."""

STRICT = (
    Case("unknown field", "POST", "/rules/r-here", 0, 400, ("enabeld", "enabled"), {"json": {"enabeld": True}}),
    Case("unknown parameter of a list", "GET", "/rules?limt=3", 0, 400, ("limt", "limit")),
    Case("a field given twice", "POST", "/rules/r-here?enabled=true&enabled=false", 0, 400, ("enabled",)),
    Case(
        "stale If-Match",
        "POST",
        "/rules/r-here",
        0,
        412,
        ("'r-here'", "revision 7", "revision 1"),
        {"json": RULE, "headers": {"If-Match": '"7"'}},
    ),
    Case("deletion of nothing", "DELETE", "/rules/nope", 0, 404, ("'nope'",)),
    Case(
        "JSON without its content type",
        "POST",
        "/rules/r-here",
        0,
        400,
        ("Content-Type",),
        {"data": '{"enabled":true}', "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    ),
    Case("a moment to come", "GET", "/rules/r-here?at=2999-01-01T00:00:00Z", 0, 400, ("2999", "not come")),
    Case("a moment without zone", "GET", "/rules/r-here?at=2020-01-01T00:00:00", 0, 400, ("zone",)),
    Case("a page of nothing", "GET", "/rules?limit=0", 0, 400, ("limit", "1000")),
    Case("unknown filter of the log", "GET", "/events?actr=ci", 0, 400, ("actr", "actor")),
)
"""Refused from version 25 on only."""

VERSIONS = (
    Case("unknown version in the URL", "GET", "/api/99/rules", 404, 404, ("99", "latest")),
    Case("fractional version in the URL", "GET", "/api/3.14/rules", 404, 404, ("3.14",)),
    Case(
        "unknown version in the header",
        "GET",
        "/api/rules",
        400,
        400,
        ("latest, 2, 3",),
        {"headers": {"X-API-Version": "99"}},
    ),
    Case("word in the header", "GET", "/api/rules", 400, 400, ("latest, 2, 3",), {"headers": {"X-API-Version": "x"}}),
    Case("two versions", "GET", "/api/25/rules", 400, 400, ("25", "24"), {"headers": {"X-API-Version": "24"}}),
)
"""Refused before an era is known; `path` is whole."""


def tokens(server: Server) -> dict[str, str]:
    """Make the accounts that the cases call with, and the rule that they meet."""
    made = {
        "rw": server.account("rw"),
        "ro": server.account("ro", authorization="ro"),
        "expired": server.account("expired", expires=1),
        "disabled": server.account("disabled", enabled=False),
        "wrong": "stp" + "w" * 29,
        "": "",
    }
    answer = server.put("/api/25/rules", json={**RULE, "id": "r-here"}, token=made["rw"])
    assert answer.status_code == 200, answer.text
    return made


def send(server: Server, case: Case, path: str, token: str) -> Any:
    """Send a case's request."""
    more = {name: value for name, value in case.more.items() if name != "headers"}
    headers = dict(case.more.get("headers", {}))
    if token:
        headers["X-API-Token"] = token
    return server.client.open(path, method=case.method, headers=headers, **more)
