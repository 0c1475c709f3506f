"""Reviews and the fleet: what a change reaches is what its queries find, before it and after it."""

from typing import Any

from app.changes.change import Edit
from tests.review.cast import Cast


def having(value: str) -> dict[str, Any]:
    line = {
        "objectType": "serializedNodeProperty",
        "attribute": "name.value",
        "comparator": "eq",
        "value": f"stage={value}",
    }
    return {"select": "node", "composition": "and", "where": [line]}


def node(name: str, stage: str) -> dict[str, Any]:
    properties = [{"name": "stage", "value": stage}]
    system = {"type": "Linux", "name": "Debian"}
    return {"id": name, "hostname": name, "status": "accepted", "os": system, "properties": properties}


def test_a_query_rewritten_to_catch_production_waits_for_productions_policy(cast: Cast) -> None:
    anna, carol = cast.person("anna"), cast.person("carol")
    cast.team("security", carol)
    cast.ci.ok("PUT", "/nodes", json=[node("n1", "production"), node("n2", "production"), node("n9", "lab")])
    cast.system(
        Edit("group", "prod", "create", {"displayName": "Production", "query": having("production")}),
        Edit("group", "web", "create", {"displayName": "Web", "query": having("lab")}),
        Edit("rule", "r1", "create", {"displayName": "Rule one", "targets": ["group:web"]}),
    )
    cast.policy("prod", match={"groupsAny": ["prod"]}, require=[{"team": "security", "min": 1}])
    anna.ok("POST", "/groups/web", json={"description": "Machines of the lab"})
    anna.ok("POST", "/rules/r1", json={"longDescription": "For the lab"})

    number = anna.asks("POST", "/groups/web", json={"query": having("production")})

    assert anna.request(number)["gate"]["missing"][0]["because"] == "prod"
    impact = anna.ok("GET", f"/changeRequests/{number}/impact")["data"]
    assert (impact["before"], impact["after"], impact["rules"]) == (["n9"], ["n1", "n2"], ["r1"])
    assert anna.ok("GET", "/groups/web")["data"]["groups"][0]["nodeIds"] == ["n9"]
    assert carol.approve(number).status_code == 200
    assert carol.deploy(number).status_code == 200
    assert anna.ok("GET", "/groups/web")["data"]["groups"][0]["nodeIds"] == ["n1", "n2"]
    anna.asks("POST", "/rules/r1", json={"longDescription": "For production now"})
