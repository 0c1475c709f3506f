"""The portable expectations of scripts written for Rudder, by their numbers; answers are typed from the contract."""

from typing import Any

import pytest

from tests.installations import Server

Json = dict[str, Any]
OLD = "/api/24"
RULE_KEYS = [
    *("id", "displayName", "categoryId", "shortDescription", "longDescription", "directives", "targets", "enabled"),
    *("system", "tags", "policyMode", "status"),
]


@pytest.fixture
def api(server: Server) -> "Api":
    """Version 24 of an installation with what the expectations presuppose."""
    api = Api(server)
    for category in ("cat-a",):
        api.made("PUT", "/rules/categories", json={"id": category, "name": "Category A"})
    for directive in ("d-ssh", "d-ntp"):
        api.made(
            "PUT", "/directives", json={"id": directive, "displayName": directive, "techniqueName": "motdConfiguration"}
        )
    api.made(
        "PUT",
        "/rules",
        json={"id": "r-base", "displayName": "Base", "directives": ["d-ssh"], "targets": ["special:all"]},
    )
    api.made("PUT", "/parameters", json={"id": "ntp_pool", "value": "pool.example", "description": "time"})
    api.made("PUT", "/groups", json={"id": "g-web", "displayName": "Web", "categoryId": "GroupRoot"})
    return api


class Api:
    """Calls version 24 and reads the answer."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def __call__(self, method: str, path: str, *, old: str = OLD, **more: Any) -> tuple[int, Json]:
        answer = self.server.call(method, f"{old}{path}", **more)
        return answer.status_code, answer.get_json()

    def made(self, method: str, path: str, **more: Any) -> Json:
        status, said = self(method, path, **more)
        assert status == 200, said
        return said

    def refused(self, method: str, path: str, **more: Any) -> Json:
        status, said = self(method, path, **more)
        assert (status, said["result"]) == (500, "error"), said
        return said


def only(said: Json, container: str) -> Json:
    """The one object of an answer's container."""
    (found,) = said["data"][container]
    shown: Json = found
    return shown


def holds(shown: Json, **expected: Any) -> None:
    assert {key: shown[key] for key in expected} == expected


def test_01_the_status_needs_no_token(server: Server) -> None:
    answer = server.client.get("/api/status")

    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/plain", "OK\n")


def test_02_a_parameter_is_shown_without_defaults(api: Api) -> None:
    assert api.made("GET", "/parameters/ntp_pool") == {
        "action": "parameterDetails",
        "id": "ntp_pool",
        "result": "success",
        "data": {"parameters": [{"id": "ntp_pool", "value": "pool.example", "description": "time"}]},
    }


def test_03_a_missing_parameter_has_no_id(api: Api) -> None:
    assert api.refused("GET", "/parameters/nope") == {
        "action": "parameterDetails",
        "result": "error",
        "errorDetails": "Could not find Parameter nope",
    }


def test_04_parameters_are_listed_by_id(api: Api) -> None:
    api.made("PUT", "/parameters", json={"id": "a_first", "value": "1"})

    said = api.made("GET", "/parameters")

    assert said["action"] == "listParameters"
    assert "id" not in said
    assert [one["id"] for one in said["data"]["parameters"]] == ["a_first", "ntp_pool"]


def test_05_a_value_may_be_an_object_with_its_keys_sorted(api: Api) -> None:
    text = '{"id":"limits","description":"d","value":{"z":1,"a":2,"ratio":0.333333333333333333}}'
    said = api.made("PUT", "/parameters", data=text, headers={"Content-Type": "application/json"})

    assert (said["action"], said["id"]) == ("createParameter", "limits")
    value = only(said, "parameters")["value"]
    assert list(value) == ["a", "ratio", "z"]
    assert value["ratio"] == 1 / 3


def test_06_a_forms_json_value_is_the_object(api: Api) -> None:
    said = api.made("PUT", "/parameters", data={"id": "opts", "value": '{"debug":true}'})

    assert only(said, "parameters")["value"] == {"debug": True}


def test_07_an_inherit_mode_that_is_not_the_default_is_shown(api: Api) -> None:
    api.made("PUT", "/parameters", json={"id": "limits", "value": {"a": 1}})

    said = api.made("POST", "/parameters/limits", json={"description": "n", "value": "plain", "inheritMode": "map"})

    assert said["action"] == "updateParameter"
    holds(only(said, "parameters"), description="n", value="plain", inheritMode="map")


def test_08_the_provider_cannot_be_set(api: Api) -> None:
    before = api.made("GET", "/parameters/ntp_pool")["data"]

    assert api.made("POST", "/parameters/ntp_pool", json={"provider": "system"})["data"] == before


def test_09_a_deleted_parameter_is_shown(api: Api) -> None:
    said = api.made("DELETE", "/parameters/ntp_pool")

    assert said["action"] == "deleteParameter"
    holds(only(said, "parameters"), id="ntp_pool", value="pool.example")


def test_10_a_rules_keys_are_in_order(api: Api) -> None:
    assert list(only(api.made("GET", "/rules/r-base"), "rules")) == RULE_KEYS


def test_11_a_missing_rule(api: Api) -> None:
    assert api.refused("GET", "/rules/r-none")["errorDetails"] == "Rule with id 'r-none' was not found"


def test_12_a_rule_is_created(api: Api) -> None:
    asked = {"id": "r-new", "displayName": "New rule", "directives": ["d-ssh"], "targets": ["special:all"]}

    said = api.made("PUT", "/rules", json=asked)

    assert (said["action"], said["id"]) == ("createRule", "r-new")


@pytest.mark.parametrize(
    ("form", "directives"),
    [
        (
            'directives=["d-ssh"]&targets=["special:all"]&tags=[{"customer":"acme"}]&enabled=true',
            ["d-ssh"],
        ),
        ("directives=d-ssh&directives=d-ntp&targets=special:all&tags=customer:acme", ["d-ntp", "d-ssh"]),
    ],
)
def test_13_both_dialects_of_a_form_give_what_json_gives(api: Api, form: str, directives: list[str]) -> None:
    header = {"Content-Type": "application/x-www-form-urlencoded"}
    by_form = only(api.made("PUT", "/rules", data=f"displayName=Form rule&{form}", headers=header), "rules")
    asked = {
        "displayName": "Form rule",
        "directives": directives,
        "targets": ["special:all"],
        "tags": [{"customer": "acme"}],
    }
    by_json = only(api.made("PUT", "/rules", json=asked), "rules")

    assert {**by_form, "id": ""} == {**by_json, "id": ""}


def test_14_a_clone_copies_and_then_takes_what_is_given(api: Api) -> None:
    said = api.made(
        "PUT", "/rules", json={"source": "r-base", "id": "r-copy", "displayName": "Copy", "tags": [{"a": "b"}]}
    )

    assert said["action"] == "cloneRule"
    holds(only(said, "rules"), id="r-copy", directives=["d-ssh"], tags=[{"a": "b"}])
    assert only(said, "rules")["targets"] == only(api.made("GET", "/rules/r-base"), "rules")["targets"]


def test_15_simple_targets_become_one_composition(api: Api) -> None:
    said = api.made("POST", "/rules/r-base", json={"targets": ["special:all"]})

    holds(only(said, "rules"), targets=[{"include": {"or": ["special:all"]}, "exclude": {"or": []}}])


def test_16_a_disabled_rule_says_so(api: Api) -> None:
    status = only(api.made("POST", "/rules/r-base", json={"enabled": False}), "rules")["status"]

    assert status["value"] == "Disabled"
    assert status["details"].startswith("This rule is disabled. ")


@pytest.mark.parametrize(
    "sent", [{"json": {"category": "cat-a"}}, {"json": {"categoryId": "cat-a"}}, {"data": {"category": "cat-a"}}]
)
def test_17_a_category_has_two_names(api: Api, sent: Json) -> None:
    before = only(api.made("GET", "/rules/r-base"), "rules")

    after = only(api.made("POST", "/rules/r-base", **sent), "rules")

    assert after == {**before, "categoryId": "cat-a"}


def test_18_a_deleted_rule_is_shown(api: Api) -> None:
    said = api.made("DELETE", "/rules/r-base")

    assert said["action"] == "deleteRule"
    holds(only(said, "rules"), id="r-base", displayName="Base")


@pytest.mark.parametrize("form", ["json", "data"])
def test_19_a_rule_category_is_an_object(api: Api, form: str) -> None:
    asked = {"id": "cat-b", "name": "Category B", "parent": "rootRuleCategory"}

    assert api.made("PUT", "/rules/categories", **{form: asked}) == {
        "action": "createRuleCategory",
        "id": "cat-b",
        "result": "success",
        "data": {
            "ruleCategories": {
                "id": "cat-b",
                "name": "Category B",
                "description": "",
                "parent": "rootRuleCategory",
                "categories": [],
                "rules": [],
            }
        },
    }


def test_20_a_rule_category_moves(api: Api) -> None:
    api.made("PUT", "/rules/categories", json={"id": "cat-b", "name": "Category B"})

    said = api.made(
        "POST", "/rules/categories/cat-b", json={"parent": "cat-a", "name": "Category B", "description": "moved"}
    )

    assert said["action"] == "updateRuleCategory"
    holds(said["data"]["ruleCategories"], parent="cat-a", description="moved")


def test_21_the_root_of_the_tree_is_its_own_parent(api: Api) -> None:
    said = api.made("GET", "/rules/tree")

    assert (said["action"], said["id"]) == ("getRuleTree", "rootRuleCategory")
    holds(said["data"]["ruleCategories"], id="rootRuleCategory", parent="rootRuleCategory")


def test_23_a_missing_directive(api: Api) -> None:
    assert api.refused("GET", "/directives/d-none")["errorDetails"] == "Directive with id 'd-none' was not found"


def a_package(name: str = "d-new") -> Json:
    variables = [{"var": {"name": "PACKAGE_LIST", "value": "htop"}}]
    return {
        "id": name,
        "displayName": "Packages",
        "techniqueName": "packageManagement",
        "techniqueVersion": "1.0",
        "parameters": {
            "section": {"name": "sections", "sections": [{"section": {"name": "Package", "vars": variables}}]}
        },
        "policyMode": "audit",
        "tags": [{"os": "linux"}],
    }


def test_24_a_directives_parameters_are_completed_and_sorted(api: Api) -> None:
    said = api.made("PUT", "/directives", json=a_package())

    assert (said["action"], said["id"]) == ("createDirective", "d-new")
    shown = only(said, "directives")
    holds(shown, priority=5, policyMode="audit", techniqueVersion="1.0", tags=[{"os": "linux"}])
    root = shown["parameters"]["section"]
    (package,) = [each["section"] for each in root["sections"] if each["section"]["name"] == "Package"]
    names = [each["var"]["name"] for each in package["vars"]]
    assert names == sorted(names)
    assert {"PACKAGE_LIST", "PACKAGE_STATE"} <= set(names)


def test_25_a_cloned_directive_is_disabled(api: Api) -> None:
    api.made("PUT", "/directives", json=a_package())

    said = api.made(
        "PUT",
        "/directives",
        json={
            "source": "d-new",
            "id": "d-copy",
            "displayName": "Copy",
            "enabled": True,
            "priority": 8,
            "policyMode": "default",
        },
    )

    assert said["action"] == "cloneDirective"
    holds(only(said, "directives"), enabled=False, priority=8, policyMode="default", tags=[{"os": "linux"}])


def test_26_a_deleted_directive_is_gone(api: Api) -> None:
    api.made("DELETE", "/directives/d-ntp")

    assert api.refused("GET", "/directives/d-ntp")["errorDetails"] == "Directive with id 'd-ntp' was not found"


def test_27_the_directive_tree_has_four_members(api: Api) -> None:
    root = api.made("GET", "/directives/tree?includeSystem=false")["data"]["directives"][0]

    assert list(root) == ["name", "description", "subCategories", "techniques"]


def test_28_a_groups_category_is_named_by_version(api: Api) -> None:
    old = api("GET", "/groups/g-web", old="/api/21")[1]["data"]["groups"][0]
    new = only(api.made("GET", "/groups/g-web"), "groups")

    assert "categoryId" not in old
    assert "category" not in new
    assert old["category"] == new["categoryId"] == "GroupRoot"


def test_29_a_missing_group_has_the_stray_quote(api: Api) -> None:
    assert api.refused("GET", "/groups/g-none")["errorDetails"] == "Group with id 'g-none' was not found'"


QUERY = {
    "select": "node",
    "composition": "and",
    "where": [{"objectType": "node", "attribute": "osName", "comparator": "eq", "value": "Debian"}],
}


def test_30_a_group_gets_its_defaults(api: Api) -> None:
    said = api.made("PUT", "/groups", json={"id": "g-new-1", "displayName": "Web servers", "query": QUERY})

    holds(
        only(said, "groups"),
        categoryId="GroupRoot",
        dynamic=True,
        target="group:g-new-1",
        groupClass=["group_g_new_1", "group_web_servers"],
    )


def test_31_a_cloned_group_keeps_query_and_properties(api: Api) -> None:
    properties = [{"name": "site", "value": "lyon"}]
    asked = {"id": "g-new-1", "displayName": "Web servers", "query": QUERY, "properties": properties}
    api.made("PUT", "/groups", json=asked)

    said = api.made("PUT", "/groups", json={"source": "g-new-1", "displayName": "Copy of web"})

    assert said["action"] == "cloneGroup"
    holds(only(said, "groups"), query=QUERY, properties=properties)


def test_32_an_inverted_query_comes_back_unchanged(api: Api) -> None:
    where = [{"objectType": "node", "attribute": "osName", "comparator": "exists", "value": ""}]
    query = {"select": "node", "composition": "or", "transform": "invert", "where": where}

    said = api.made("PUT", "/groups", json={"displayName": "Inverted", "query": query})

    holds(only(said, "groups"), query=query)


def test_33_deleting_a_missing_group_succeeds_with_an_empty_one(api: Api) -> None:
    shown = only(api.made("DELETE", "/groups/g-none"), "groups")

    holds(shown, displayName="", nodeIds=[], enabled=False)


SHORT_NAME = (
    "Could not update Group category 'gc-a'; cause was: Unexpected: "
    "(Group category name 'ab' must at least have a 3 character size)"
)
NO_NAME = (
    "Could not create group category; cause was: Inconsistency: "
    "Could not create group Category, cause: name is not defined"
)
SYSTEM_CATEGORY = (
    "Could not delete Group category 'SystemGroups'; cause was: Inconsistency: "
    "Could not delete group category 'SystemGroups', cause is: system categories cannot be deleted."
)
SYSTEM_GROUP = "Could not delete group 'all-nodes', cause is: system groups cannot be deleted."
REFUSALS: list[tuple[str, str, Json | None, str, str | None]] = [
    ("DELETE", "/groups/all-nodes", None, SYSTEM_GROUP, None),
    ("POST", "/groups/categories/gc-a", {"name": "ab"}, SHORT_NAME, "gc-a"),
    ("PUT", "/groups/categories", {"parent": "GroupRoot"}, NO_NAME, None),
    ("DELETE", "/groups/categories/SystemGroups", None, SYSTEM_CATEGORY, "SystemGroups"),
]


def test_35_a_new_group_category_has_no_id_in_the_envelope(api: Api) -> None:
    said = api.made("PUT", "/groups/categories", json={"id": "gc-a", "name": "Apps", "parent": "GroupRoot"})

    assert said["action"] == "createGroupCategory"
    assert "id" not in said


@pytest.mark.parametrize(("method", "path", "body", "text", "envelope_id"), REFUSALS, ids=["34", "36", "37", "38"])
def test_34_to_38_refusals_of_groups(
    api: Api, method: str, path: str, body: Json | None, text: str, envelope_id: str | None
) -> None:
    api.made("PUT", "/groups/categories", json={"id": "gc-a", "name": "Apps"})
    more = {} if body is None else {"json": body}

    said = api.refused(method, path, **more)

    assert said["errorDetails"] == text
    assert said.get("id") == envelope_id


def test_39_settings(api: Api) -> None:
    assert api.made("GET", "/settings/output_file_ttl") == {
        "action": "getSetting",
        "id": "output_file_ttl",
        "result": "success",
        "data": {"settings": {"output_file_ttl": 7}},
    }
    one = api.made("POST", "/settings/output_file_ttl", json={"value": 9})
    assert (one["action"], one["id"], one["data"]) == (
        "modifySetting",
        "output_file_ttl",
        {"settings": {"output_file_ttl": 9}},
    )
    many = api.made("POST", "/settings", json={"output_file_ttl": 10, "splay_time": 2})
    assert (many["action"], many["data"]) == ("modifySettings", {"settings": {"output_file_ttl": 10, "splay_time": 2}})

    settings = api.made("GET", "/settings")["data"]["settings"]

    assert (len(settings), list(settings)) == (37, sorted(settings))
    holds(
        settings,
        enable_change_request=False,
        enable_self_deployment=True,
        enable_self_validation=False,
        enable_validate_all=False,
    )


def test_40_allowed_networks(api: Api) -> None:
    bad = api.refused(
        "POST", "/settings/allowed_networks/root", json={"allowed_networks": ["10.0.0.300/8", "10.1.0.0/40"]}
    )
    first, second = bad["errorDetails"].split(" ; ")
    networks = ["10.1.0.0/16", "10.8.0.0/16", "10.3.0.0/16"]
    api.made("POST", "/settings/allowed_networks/root", json={"allowed_networks": networks})
    diff = {"allowed_networks": {"add": ["10.9.0.0/16"], "delete": ["10.1.0.0/16"]}}

    said = api.made("POST", "/settings/allowed_networks/root/diff", json=diff)

    assert bad["id"] == said["id"] == "root"
    assert "10.0.0.300/8" in first
    assert "10.1.0.0/40" in second
    assert said["data"] == {"allowed_networks": ["10.3.0.0/16", "10.8.0.0/16", "10.9.0.0/16"]}


def test_43_api_accounts(api: Api) -> None:
    refused = api.refused("GET", "/apiaccounts/a+b")
    acl = [{"path": "rules/tree", "actions": ["get"]}, {"path": "rules/tree", "actions": ["POST"]}]
    asked = {
        "id": "robot",
        "name": "Robot",
        "status": "enabled",
        "tenants": "*",
        "authorizationType": "acl",
        "acl": acl,
    }
    made = only(api.made("POST", "/apiaccounts", json=asked), "accounts")
    shown = only(api.made("GET", "/apiaccounts/robot"), "accounts")
    renewed = only(api.made("POST", "/apiaccounts/robot/token/regenerate"), "accounts")

    assert refused["id"] == "a+b"
    assert refused["errorDetails"] == "'a+b' is not a valid API account ID, only [a-zA-Z0-9_-]+ is allowed"
    assert made["acl"] == [{"path": "rules/tree", "actions": ["get", "post"]}]
    assert len(made["token"]) == 32
    assert "token" not in shown
    assert renewed["token"] != made["token"]


def test_57_the_header_chooses_the_version(api: Api, server: Server) -> None:
    by_header = server.get("/api/rules", headers={"X-API-Version": "24"})
    wrong = server.get("/api/rules", headers={"X-API-Version": "3.14"})

    assert by_header.get_json() == api.made("GET", "/rules")
    assert server.get("/api/rules").get_json() == server.get("/api/latest/rules").get_json()
    assert wrong.status_code == 400
    assert all(str(version) in wrong.get_json()["errorDetails"] for version in (2, 24, 25))


@pytest.mark.parametrize("version", ["99", "3.14"])
def test_58_an_unknown_version_in_the_url_is_not_found(server: Server, version: str) -> None:
    answer = server.get(f"/api/{version}/rules")

    assert (answer.status_code, answer.get_json()["result"]) == (404, "error")


def test_59_refusals_have_the_envelope(server: Server) -> None:
    ro = server.account("reader", authorization="ro")

    missing = server.client.get("/api/24/rules")
    wrong = server.get("/api/24/rules", token="x" * 32)
    forbidden = server.put("/api/24/rules", token=ro, json={"displayName": "A rule"})

    assert [missing.status_code, wrong.status_code, forbidden.status_code] == [401, 401, 403]
    assert missing.get_json()["result"] == wrong.get_json()["result"] == "error"
    text = "Authorization error: User 'reader' is not allowed to access PUT api/24/rules"
    assert forbidden.get_json()["errorDetails"] == text


def test_60_prettify_and_unknown_methods(server: Server) -> None:
    pretty = server.get("/api/24/rules?prettify=true")
    patched = server.call("PATCH", "/api/24/rules")

    assert pretty.text.startswith('{\n  "action" : "listRules"')
    assert (patched.status_code, patched.get_json()["action"]) == (500, "unknown")


def test_41_a_status_without_nodes_is_refused(api: Api) -> None:
    hint = "Error when changing Node status; cause was: Node ID or status not correctly sent; cause was: Unexpected: "

    said = api.refused("POST", "/nodes/pending", json={"status": "accepted"})
    empty = api.refused("POST", "/nodes/pending", data="", content_type="application/json")

    assert (said["action"], said["errorDetails"]) == ("changePendingNodeStatus", f"{hint}.nodeId(missing)")
    assert empty["errorDetails"] == f"{hint}Unexpected end of input"


def test_42_a_good_node_is_made_beside_a_bad_one(api: Api) -> None:
    good = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    node = {"hostname": "db1", "status": "accepted", "os": {"type": "linux", "name": "debian", "version": "12"}}

    said = api.refused("PUT", "/nodes", json=[{"id": good, **node}, {"id": "bad-id", **node}])

    assert said["action"] == "createNodes"
    assert said["data"]["created"] == [good]
    (failed,) = said["data"]["failed"]
    assert list(failed) == ["bad-id"]
    assert failed["bad-id"][0].startswith("[validation] ")
    assert only(api.made("GET", f"/nodes/{good}"), "nodes")["hostname"] == "db1"
