"""Groups, typed from the contract (expectations 28 to 34 are in tests/contract)."""

from typing import Any

import pytest

from app.fleet.targets import without_group
from tests.installations import Server
from tests.resources.asking import Api, Json, only, seq

QUERY = {
    "select": "node",
    "composition": "and",
    "where": [{"objectType": "node", "attribute": "osName", "comparator": "eq", "value": "Debian"}],
}


@pytest.fixture
def old(server: Server) -> Api:
    return Api(server, 24)


@pytest.fixture
def new(server: Server) -> Api:
    return Api(server, 25)


def make(api: Api, group: str = "g-1", **more: Any) -> Json:
    return only(api.made("PUT", "/groups", json={"id": group, "displayName": f"Group {group}", **more}), "groups")


def test_a_new_group_has_its_defaults_in_order(old: Api) -> None:
    shown = make(old, "g-web", query=QUERY)

    assert list(shown.items()) == [
        ("id", "g-web"),
        ("displayName", "Group g-web"),
        ("description", ""),
        ("categoryId", "GroupRoot"),
        ("query", QUERY),
        ("nodeIds", []),
        ("dynamic", True),
        ("enabled", True),
        ("groupClass", ["group_g_web", "group_group_g_web"]),
        ("properties", []),
        ("target", "group:g-web"),
        ("system", False),
    ]


def test_25_shows_every_stored_field_and_the_computed_ones(new: Api) -> None:
    shown = make(new)

    assert (shown["query"], shown["security"], shown["nodeIds"], shown["revision"]) == (None, None, [], 1)


def test_a_dynamic_group_does_not_store_its_nodes(new: Api) -> None:
    make(new)

    past = only(new.made("GET", f"/groups/g-1?at=seq:{seq(new.server)}"), "groups")

    assert past.keys() == {
        *("id", "displayName", "description", "categoryId", "query", "dynamic", "enabled", "properties", "system"),
        "security",
    }


def test_the_systems_group_is_listed(old: Api) -> None:
    (shown,) = old.made("GET", "/groups")["data"]["groups"]

    assert (shown["id"], shown["categoryId"], shown["system"], shown["dynamic"]) == (
        *("all-nodes", "SystemGroups", True, True),
    )


@pytest.mark.parametrize("name", ["category", "categoryId"])
@pytest.mark.parametrize("version", [2, 21, 24, 25])
def test_input_takes_both_names_of_the_category(server: Server, version: int, name: str) -> None:
    old = Api(server, 24)
    old.made("PUT", "/groups/categories", json={"id": "gc-a", "name": "Apps"})

    make(Api(server, version), **{name: "gc-a"})

    assert only(old.made("GET", "/groups/g-1"), "groups")["categoryId"] == "gc-a"


def test_a_form_means_the_same_as_json(old: Api) -> None:
    form = {
        "displayName": "Group g-1",
        "dynamic": "false",
        "query": '{"select":"node","composition":"and","where":[{"objectType":"node","attribute":"osName",'
        '"comparator":"eq","value":"Debian"}]}',
        "properties": '[{"name":"site","value":{"a":[1]}}]',
    }
    by_form = only(old.made("PUT", "/groups", data={"id": "g-1", **form}), "groups")
    old.made("DELETE", "/groups/g-1")

    by_json = make(old, dynamic=False, query=QUERY, properties=[{"name": "site", "value": {"a": [1]}}])

    assert by_form == by_json


def test_properties_are_sorted_by_name_and_shown_without_defaults(old: Api) -> None:
    given = [{"name": "z", "value": 1.5}, {"name": "a", "value": {"x": None}, "inheritMode": "map", "provider": "p"}]

    assert make(old, properties=given)["properties"] == [given[1], given[0]]


def test_given_properties_replace_the_others_and_an_empty_form_value_clears_them(old: Api) -> None:
    make(old, properties=[{"name": "a", "value": "1"}, {"name": "b", "value": "2"}])

    replaced = only(old.made("POST", "/groups/g-1", json={"properties": [{"name": "b", "value": "3"}]}), "groups")
    cleared = only(old.made("POST", "/groups/g-1", data={"properties": ""}), "groups")

    assert (replaced["properties"], cleared["properties"]) == ([{"name": "b", "value": "3"}], [])


def test_a_whole_group_can_be_posted_back(old: Api, new: Api) -> None:
    make(old, query=QUERY, properties=[{"name": "a", "value": "1"}])

    for api in (old, new):
        shown = only(api.made("GET", "/groups/g-1"), "groups")
        assert only(api.made("POST", "/groups/g-1", json=shown), "groups") == shown


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"query": {"select": "node", "composition": "xor", "where": []}}, "query.composition"),
        ({"query": {"select": "node", "transform": "twist", "where": []}}, "query.transform"),
        ({"query": {"select": "node"}}, "query.where"),
        ({"query": {"where": []}}, "query.select"),
        ({"query": {"select": "node", "where": [{"objectType": "node"}]}}, "query.where[0].attribute"),
        ({"query": {"select": "node", "where": [{**QUERY["where"][0], "value": 3}]}}, "query.where[0].value"),  # type: ignore[dict-item]
        ({"properties": [{"value": 3}]}, "properties[0].name"),
        ({"properties": [{"name": "a"}]}, "properties[0].value"),
        ({"properties": [{"name": "a", "value": 1}, {"name": "a", "value": 2}]}, "properties[1].name"),
        ({"properties": [{"name": "a", "value": 1, "inheritMode": "xyz"}]}, "properties[0].inheritMode"),
        ({"categoryId": "gc-none"}, "categoryId"),
        ({"enabled": "maybe"}, "enabled"),
        ({"security": {"tenants": ["zoneZ"]}}, "security"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_wrong_input_is_named_by_its_path(old: Api, new: Api, method: str, wrong: Json, path: str) -> None:
    make(old)
    before = old.made("GET", "/groups/g-1")
    target, asked = ("/groups", {"displayName": "Other", **wrong}) if method == "PUT" else ("/groups/g-1", wrong)

    old.refused(500, method, target, json=asked)
    said = new.refused(400, method, target, json=asked)

    assert path in said["errors"]
    assert old.made("GET", "/groups/g-1") == before


@pytest.mark.parametrize("wrong", [{"query": {**QUERY, "x": 1}}, {"properties": [{"name": "a", "value": 1, "x": 1}]}])
def test_unknown_members_inside_are_ignored_up_to_24_and_refused_by_25(old: Api, new: Api, wrong: Json) -> None:
    assert "x" not in str(make(old, **wrong).get("query"))

    new.refused(400, "POST", "/groups/g-1", json=wrong)


@pytest.mark.parametrize("sent", [{}, {"displayName": "ab"}])
def test_a_name_is_mandatory(old: Api, new: Api, sent: Json) -> None:
    said = old.refused(500, "PUT", "/groups", json=sent)

    assert said["errorDetails"] == "'displayName' is mandatory and must be at least 3 char long"
    assert list(new.refused(400, "PUT", "/groups", json=sent)["errors"]) == ["displayName"]


def test_a_zone_that_does_not_exist_has_rudders_text(old: Api) -> None:
    said = old.refused(500, "PUT", "/groups", json={"displayName": "Zoned", "security": {"tenants": ["zoneZ"]}})

    assert said["errorDetails"] == "tenant(s) 'zoneZ' don't exist"


@pytest.mark.parametrize("sent", [{"json": {"security": "open"}}, {"data": {"security": "open"}}])
def test_an_open_group_is_shown_so_from_22_on(server: Server, old: Api, sent: Json) -> None:
    make(old)

    assert only(old.made("POST", "/groups/g-1", **sent), "groups")["security"] == "open"
    assert "security" not in only(Api(server, 21).made("GET", "/groups/g-1"), "groups")


def test_25_stores_the_listed_nodes_of_a_static_group_as_a_set(old: Api, new: Api) -> None:
    shown = make(new, dynamic=False, nodeIds=["n-2", "n-1", "n-2"])

    assert shown["nodeIds"] == ["n-1", "n-2"]
    assert only(old.made("GET", "/groups/g-1"), "groups")["nodeIds"] == ["n-1", "n-2"]


def test_listed_nodes_are_ignored_for_a_dynamic_group_and_up_to_24(old: Api, new: Api) -> None:
    assert make(new, dynamic=True, nodeIds=["n-1"])["nodeIds"] == []
    assert make(old, "g-2", dynamic=False, nodeIds=["n-1"])["nodeIds"] == []


def test_listed_nodes_stay_until_nodes_or_query_are_given(old: Api, new: Api) -> None:
    make(new, dynamic=False, nodeIds=["n-1"], query=QUERY)

    renamed = only(old.made("POST", "/groups/g-1", json={"displayName": "Renamed"}), "groups")
    same = only(old.made("POST", "/groups/g-1", json=renamed), "groups")
    other = only(old.made("POST", "/groups/g-1", json={"query": {**QUERY, "composition": "or"}}), "groups")

    assert (renamed["nodeIds"], same["nodeIds"], other["nodeIds"]) == (["n-1"], ["n-1"], [])


def test_a_wrong_node_id_is_refused(new: Api) -> None:
    assert (
        "a b"
        in new.refused(400, "PUT", "/groups", json={"displayName": "Static", "dynamic": False, "nodeIds": ["a b"]})[
            "errorDetails"
        ]
    )


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("version", [2, 24, 25])
def test_reload_answers_the_group(server: Server, version: int, method: str) -> None:
    api = Api(server, version)
    shown = make(api)

    said = api.made(method, "/groups/g-1/reload")

    assert (said["action"], said["id"], only(said, "groups")) == ("reloadGroup", "g-1", shown)


def test_reload_of_nothing_is_a_missing_group(old: Api, new: Api) -> None:
    assert old.refused(500, "POST", "/groups/g-none/reload")["errorDetails"] == "Group with id 'g-none' was not found'"
    new.refused(404, "GET", "/groups/g-none/reload")


def test_a_read_only_account_may_not_reload(server: Server, old: Api) -> None:
    make(old)
    reader = server.account("reader", authorization="ro")

    old.refused(403, "GET", "/groups/g-1/reload", token=reader)


def test_a_clone_keeps_the_category_and_does_not_belong_to_the_system(old: Api) -> None:
    said = old.made("PUT", "/groups", json={"source": "all-nodes", "id": "g-2", "displayName": "My nodes"})

    shown = only(said, "groups")
    assert (said["action"], shown["categoryId"], shown["system"]) == ("cloneGroup", "SystemGroups", False)


def test_a_clone_of_nothing_has_rudders_text(old: Api, new: Api) -> None:
    asked = {"source": "g-none", "displayName": "Copy"}

    said = old.refused(500, "PUT", "/groups", json=asked)

    assert (said["action"], said["errorDetails"]) == ("createGroup", "Can not find group to clone: g-none")
    new.refused(404, "PUT", "/groups", json=asked)


def test_a_taken_id_is_refused(old: Api, new: Api) -> None:
    make(old)
    asked = {"id": "g-1", "displayName": "Again"}

    said = old.refused(500, "PUT", "/groups", json=asked)

    assert said["errorDetails"] == "Cannot create a new Group with id 'g-1' already exists"
    new.refused(409, "PUT", "/groups", json=asked)


@pytest.mark.parametrize("reserved", ["tree", "categories", "search"])
def test_a_reserved_id_is_refused(new: Api, reserved: str) -> None:
    said = new.refused(400, "PUT", "/groups", json={"id": reserved, "displayName": "Reserved"})

    assert f"'{reserved}' is reserved" in said["errorDetails"]


def test_the_systems_group_stays(old: Api, new: Api) -> None:
    text = "Could not delete group 'all-nodes', cause is: system groups cannot be deleted."

    assert old.refused(500, "DELETE", "/groups/all-nodes")["errorDetails"] == text
    old.refused(500, "POST", "/groups/all-nodes", json={"enabled": False})
    new.refused(409, "DELETE", "/groups/all-nodes")
    assert "clone it" in new.refused(409, "POST", "/groups/all-nodes", json={"enabled": False})["errorDetails"]


def test_nobody_makes_a_group_of_the_system(new: Api) -> None:
    assert make(new, system=True)["system"] is False


def test_a_deleted_group_leaves_the_rules_in_the_same_commit(server: Server, old: Api) -> None:
    make(old, "g-1")
    make(old, "g-2")
    targets = [{"include": {"or": ["group:g-1", "group:g-2"]}, "exclude": {"or": ["group:g-1"]}}]
    old.made("PUT", "/rules", json={"id": "r-1", "displayName": "Rule 1", "targets": targets})
    old.made("PUT", "/rules", json={"id": "r-2", "displayName": "Rule 2", "targets": ["group:g-2"]})
    before = seq(server)

    shown = only(old.made("DELETE", "/groups/g-1"), "groups")

    rule = only(old.made("GET", "/rules/r-1"), "rules")
    history = Api(server, 25).made("GET", "/rules/r-1/history")["data"]["history"]
    gone = Api(server, 25).made("GET", "/groups/g-1/history")["data"]["history"]
    assert shown["id"] == "g-1"
    assert rule["targets"] == [{"include": {"or": ["group:g-2"]}, "exclude": {"or": []}}]
    assert seq(server) == before + 2
    assert history[0]["commit"] == gone[0]["commit"]


@pytest.mark.parametrize(
    ("targets", "left"),
    [
        (["group:g", "special:all"], ["special:all"]),
        ([{"include": "group:g", "exclude": {"or": []}}], [{"include": {"or": []}, "exclude": {"or": []}}]),
        (
            [{"include": {"and": ["group:g", "group:h"]}, "exclude": {"or": []}}],
            [{"include": {"or": []}, "exclude": {"or": []}}],
        ),
        (
            [{"include": {"or": [{"and": ["group:h"]}, {"or": ["group:g"]}]}, "exclude": {"or": ["group:g"]}}],
            [{"include": {"or": [{"and": ["group:h"]}, {"or": []}]}, "exclude": {"or": []}}],
        ),
    ],
)
def test_targets_without_a_group_include_no_more_than_before(targets: list[Any], left: list[Any]) -> None:
    assert without_group(targets, "g") == left


@pytest.mark.parametrize("version", [2, 10])
def test_up_to_10_deleting_a_missing_group_is_an_error(server: Server, version: int) -> None:
    said = Api(server, version).refused(500, "DELETE", "/groups/g-none")

    assert said["errorDetails"] == "Could not delete Group g-none cause is: Could not find Group g-none."


@pytest.mark.parametrize("version", [11, 24])
def test_up_to_24_deleting_a_missing_group_succeeds(server: Server, version: int) -> None:
    said = Api(server, version).made("DELETE", "/groups/g-none")

    shown = only(said, "groups")
    assert said["action"] == "deleteGroup"
    assert (shown["displayName"], shown["nodeIds"], shown["properties"], shown["enabled"]) == ("", [], [], False)


def test_25_does_not_find_a_missing_group(new: Api) -> None:
    new.refused(404, "DELETE", "/groups/g-none")


def test_another_tenant_sees_no_group(server: Server, new: Api) -> None:
    make(new)
    stranger = server.account("stranger", tenant="public")

    assert new("GET", "/groups/g-1", token=stranger)[0] == 404
    assert "g-1" not in str(new("GET", "/groups", token=stranger)[1])
    new.refused(403, "POST", "/groups/g-1/reload", token=stranger)  # the catalogue is read-only, whatever the id
