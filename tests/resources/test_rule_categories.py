"""Rule categories and the rule tree, typed from the contract (expectations 19 to 21 are in tests/contract)."""

import pytest

from tests.installations import Server
from tests.resources.asking import Api, Json, only

ROOT = "rootRuleCategory"


@pytest.fixture
def old(server: Server) -> Api:
    return Api(server, 24)


@pytest.fixture
def new(server: Server) -> Api:
    return Api(server, 25)


def make(api: Api, category: str, **more: str) -> Json:
    said = api.made("PUT", "/rules/categories", json={"id": category, "name": f"Category {category}", **more})
    shown: Json = said["data"]["ruleCategories"]
    return shown


def test_a_category_shows_the_ids_of_what_is_in_it(old: Api) -> None:
    make(old, "rc-a")
    make(old, "rc-b", parent="rc-a")
    old.made("PUT", "/rules", json={"id": "r-1", "displayName": "Rule 1", "categoryId": "rc-a"})

    assert old.made("GET", "/rules/categories/rc-a") == {
        "action": "getRuleCategoryDetails",
        "id": "rc-a",
        "result": "success",
        "data": {
            "ruleCategories": {
                "id": "rc-a",
                "name": "Category rc-a",
                "description": "",
                "parent": ROOT,
                "categories": ["rc-b"],
                "rules": ["r-1"],
            }
        },
    }


def test_the_keys_are_in_order(old: Api) -> None:
    assert list(make(old, "rc-a")) == ["id", "name", "description", "parent", "categories", "rules"]


def test_25_shows_the_revision_too(new: Api) -> None:
    shown = make(new, "rc-a")

    assert shown["revision"] == 1
    assert shown.keys() == {
        *("id", "name", "description", "parent", "categories", "rules", "revision", "createdAt", "updatedAt"),
    }


def test_the_tree_has_whole_rules_with_their_status(old: Api) -> None:
    make(old, "rc-a")
    old.made("PUT", "/rules", json={"id": "r-1", "displayName": "Rule 1", "category": "rc-a", "enabled": False})
    rule = only(old.made("GET", "/rules/r-1"), "rules")

    said = old.made("GET", "/rules/tree")

    (branch,) = said["data"]["ruleCategories"]["categories"]
    assert said["id"] == ROOT
    assert branch["rules"] == [rule]
    assert list(branch["rules"][0]) == list(rule)
    assert branch["rules"][0]["status"]["value"] == "Disabled"


def test_the_tree_of_25_has_rules_as_25_shows_them(new: Api) -> None:
    new.made("PUT", "/rules", json={"id": "r-1", "displayName": "Rule 1"})

    said = new.made("GET", "/rules/tree")

    assert said["id"] == ROOT
    assert said["data"]["ruleCategories"]["rules"] == [only(new.made("GET", "/rules/r-1"), "rules")]


def test_who_has_the_tree_gets_304_until_something_changes(server: Server, new: Api) -> None:
    etag = server.get("/api/25/rules/tree").headers["ETag"]

    same = server.get("/api/25/rules/tree", headers={"If-None-Match": etag})
    make(new, "rc-a")
    changed = server.get("/api/25/rules/tree", headers={"If-None-Match": etag})

    assert (same.status_code, changed.status_code) == (304, 200)


def test_the_tag_of_a_category_changes_with_its_contents(server: Server, new: Api) -> None:
    etag = server.get(f"/api/25/rules/categories/{ROOT}").headers["ETag"]
    make(new, "rc-a")

    answer = server.get(f"/api/25/rules/categories/{ROOT}", headers={"If-None-Match": etag})

    assert (answer.status_code, etag.startswith('"1-')) == (200, True)


@pytest.mark.parametrize("version", [2, 5])
def test_up_to_5_tree_is_the_id_of_a_rule(server: Server, version: int) -> None:
    said = Api(server, version).refused(500, "GET", "/rules/tree")

    assert said["errorDetails"] == "Rule with id 'tree' was not found"


@pytest.mark.parametrize("version", [2, 5])
def test_categories_exist_from_6_on(server: Server, version: int) -> None:
    assert Api(server, version)("GET", f"/rules/categories/{ROOT}")[0] == 404
    assert Api(server, 6)("GET", f"/rules/categories/{ROOT}")[0] == 200


def test_a_deleted_category_is_shown_in_its_odd_container(old: Api) -> None:
    shown = make(old, "rc-a")

    assert old.made("DELETE", "/rules/categories/rc-a") == {
        "action": "deleteRuleCategory",
        "id": "rc-a",
        "result": "success",
        "data": {"rulesCategories": [{"ruleCategories": shown}]},
    }
    old.refused(500, "GET", "/rules/categories/rc-a")


def test_the_root_cannot_be_deleted(old: Api, new: Api) -> None:
    said = old.refused(500, "DELETE", f"/rules/categories/{ROOT}")
    text = new.refused(409, "DELETE", f"/rules/categories/{ROOT}")["errorDetails"]

    assert "id" not in said
    assert "the root category cannot be deleted" in said["errorDetails"]
    assert ROOT in text


def test_a_category_that_holds_something_cannot_be_deleted(old: Api, new: Api) -> None:
    make(old, "rc-a")
    make(old, "rc-b", parent="rc-a")
    old.made("PUT", "/rules", json={"id": "r-1", "displayName": "Rule 1", "category": "rc-a"})

    for api, status in ((old, 500), (new, 409)):
        text = api.refused(status, "DELETE", "/rules/categories/rc-a")["errorDetails"]
        assert "rule category 'rc-b'" in text
        assert "rule 'r-1'" in text


def test_a_missing_parent_is_named(old: Api, new: Api) -> None:
    asked = {"name": "Lost", "parent": "rc-none"}

    assert "'rc-none' not found" in old.refused(500, "PUT", "/rules/categories", json=asked)["errorDetails"]
    assert list(new.refused(400, "PUT", "/rules/categories", json=asked)["errors"]) == ["parent"]


@pytest.mark.parametrize("parent", ["rc-a", "rc-b", "rc-c"])
def test_a_category_cannot_move_into_itself(new: Api, parent: str) -> None:
    make(new, "rc-a")
    make(new, "rc-b", parent="rc-a")
    make(new, "rc-c", parent="rc-b")

    said = new.refused(400, "POST", "/rules/categories/rc-a", json={"parent": parent})

    assert "choose a parent outside it" in said["errorDetails"]
    assert new.made("GET", "/rules/categories/rc-a")["data"]["ruleCategories"]["parent"] == ROOT


def test_the_root_cannot_move(new: Api) -> None:
    make(new, "rc-a")

    new.refused(400, "POST", f"/rules/categories/{ROOT}", json={"parent": "rc-a"})


def test_the_root_can_be_renamed(new: Api) -> None:
    said = new.made("POST", f"/rules/categories/{ROOT}", json={"name": "Our rules"})

    assert said["data"]["ruleCategories"]["name"] == "Our rules"


def test_a_tree_has_at_most_30_levels(new: Api) -> None:
    for level in range(1, 30):
        make(new, f"rc-{level}", **({"parent": f"rc-{level - 1}"} if level > 1 else {}))
    make(new, "rc-x")
    make(new, "rc-y", parent="rc-x")

    assert (
        "30 levels"
        in new.refused(400, "PUT", "/rules/categories", json={"name": "Too deep", "parent": "rc-29"})["errorDetails"]
    )
    new.refused(400, "POST", "/rules/categories/rc-x", json={"parent": "rc-28"})
    new.made("POST", "/rules/categories/rc-x", json={"parent": "rc-27"})
    assert new("GET", "/rules/tree")[0] == 200


@pytest.mark.parametrize("name", ["", "ab"])
def test_a_short_name_is_refused(old: Api, new: Api, name: str) -> None:
    make(old, "rc-a")
    text = (
        "Could not update Rule category 'rc-a'; cause was: Unexpected: "
        f"(Rule category name '{name}' must at least have a 3 character size)"
    )

    assert old.refused(500, "POST", "/rules/categories/rc-a", json={"name": name})["errorDetails"] == text
    assert list(new.refused(400, "POST", "/rules/categories/rc-a", json={"name": name})["errors"]) == ["name"]


def test_a_name_of_three_characters_is_enough(old: Api) -> None:
    old.made("PUT", "/rules/categories", json={"name": "abc"})


def test_a_name_is_required(old: Api, new: Api) -> None:
    assert "name is not defined" in old.refused(500, "PUT", "/rules/categories", json={})["errorDetails"]
    assert list(new.refused(400, "PUT", "/rules/categories", json={})["errors"]) == ["name"]


def test_parent_may_be_spelled_with_a_capital(old: Api) -> None:
    make(old, "rc-a")

    assert make(old, "rc-b", Parent="rc-a")["parent"] == "rc-a"


def test_a_missing_category_is_404_from_25_on(old: Api, new: Api) -> None:
    for method in ("GET", "DELETE"):
        assert "'rc-none'" in old.refused(500, method, "/rules/categories/rc-none")["errorDetails"]
        assert "'rc-none'" in new.refused(404, method, "/rules/categories/rc-none")["errorDetails"]


def test_a_category_has_a_history_and_a_past(new: Api) -> None:
    make(new, "rc-a")
    new.made("POST", "/rules/categories/rc-a", json={"name": "Renamed"})

    entries = new.made("GET", "/rules/categories/rc-a/history")["data"]["history"]

    assert [entry["type"] for entry in entries] == ["RuleCategoryModified", "RuleCategoryAdded"]
    past = new.made("GET", f"/rules/categories/rc-a?at=seq:{entries[1]['seq']}")["data"]["ruleCategories"]
    assert past == {"id": "rc-a", "name": "Category rc-a", "description": "", "parent": ROOT}


def test_another_tenant_sees_no_category(server: Server, new: Api) -> None:
    make(new, "rc-a")
    stranger = server.account("stranger", tenant="public")

    assert new("GET", "/rules/categories/rc-a", token=stranger)[0] == 404
    assert "rc-a" not in str(new("GET", "/rules/tree", token=stranger)[1])
