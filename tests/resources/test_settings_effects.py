"""What settings do now: the policy mode that a rule comes to, wherever it is shown."""

import pytest

from tests.installations import Server
from tests.resources.fleet_samples import node_token


@pytest.fixture
def modes(server: Server) -> Server:
    """Make a rule of a directive of each policy mode, and one without any."""
    for mode in ("audit", "enforce", "default"):
        directive = {"id": f"d-{mode}", "displayName": mode, "techniqueName": "motdConfiguration", "policyMode": mode}
        server.put("/api/25/directives", json=directive)
        server.put("/api/25/rules", json={"id": f"r-{mode}", "displayName": mode, "directives": [f"d-{mode}"]})
    both = ["d-audit", "d-enforce"]
    server.put("/api/25/rules", json={"id": "r-both", "displayName": "Both", "directives": both})
    server.put("/api/25/rules", json={"id": "r-none", "displayName": "None"})
    return server


def shown(server: Server, version: int) -> dict[str, str]:
    rules = server.get(f"/api/{version}/rules").get_json()["data"]["rules"]
    each = {one["id"]: one["policyMode"] for one in rules}
    single = server.get(f"/api/{version}/rules/r-both").get_json()["data"]["rules"][0]
    tree = server.get(f"/api/{version}/rules/tree").get_json()["data"]["ruleCategories"]
    assert single["policyMode"] == each["r-both"]
    assert {one["id"]: one["policyMode"] for one in tree["rules"]} == each
    return each


@pytest.mark.parametrize("version", [24, 25])
def test_a_rule_has_the_mode_of_its_directives_or_the_global_one(modes: Server, version: int) -> None:
    before = shown(modes, version)
    modes.post("/api/24/settings/global_policy_mode", json={"value": "audit"})

    assert before == {
        "r-audit": "audit",
        "r-both": "mixed",
        "r-default": "enforce",
        "r-enforce": "enforce",
        "r-none": "enforce",
    }
    assert shown(modes, version) == {
        "r-audit": "audit",
        "r-both": "mixed",
        "r-default": "audit",
        "r-enforce": "enforce",
        "r-none": "audit",
    }


@pytest.mark.parametrize("version", [24, 25])
def test_a_global_mode_that_cannot_be_overridden_is_every_rules(modes: Server, version: int) -> None:
    modes.post("/api/24/settings", json={"global_policy_mode": "audit", "global_policy_mode_overridable": False})
    fixed = shown(modes, version)
    modes.post("/api/24/settings/global_policy_mode_overridable", json={"value": True})

    assert set(fixed.values()) == {"audit"}
    assert shown(modes, version)["r-both"] == "mixed"


def test_a_client_that_holds_a_rule_is_told_of_its_new_mode(modes: Server) -> None:
    etag = modes.get("/api/25/rules/r-both").headers["ETag"]
    modes.post("/api/25/settings/global_policy_mode_overridable", json={"value": False})

    answer = modes.get("/api/25/rules/r-both", headers={"If-None-Match": etag})

    assert (answer.status_code, answer.get_json()["data"]["rules"][0]["policyMode"]) == (200, "enforce")


def test_what_a_directive_says_itself_stays(modes: Server) -> None:
    modes.post("/api/24/settings/global_policy_mode_overridable", json={"value": False})

    shown_directive = modes.get("/api/24/directives/d-audit").get_json()["data"]["directives"][0]

    assert shown_directive["policyMode"] == "audit"


def test_a_rule_has_the_modes_in_which_its_nodes_run_it(modes: Server) -> None:
    def mode(rule: str) -> str:
        (shown,) = modes.get(f"/api/25/rules/{rule}").get_json()["data"]["rules"]
        return str(shown["policyMode"])

    for node in ("n-1", "n-2"):
        node_token(modes, node)
    group = {"id": "g-1", "displayName": "One", "dynamic": False, "nodeIds": ["n-1", "n-2"]}
    assert modes.put("/api/25/groups", json=group).status_code == 200
    rule = {"id": "r-nodes", "displayName": "Nodes", "directives": ["d-enforce"], "targets": ["group:g-1"]}
    assert modes.put("/api/25/rules", json=rule).status_code == 200
    seen = [mode("r-nodes")]

    for change in ("/nodes/n-1", "/nodes/n-2"):
        assert modes.post(f"/api/25{change}", json={"policyMode": "audit"}).status_code == 200
        seen.append(mode("r-nodes"))
    assert modes.post("/api/25/groups/g-1", json={"nodeIds": []}).status_code == 200
    seen.append(mode("r-nodes"))

    assert seen == ["enforce", "mixed", "audit", "enforce"]
