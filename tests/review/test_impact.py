"""What a change request would make of nodes' policies is exactly the difference of their bundles."""

from tests.resources.fleet_samples import directive, node_token, policy, rule
from tests.review.cast import Cast


def test_the_impact_of_a_request_is_the_difference_of_the_bundles(cast: Cast) -> None:
    server = cast.server
    tokens = {name: node_token(server, name) for name in ("n-1", "n-2")}
    directive(server, "d-a", "/etc/a")
    group = {"id": "g-1", "displayName": "First", "dynamic": False, "nodeIds": ["n-1"]}
    assert server.put("/api/25/groups", json=group).status_code == 200
    rule(server, "r-1", "d-a", targets=("group:g-1",))
    before = {name: policy(server, name, token)["statement"]["bundle"] for name, token in tokens.items()}
    anna, carol = cast.person("anna"), cast.person("carol")
    cast.switch_on()
    number = anna.asks("POST", "/groups/g-1", json={"nodeIds": ["n-2"]})

    impact = anna.ok("GET", f"/changeRequests/{number}/impact")["data"]
    foreseen = impact["policies"]
    on_one = anna.ok("GET", f"/changeRequests/{number}/impact/nodes/n-2")["data"]
    assert on_one == next(node for node in foreseen["nodes"] if node["id"] == "n-2")
    assert impact["groups"]["g-1"] == {"before": 1, "after": 1}
    gone = anna.refused(404, "GET", f"/changeRequests/{number}/impact/nodes/none")["errorDetails"]
    assert gone == "Node 'none' was not found; GET /nodes and GET /nodes/pending list those that exist"
    carol.approve(number)
    assert carol.deploy(number).status_code == 200
    assert anna.ok("GET", f"/changeRequests/{number}/impact")["data"] == impact
    after = {name: policy(server, name, token)["statement"]["bundle"] for name, token in tokens.items()}

    assert {node["id"]: (node["before"], node["after"]) for node in foreseen["nodes"]} == {
        name: (before[name], after[name]) for name in ("n-1", "n-2")
    }
    assert [[one["action"] for one in node["changes"]] for node in foreseen["nodes"]] == [["removed"], ["added"]]
