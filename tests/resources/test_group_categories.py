"""Group categories and the group tree, typed from the contract (expectations 35 to 38 are in tests/contract)."""

import pytest

from tests.installations import Server
from tests.resources.asking import Api, Json, only

SPECIAL = ["special:all", "special:all_exceptPolicyServers", "special:all_policyServers"]


@pytest.fixture
def old(server: Server) -> Api:
    return Api(server, 24)


@pytest.fixture
def new(server: Server) -> Api:
    return Api(server, 25)


def make(api: Api, category: str, **more: str) -> Json:
    said = api.made("PUT", "/groups/categories", json={"id": category, "name": f"Category {category}", **more})
    shown: Json = said["data"]["groupCategories"]
    return shown


def test_a_new_category_has_its_defaults_in_order_and_no_id_in_the_envelope(old: Api) -> None:
    said = old.made("PUT", "/groups/categories", json={"id": "gc-a", "name": "Apps"})

    assert said == {
        "action": "createGroupCategory",
        "result": "success",
        "data": {
            "groupCategories": {
                "id": "gc-a",
                "name": "Apps",
                "description": "",
                "parent": "GroupRoot",
                "categories": [],
                "groups": [],
                "targets": [],
            }
        },
    }
    assert list(said["data"]["groupCategories"]) == [
        *("id", "name", "description", "parent", "categories", "groups", "targets")
    ]


def test_details_carry_the_id_of_the_path(old: Api) -> None:
    make(old, "gc-a")
    old.made("PUT", "/groups", json={"id": "g-1", "displayName": "Group 1", "categoryId": "gc-a"})

    said = old.made("GET", "/groups/categories/gc-a")

    assert (said["action"], said["id"]) == ("getGroupCategoryDetails", "gc-a")
    assert said["data"]["groupCategories"]["groups"] == ["g-1"]


def test_errors_carry_the_id_of_the_path_too(old: Api, new: Api) -> None:
    for api, status in ((old, 500), (new, 404)):
        for method in ("GET", "POST", "DELETE"):
            said = api.refused(status, method, "/groups/categories/gc-none")
            assert said["id"] == "gc-none"
            assert "'gc-none'" in said["errorDetails"]


def test_the_systems_category_holds_the_systems_group_and_targets(old: Api) -> None:
    shown = old.made("GET", "/groups/categories/SystemGroups")["data"]["groupCategories"]

    assert (shown["groups"], shown["targets"], shown["parent"]) == (["all-nodes"], SPECIAL, "GroupRoot")


def test_the_tree_leaves_the_system_out_unless_asked(old: Api) -> None:
    make(old, "gc-a")
    old.made("PUT", "/groups", json={"id": "g-1", "displayName": "Group 1", "category": "gc-a"})

    said = old.made("GET", "/groups/tree")
    whole = old.made("GET", "/groups/tree?includeSystem=true")

    root = said["data"]["groupCategories"]
    assert (said["action"], "id" in said, root["id"], root["parent"]) == (
        "getGroupTree",
        False,
        "GroupRoot",
        "GroupRoot",
    )
    assert [branch["id"] for branch in root["categories"]] == ["gc-a"]
    assert root["categories"][0]["groups"] == [only(old.made("GET", "/groups/g-1"), "groups")]
    branches = whole["data"]["groupCategories"]["categories"]
    assert [(branch["id"], [group["id"] for group in branch["groups"]]) for branch in branches] == [
        ("SystemGroups", ["all-nodes"]),
        ("gc-a", ["g-1"]),
    ]


@pytest.mark.parametrize(("version", "name"), [(6, "category"), (21, "category"), (22, "categoryId")])
def test_the_groups_of_the_tree_are_those_of_the_version(server: Server, version: int, name: str) -> None:
    api = Api(server, version)
    api.made("PUT", "/groups", json={"id": "g-1", "displayName": "Group 1"})

    (group,) = api.made("GET", "/groups/tree")["data"]["groupCategories"]["groups"]

    assert group == only(api.made("GET", "/groups/g-1"), "groups")
    assert group[name] == "GroupRoot"
    assert ("groupClass" in group) is (version > 6)


def test_the_tree_of_25_has_groups_as_25_shows_them(new: Api) -> None:
    new.made("PUT", "/groups", json={"id": "g-1", "displayName": "Group 1"})

    shown = new.made("GET", "/groups/tree")["data"]["groupCategories"]["groups"]

    assert shown == [only(new.made("GET", "/groups/g-1"), "groups")]


def test_up_to_5_tree_is_the_id_of_a_group(server: Server) -> None:
    assert Api(server, 5).refused(500, "GET", "/groups/tree")["errorDetails"] == "Group with id 'tree' was not found'"


def test_an_update_moves_a_category(old: Api) -> None:
    make(old, "gc-a")
    make(old, "gc-b")

    said = old.made("POST", "/groups/categories/gc-b", data={"parent": "gc-a", "description": "moved"})

    assert (said["action"], said["id"]) == ("updateGroupCategory", "gc-b")
    shown = said["data"]["groupCategories"]
    assert (shown["parent"], shown["description"], shown["name"]) == ("gc-a", "moved", "Category gc-b")


def test_a_deleted_category_is_an_object(old: Api) -> None:
    shown = make(old, "gc-a")

    said = old.made("DELETE", "/groups/categories/gc-a")

    assert said == {
        "action": "deleteGroupCategory",
        "id": "gc-a",
        "result": "success",
        "data": {"groupCategories": shown},
    }


def test_a_category_that_holds_a_group_cannot_be_deleted(old: Api, new: Api) -> None:
    make(old, "gc-a")
    old.made("PUT", "/groups", json={"id": "g-1", "displayName": "Group 1", "category": "gc-a"})

    assert "group 'g-1'" in old.refused(500, "DELETE", "/groups/categories/gc-a")["errorDetails"]
    assert "group 'g-1'" in new.refused(409, "DELETE", "/groups/categories/gc-a")["errorDetails"]


@pytest.mark.parametrize("category", ["GroupRoot", "SystemGroups"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_the_systems_categories_stay(old: Api, new: Api, method: str, category: str) -> None:
    more = {"json": {"name": "Mine now"}} if method == "POST" else {}

    old.refused(500, method, f"/groups/categories/{category}", **more)
    assert category in new.refused(409, method, f"/groups/categories/{category}", **more)["errorDetails"]


def test_nobody_makes_a_category_of_the_system(new: Api) -> None:
    said = new.made("PUT", "/groups/categories", json={"id": "gc-a", "name": "Apps", "system": True})

    assert said["data"]["groupCategories"]["system"] is False


def test_a_category_cannot_move_into_itself(new: Api) -> None:
    make(new, "gc-a")
    make(new, "gc-b", parent="gc-a")

    assert "'gc-b'" in new.refused(400, "POST", "/groups/categories/gc-a", json={"parent": "gc-b"})["errorDetails"]


def test_a_taken_id_is_refused(old: Api, new: Api) -> None:
    make(old, "gc-a")
    asked = {"id": "gc-a", "name": "Apps"}

    assert old.refused(500, "PUT", "/groups/categories", json=asked)["errorDetails"] == (
        "Cannot create a new Group category with id 'gc-a' already exists"
    )
    assert "'gc-a' already exists" in new.refused(409, "PUT", "/groups/categories", json=asked)["errorDetails"]


def test_a_stale_revision_is_refused(new: Api) -> None:
    make(new, "gc-a")
    new.made("POST", "/groups/categories/gc-a", json={"name": "Renamed"}, headers={"If-Match": '"1"'})

    new.refused(412, "POST", "/groups/categories/gc-a", json={"name": "Again"}, headers={"If-Match": '"1"'})


def test_a_category_has_a_history(new: Api) -> None:
    make(new, "gc-a")

    (entry,) = new.made("GET", "/groups/categories/gc-a/history")["data"]["history"]

    assert entry["type"] == "NodeGroupCategoryAdded"


def test_another_tenant_sees_no_category(server: Server, new: Api) -> None:
    make(new, "gc-a")
    stranger = server.account("stranger", tenant="public")

    assert new("GET", "/groups/categories/gc-a", token=stranger)[0] == 404
    assert "gc-a" not in str(new("GET", "/groups/tree", token=stranger)[1])
