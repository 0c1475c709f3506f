"""What known clients of Rudder send, byte for byte over a socket, to the latest version (conventions, section 16)."""

import gzip
import http.client
import itertools
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.live import Live, serving

Json = dict[str, Any]

PYTHON = {  # the Python library under the command line client: a JSON content type on everything
    "User-Agent": "python-requests/2.31.0",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "*/*",
    "Connection": "keep-alive",
    "Content-Type": "application/json; charset=utf-8",
}
GO = {"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"}
CURL = {"User-Agent": "curl/7.29.0", "Accept": "*/*"}
ANSIBLE = {"User-Agent": "ansible-httpget", "Content-Type": "application/json", "Connection": "close"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

_numbers = itertools.count(1)


def fresh(name: str) -> str:
    """Name something that no other test uses."""
    return f"{name}-{next(_numbers)}"


@dataclass(frozen=True)
class Said:
    """One answer, read from the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The envelope, which every answer is."""
        assert self.headers["content-type"] == "application/json; charset=utf-8", self.body
        value: Json = json.loads(self.body)
        return value


@dataclass(frozen=True)
class Wire:
    """Sends requests exactly as they are written; `prefix` and `headers` are how the client names the version."""

    live: Live
    prefix: str = "/rudder/api/latest"
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None

    def connect(self) -> socket.socket:
        address = urlsplit(self.live.url)
        return socket.create_connection((address.hostname, address.port), timeout=30)

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        sent = {"Host": "rudder.example", "X-API-Token": self.token or self.live.token, **self.headers, **headers}
        if body is not None and "Transfer-Encoding" not in sent:
            sent["Content-Length"] = str(len(body))
        lines = [
            f"{method} {self.prefix}{path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in sent.items() if value),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")

    def raw(self, method: str, path: str, *, headers: Mapping[str, str] = PYTHON, body: bytes | None = None) -> Said:
        with self.connect() as connection:
            connection.sendall(self.request(method, path, headers, body))
            return answer_on(connection, method)

    def said(self, method: str, path: str, value: object = None, **more: Any) -> Said:
        """Call with a JSON body, or with none."""
        body = None if value is None else json.dumps(value).encode()
        return self.raw(method, path, body=body, **more)

    def made(self, method: str, path: str, value: object = None, **more: Any) -> Json:
        """Call what must succeed; a creation too is 200."""
        said = self.said(method, path, value, **more)
        assert (said.status, said.json["result"]) == (200, "success"), said.body
        return said.json

    def only(self, method: str, path: str, value: object = None, **more: Any) -> Json:
        """Give the one object of an answer whose container is a list."""
        ((found,),) = self.made(method, path, value, **more)["data"].values()
        shown: Json = found
        return shown


def answer_on(connection: socket.socket, method: str) -> Said:
    """Read one answer and no byte more."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return Said(response.status, headers, body)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("shapes"), "--no-worker") as server:
        yield server


@pytest.fixture(
    params=[
        pytest.param(("/rudder/api/latest", {}), id="latest"),
        pytest.param(("/rudder/api", {"X-API-Version": "latest"}), id="header"),
        pytest.param(("/api", {"x-api-version": "latest"}), id="lower-case-header"),
    ]
)
def wire(live: Live, request: pytest.FixtureRequest) -> Wire:
    return Wire(live, *request.param)


@dataclass(frozen=True)
class Kind:
    """One resource as a client makes it: `creation` answers with the object under `container`."""

    name: str
    collection: str
    container: str
    asked: Json
    item: str = ""

    def make(self, wire: Wire, document_id: str | None = None, **more: Any) -> str:
        made = wire.made("PUT", self.collection, {"id": document_id or fresh("x"), **self.asked, **more})
        held = made["data"][self.container]
        return str((held[0] if isinstance(held, list) else held)["id"])

    def path(self, document_id: str) -> str:
        return (self.item or f"{self.collection}/{{id}}").replace("{id}", document_id)

    def read(self, wire: Wire, document_id: str) -> Json:
        held = wire.made("GET", self.path(document_id))["data"][self.container]
        shown: Json = held[0] if isinstance(held, list) else held
        return shown


RULE = Kind("rule", "/rules", "rules", {"displayName": "A rule", "targets": ["special:all"], "tags": [{"a": "b"}]})
DIRECTIVE = Kind(
    "directive",
    "/directives",
    "directives",
    {"displayName": "A directive", "techniqueName": "motdConfiguration", "policyMode": "audit", "priority": 3},
)
GROUP = Kind(
    "group",
    "/groups",
    "groups",
    {
        "displayName": "A group",
        "properties": [{"name": "p", "value": "v"}],
        "query": {
            "select": "node",
            "composition": "and",
            "where": [{"objectType": "node", "attribute": "osName", "comparator": "eq", "value": "Debian"}],
        },
    },
)
PARAMETER = Kind("parameter", "/parameters", "parameters", {"value": {"b": 1, "a": [True]}, "description": "d"})
TECHNIQUE = Kind(
    "technique",
    "/techniques",
    "techniques",
    {"name": "A technique", "version": "1.0", "category": "ncf_techniques", "description": "d", "calls": []},
    "/techniques/{id}/1.0",
)
RULE_CATEGORY = Kind("rule category", "/rules/categories", "ruleCategories", {"name": "A category"})
GROUP_CATEGORY = Kind("group category", "/groups/categories", "groupCategories", {"name": "A category"})
KINDS = [RULE, DIRECTIVE, GROUP, PARAMETER, TECHNIQUE, RULE_CATEGORY, GROUP_CATEGORY]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)

ACCOUNT = {"name": "A robot", "status": "enabled", "tenants": "*", "authorizationType": "ro"}


def make_account(wire: Wire, **more: Any) -> Json:
    """Make an account; the answer shows its token, once."""
    return wire.only("POST", "/apiaccounts", {"id": fresh("robot"), **ACCOUNT, **more})


# --- 1: URLs without a version, header names in any case -------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "version"),
    [
        ("X-API-Token", "X-API-Version"),
        ("x-api-token", "x-api-version"),
        ("X-Api-Token", "X-Api-Version"),
        ("X-API-TOKEN", "X-API-VERSION"),
        ("x-ApI-tOkEn", "x-ApI-vErSiOn"),
    ],
)
def test_header_names_count_in_any_case(live: Live, token: str, version: str) -> None:
    wire = Wire(live, "/rudder/api")

    said = wire.said("GET", "/rules", headers={**GO, "X-API-Token": "", token: live.token, version: "latest"})

    assert (said.status, said.json["action"]) == (200, "listRules")


# --- 2: GET with a body, DELETE without one --------------------------------------------------------------------------

READS = [
    *(
        "/rules",
        "/rules/tree",
        "/rules/categories/rootRuleCategory",
        "/directives",
        "/directives/tree?includeSystem=false",
    ),
    *("/groups", "/groups/tree", "/groups/categories/GroupRoot", "/groups/all-nodes", "/parameters", "/techniques"),
    *("/techniques/versions", "/techniques/categories", "/techniques/motdConfiguration/directives", "/settings"),
    *(
        "/settings/run_frequency",
        "/apiaccounts",
        "/apiaccounts/token",
        "/usermanagement/roles",
        "/usermanagement/users",
    ),
]


@pytest.mark.parametrize("body", [b"null", b"{}", b"", b"[]", b'""'])
def test_a_body_on_a_get_changes_nothing(wire: Wire, body: bytes) -> None:
    for path in READS:
        plain, said = wire.raw("GET", path, headers=CURL), wire.raw("GET", path, body=body)

        assert (said.status, said.json) == (200, plain.json), path


def test_a_body_on_a_get_does_not_run_into_the_next_request(wire: Wire) -> None:
    trap = b"DELETE /api/latest/groups/all-nodes HTTP/1.1\r\nHost: x\r\n\r\n"
    with wire.connect() as connection:
        for body in (b"null", b"{}", trap):
            connection.sendall(wire.request("GET", "/settings/run_frequency", PYTHON, body))
            assert answer_on(connection, "GET").json["action"] == "getSetting"
            connection.sendall(wire.request("GET", "/groups/all-nodes", PYTHON, None))
            assert answer_on(connection, "GET").json["action"] == "groupDetails"


@every_kind
@pytest.mark.parametrize("length", [None, b""], ids=["no length", "length 0"])
def test_a_delete_has_a_json_content_type_and_no_body(wire: Wire, kind: Kind, length: bytes | None) -> None:
    made = kind.make(wire)

    said = wire.raw("DELETE", kind.path(made), body=length)

    assert (said.status, said.json["result"], said.json["id"]) == (200, "success", made)
    assert wire.said("GET", kind.path(made)).status == 404


def test_a_deletion_shows_the_last_state_whole(wire: Wire) -> None:
    for kind in (RULE, DIRECTIVE, GROUP, PARAMETER):
        made = kind.make(wire)
        before = kind.read(wire, made)

        assert wire.made("DELETE", kind.path(made))["data"] == {kind.container: [before]}, kind.name


def test_a_body_in_chunks_is_read(wire: Wire) -> None:
    text = json.dumps({"id": fresh("p"), "value": "chunked"}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (text[:7], text[7:])) + b"0\r\n\r\n"
    headers = {**GO, "Content-Type": "application/json", "Transfer-Encoding": "chunked"}

    said = wire.raw("PUT", "/parameters", headers=headers, body=chunks)

    assert said.json["data"]["parameters"][0]["value"] == "chunked"


# --- 3 and 4: the query as scripts write it --------------------------------------------------------------------------


def test_raw_json_in_the_query_is_read(wire: Wire) -> None:
    rule, group = RULE.make(wire), GROUP.make(wire)

    tags = wire.raw("POST", f'/rules/{rule}?tags=[{{"site":"lyon"}}]&targets=["group:{group}"]', headers=CURL)
    properties = wire.raw("POST", f'/groups/{group}?properties=[{{"name":"x","value":{{"y":[1]}}}}]', headers=CURL)

    shown = tags.json["data"]["rules"][0]
    assert shown["tags"] == [{"site": "lyon"}]
    assert shown["targets"] == [{"include": {"or": [f"group:{group}"]}, "exclude": {"or": []}}]
    found = properties.json["data"]["groups"][0]["properties"]
    assert [(one["name"], one["value"]) for one in found] == [("x", {"y": [1]})]


def test_raw_json_that_nothing_reads_is_refused_in_the_envelope(wire: Wire) -> None:
    said = wire.raw("GET", '/rules?where=[{"objectType":"node","attribute":"nodeId"}]', headers=CURL)

    assert (said.status, said.json["result"]) == (400, "error")
    assert said.json["errorDetails"].startswith("Unknown field 'where'; allowed are: ")


def test_a_second_question_mark_is_an_ampersand(wire: Wire) -> None:
    said = wire.raw("GET", "/groups/tree?includeSystem=true?prettify=true", headers=CURL)

    assert said.body.startswith(b'{\n  "action" : "getGroupTree",\n')
    names = [category["id"] for category in said.json["data"]["groupCategories"]["categories"]]
    assert "SystemGroups" in names


def test_a_reason_stands_in_the_url_beside_a_json_body(wire: Wire) -> None:
    made = RULE.make(wire)

    wire.made("POST", f"/rules/{made}?reason=Ticket%2042?changeRequestName=x", {"enabled": False})

    assert wire.only("GET", "/events?limit=1")["reason"] == "Ticket 42"


def test_what_follows_a_json_body_is_ignored(wire: Wire) -> None:
    made = RULE.make(wire)

    said = wire.raw("POST", f"/rules/{made}", body=b'{"enabled": false}&reason=Reason ignored')

    assert said.json["data"]["rules"][0]["enabled"] is False


# --- 5: whole objects posted back ------------------------------------------------------------------------------------


@every_kind
def test_a_whole_object_that_is_posted_back_changes_nothing(wire: Wire, kind: Kind) -> None:
    made = kind.make(wire)
    shown = kind.read(wire, made)

    wire.made("POST", kind.path(made), shown)

    assert kind.read(wire, made) == shown


@every_kind
def test_a_whole_object_posted_back_with_one_change_changes_that(wire: Wire, kind: Kind) -> None:
    made = kind.make(wire)
    shown = kind.read(wire, made)
    name = "name" if "name" in shown else "description" if kind is PARAMETER else "displayName"

    wire.made("POST", kind.path(made), {**shown, name: "Another name"})

    again = kind.read(wire, made)
    assert (again[name], again["revision"]) == ("Another name", 2)


@every_kind
def test_a_whole_object_makes_a_copy_under_another_id(wire: Wire, kind: Kind) -> None:
    made = kind.make(wire)

    copy = kind.make(wire, fresh("copy"), **{k: v for k, v in kind.read(wire, made).items() if k != "id"})

    assert kind.read(wire, copy)["revision"] == 1


def test_a_whole_system_object_comes_back_unchanged_or_is_refused_by_name(wire: Wire) -> None:
    shown = GROUP.read(wire, "all-nodes")

    said = wire.said("POST", "/groups/all-nodes", shown)

    assert (said.status, shown["system"]) == (409, True)
    assert "Group 'all-nodes' belongs to the system" in said.json["errorDetails"]


def test_a_whole_account_that_is_posted_back_changes_nothing(wire: Wire) -> None:
    made = make_account(wire, acl=[{"path": "rules/tree", "actions": ["get"]}], authorizationType="acl")["id"]
    shown = wire.only("GET", f"/apiaccounts/{made}")

    wire.made("POST", f"/apiaccounts/{made}", shown)

    assert wire.only("GET", f"/apiaccounts/{made}") == shown


def test_all_settings_that_are_posted_back_change_nothing(wire: Wire) -> None:
    shown = wire.made("GET", "/settings")["data"]["settings"]

    wire.made("POST", "/settings", shown)

    assert wire.made("GET", "/settings")["data"]["settings"] == shown


def test_a_policy_mode_of_keep_means_no_change(wire: Wire) -> None:
    made = DIRECTIVE.make(wire)

    shown = wire.only("POST", f"/directives/{made}", {"policyMode": "keep", "priority": 7})

    assert (shown["policyMode"], shown["priority"]) == ("audit", 7)


def test_a_policy_mode_of_keep_on_a_rule_is_ignored(wire: Wire) -> None:
    made = RULE.make(wire)
    before = RULE.read(wire, made)

    assert wire.only("POST", f"/rules/{made}", {**before, "policyMode": "keep"})["tags"] == [{"a": "b"}]


@pytest.mark.parametrize("kind", [RULE_CATEGORY, GROUP_CATEGORY], ids=lambda kind: kind.name)
@pytest.mark.parametrize("both", [True, False])
def test_a_capital_parent_stands_beside_the_parent_or_alone(wire: Wire, kind: Kind, *, both: bool) -> None:
    above, below = kind.make(wire), kind.make(wire)
    asked = {"name": "Moved", "Parent": above} | ({"parent": above} if both else {})

    wire.made("POST", kind.path(below), asked)

    assert (kind.read(wire, below)["parent"], kind.read(wire, below)["name"]) == (above, "Moved")


def test_texts_are_taken_where_booleans_and_integers_are_meant(wire: Wire) -> None:
    made = DIRECTIVE.make(wire)

    shown = wire.only("POST", f"/directives/{made}", {"enabled": "false", "priority": "9"})

    assert (shown["enabled"], shown["priority"]) == (False, 9)


# --- 6: the id in the envelope ---------------------------------------------------------------------------------------


def test_the_id_of_rules_directives_groups_and_parameters_is_that_of_the_result(wire: Wire) -> None:
    for kind in (RULE, DIRECTIVE, GROUP, PARAMETER):
        known = fresh("x")
        calls = [
            ("PUT", kind.collection, {"id": known, **kind.asked}),
            ("GET", kind.path(known), None),
            ("POST", kind.path(known), kind.asked),
            ("DELETE", kind.path(known), None),
        ]
        for method, path, value in calls:
            assert wire.made(method, path, value)["id"] == known, (method, path)
        assert "id" not in wire.said("GET", kind.path(known)).json
        assert "id" not in wire.made("GET", kind.collection)


def test_a_clone_has_its_own_id_and_action(wire: Wire) -> None:
    for kind, action in ((RULE, "cloneRule"), (DIRECTIVE, "cloneDirective"), (GROUP, "cloneGroup")):
        source, known = kind.make(wire), fresh("copy")

        said = wire.made("PUT", kind.collection, {"source": source, "id": known, "displayName": "The copy"})

        assert (said["action"], said["id"]) == (action, known)


def test_the_id_of_group_categories_is_the_paths_and_a_new_one_has_none(wire: Wire) -> None:
    known = fresh("c")

    assert "id" not in wire.made("PUT", "/groups/categories", {"id": known, "name": "Apps"})
    for method, value in (("GET", None), ("POST", {"name": "Renamed"}), ("DELETE", None)):
        assert wire.made(method, f"/groups/categories/{known}", value)["id"] == known
    assert wire.said("GET", f"/groups/categories/{known}").json["id"] == known


def test_the_id_of_rule_categories_is_that_of_the_result(wire: Wire) -> None:
    known = fresh("c")

    assert wire.made("PUT", "/rules/categories", {"id": known, "name": "Apps"})["id"] == known
    assert wire.made("GET", f"/rules/categories/{known}")["id"] == known
    assert wire.made("GET", "/rules/tree")["id"] == "rootRuleCategory"
    deleted = wire.made("DELETE", f"/rules/categories/{known}")
    assert (deleted["id"], list(deleted["data"])) == (known, ["rulesCategories"])
    assert deleted["data"]["rulesCategories"][0]["ruleCategories"]["id"] == known
    assert "id" not in wire.said("GET", f"/rules/categories/{known}").json


def test_the_id_of_settings_and_accounts_is_the_paths(wire: Wire) -> None:
    known = make_account(wire)["id"]

    assert wire.made("GET", "/settings/splay_time")["id"] == "splay_time"
    assert wire.made("POST", "/settings/splay_time", {"value": 4})["id"] == "splay_time"
    assert wire.said("GET", "/settings/none").json["id"] == "none"
    assert wire.made("GET", f"/apiaccounts/{known}")["id"] == known
    assert wire.made("POST", f"/apiaccounts/{known}/token/regenerate")["id"] == known
    assert "id" not in wire.made("DELETE", f"/apiaccounts/{known}")
    assert wire.said("GET", f"/apiaccounts/{known}").json["id"] == known


def test_the_clients_deletion_of_a_category_by_get_deletes_nothing(wire: Wire) -> None:
    made = GROUP_CATEGORY.make(wire)

    wire.made("GET", f"/groups/categories/{made}")

    assert GROUP_CATEGORY.read(wire, made)["id"] == made


# --- 7: errors are envelopes -----------------------------------------------------------------------------------------


def test_a_missing_or_wrong_token_is_401_in_the_envelope(wire: Wire) -> None:
    for token in ("", "wrong", "\u00e9" * 32):
        said = wire.said("GET", "/rules", headers={**PYTHON, "X-API-Token": token})

        assert said.status == 401
        assert list(said.json) == ["action", "result", "errorDetails"]
        assert (said.json["result"], type(said.json["errorDetails"])) == ("error", str)


def test_what_is_not_allowed_is_403_in_the_envelope(wire: Wire) -> None:
    account = make_account(wire)
    reader = Wire(wire.live, wire.prefix, wire.headers, account["token"])

    said = reader.said("PUT", "/rules", {"displayName": "A rule"})

    assert said.status == 403
    assert said.json == {
        "action": "createRule",
        "result": "error",
        "errorDetails": f"Authorization error: User '{account['id']}' is not allowed to access PUT api/25/rules",
    }


@pytest.mark.parametrize(
    ("method", "path", "action", "status"),
    [
        ("GET", "/rules/none", "ruleDetails", 404),
        ("DELETE", "/rules/none", "deleteRule", 404),
        ("GET", "/nothing/of/the/kind", "unknown", 404),
        ("PATCH", "/rules", "unknown", 405),
        ("POST", "/methods/reload", "unknown", 404),
    ],
)
def test_what_is_not_there_is_an_envelope_too(wire: Wire, method: str, path: str, action: str, status: int) -> None:
    said = wire.raw(method, path, body=b"{}")

    assert said.status == status
    assert (said.json["action"], said.json["result"], type(said.json["errorDetails"])) == (action, "error", str)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"<rule/>", "application/xml", 415),
        (b'{"displayName": "JSON without its type"}', "application/x-www-form-urlencoded", 400),
    ],
)
def test_a_body_that_cannot_be_read_is_an_envelope_too(wire: Wire, body: bytes, kind: str, status: int) -> None:
    said = wire.raw("PUT", "/rules", headers={**CURL, "Content-Type": kind}, body=body)

    assert (said.status, said.json["action"], said.json["result"]) == (status, "createRule", "error")
    assert isinstance(said.json["errorDetails"], str)


def test_a_version_that_is_not_served_is_an_envelope_too(live: Live) -> None:
    by_header, by_url = Wire(live, "/rudder/api", {"X-API-Version": "99"}), Wire(live, "/rudder/api/99")

    assert by_header.said("GET", "/rules").status == 400
    assert "[ latest, 2, 3, " in by_header.said("GET", "/rules").json["errorDetails"]
    assert (by_url.said("GET", "/rules").status, by_url.said("GET", "/rules").json["result"]) == (404, "error")


# --- 8: creations and settings ---------------------------------------------------------------------------------------


@every_kind
def test_a_creation_is_200(wire: Wire, kind: Kind) -> None:
    assert wire.said("PUT", kind.collection, {"id": fresh("x"), **kind.asked}).status == 200


def test_the_creation_of_an_account_is_200(wire: Wire) -> None:
    assert wire.said("POST", "/apiaccounts", {"id": fresh("robot"), **ACCOUNT}).status == 200


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("run_frequency", 15),
        ("splay_time", 0),
        ("first_run_hour", 23),
        ("modified_file_ttl", 31),
        ("require_time_synchronization", False),
        ("display_recent_changes_graphs", True),
        ("global_policy_mode", "audit"),
        ("relay_server_synchronization_method", "disabled"),
        ("change_message_prompt", "Warum? \u00fc \u4e2d"),
        ("rudder_generation_delay", "5 minutes"),
        ("rudder_generation_max_parallelism", "x0.5"),
        ("send_metrics", "no"),
    ],
)
def test_a_setting_comes_back_as_it_was_sent_with_its_type(wire: Wire, key: str, value: object) -> None:
    sent = wire.made("POST", f"/settings/{key}", {"value": value}, headers=ANSIBLE)["data"]["settings"][key]
    read = wire.made("GET", f"/settings/{key}", headers=ANSIBLE)["data"]["settings"][key]
    listed = wire.made("GET", "/settings", headers=ANSIBLE)["data"]["settings"][key]

    assert [(one, type(one)) for one in (sent, read, listed)] == [(value, type(value))] * 3


@pytest.mark.parametrize(
    ("key", "text", "value"), [("run_frequency", "20", 20), ("enable_validate_all", "false", False)]
)
def test_a_setting_in_a_form_has_its_type_too(wire: Wire, key: str, text: str, value: object) -> None:
    said = wire.raw("POST", f"/settings/{key}", headers={**CURL, **FORM}, body=f"value={text}".encode())

    got = said.json["data"]["settings"][key]
    assert (got, type(got)) == (value, type(value))


# --- 10 and 11: reload, regenerate, no id ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("body", [None, b"null", b"{}"])
def test_a_group_is_reloaded_by_either_method(wire: Wire, method: str, body: bytes | None) -> None:
    made = GROUP.make(wire)

    said = wire.raw(method, f"/groups/{made}/reload", body=body)

    assert (said.status, said.json["action"], said.json["id"]) == (200, "reloadGroup", made)
    assert said.json["data"]["groups"][0]["nodeIds"] == []


@pytest.mark.parametrize("path", ["regenerate", "token/regenerate"])
@pytest.mark.parametrize("body", [None, b"null", b"{}"])
def test_a_token_is_regenerated_by_either_path(wire: Wire, path: str, body: bytes | None) -> None:
    first = make_account(wire)

    said = wire.raw("POST", f"/apiaccounts/{first['id']}/{path}", body=body)

    token = said.json["data"]["accounts"][0]["token"]
    assert (said.json["action"], said.json["id"], len(token)) == ("regenerateToken", first["id"], 32)
    assert token != first["token"]
    assert Wire(wire.live, token=token).said("GET", "/rules").status == 200


def test_a_token_that_was_replaced_opens_nothing(live: Live) -> None:
    wire = Wire(live)
    first = make_account(wire)

    wire.made("POST", f"/apiaccounts/{first['id']}/regenerate")

    assert Wire(live, token=first["token"]).said("GET", "/rules").status == 401


@pytest.mark.parametrize("given", ["{autogenerated}", ""])
@pytest.mark.parametrize("kind", [RULE, DIRECTIVE, GROUP, RULE_CATEGORY, GROUP_CATEGORY], ids=lambda kind: kind.name)
def test_an_autogenerated_id_is_no_id(wire: Wire, kind: Kind, given: str) -> None:
    held = wire.made("PUT", kind.collection, {**kind.asked, "id": given})["data"][kind.container]

    made = held[0] if isinstance(held, list) else held
    assert len(made["id"]) == 36
    assert kind.read(wire, made["id"])["id"] == made["id"]


def test_an_autogenerated_technique_is_called_after_its_name(wire: Wire) -> None:
    name = fresh("Named technique").replace("-", " ")

    made = wire.only("PUT", "/techniques", {**TECHNIQUE.asked, "id": "{autogenerated}", "name": name})

    assert made["id"] == name.replace(" ", "_")


def test_an_autogenerated_account_gets_an_id(wire: Wire) -> None:
    made = wire.only("POST", "/apiaccounts", {**ACCOUNT, "id": "{autogenerated}"})

    assert wire.only("GET", f"/apiaccounts/{made['id']}")["name"] == "A robot"


# --- curl ------------------------------------------------------------------------------------------------------------


def test_a_large_body_waits_for_the_server_to_go_on(wire: Wire) -> None:
    body = json.dumps({"id": fresh("p"), "value": "x" * 1_100_000}).encode()
    head = {**CURL, "Content-Type": "application/json", "Content-Length": str(len(body)), "Expect": "100-continue"}

    with wire.connect() as connection:
        connection.sendall(wire.request("PUT", "/parameters", head, None))
        assert connection.recv(64).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        said = answer_on(connection, "PUT")

    assert (said.status, said.json["action"]) == (200, "createParameter")


def test_a_form_of_curl_makes_a_rule_in_both_dialects(wire: Wire) -> None:
    directive = DIRECTIVE.make(wire)
    lists = f'directives=["{directive}"]&targets=["special:all"]&tags=[{{"customer":"acme"}}]'
    texts = f"displayName=Form+rule&{lists}&enabled=true"
    repeated = f"displayName=Form+rule&directives={directive}&targets=special:all&tags=customer:acme&enabled=true"

    made = [
        wire.raw("PUT", "/rules", headers={**CURL, **FORM}, body=body.encode()).json["data"]["rules"][0]
        for body in (texts, repeated)
    ]

    for shown in made:
        assert shown["directives"] == [directive]
        assert shown["targets"] == [{"include": {"or": ["special:all"]}, "exclude": {"or": []}}]
        assert (shown["tags"], shown["enabled"]) == ([{"customer": "acme"}], True)
