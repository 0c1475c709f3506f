"""Deleting a node with its instances: one transaction, one commit, and nobody in between."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from app.boot import Installation
from app.changes.change import Outcome
from app.changes.operating import Deed
from app.config import Config
from app.core.errors import ConflictError
from app.store.nodes import Node, lock_node, put_node
from tests.changes.batches import Asked, replayed, rule, submit_together
from tests.installations import Server
from tests.panel.calls import Dashboard, deployment
from tests.review.cast import Cast


@pytest.fixture
def panel(server: Server) -> Dashboard:
    """Give a dashboard."""
    return Dashboard(server, server.token)


def test_a_node_and_its_instances_go_in_one_commit(config: Config, server: Server, panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()
    made = [panel.instance(node, user)["Id"] for _ in range(2)]
    path = f"/api/nodes/delete?nodeId={node}&deleteinstances=true"

    answers = [panel.call("DELETE", path, headers={"Idempotency-Key": "gone"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201], answers[1].text
    assert (panel.get("/api/nodes"), panel.get("/api/instances")) == ([], [])
    last, *gone = server.get("/api/events?limit=3").json["data"]["events"]
    assert (last["type"], last["object"]["id"], last.get("commit")) == ("DeleteNode", node, None)
    assert [one["type"] for one in gone] == ["InstanceDeleted"] * 2
    assert {one["object"]["id"] for one in gone} == set(made)
    assert len({one["commit"] for one in gone}) == 1
    assert replayed(config, server.opened).ids.isdisjoint(made)
    again = panel.delete("/api/nodes/delete", {"nodeId": node, "deleteInstances": True})
    assert (again.status_code, again.json["error"]) == (400, "Invalid node")


def test_rows_of_a_refused_change_set_are_taken_back_and_its_batch_goes_on(
    installation: Installation, panel: Dashboard
) -> None:
    node = panel.node()

    def act(connection: Connection, now: int) -> Deed:
        known = lock_node(connection, "default", node)
        assert known is not None
        put_node(connection, "default", replace(known, state="ignored"), is_new=False, now_ms=now)
        raise ConflictError("not this one")

    def present() -> Node | None:
        with installation.database.connect("default") as connection:
            return lock_node(connection, "default", node)

    before = present()
    answers = submit_together(
        installation.committer, Asked([rule("a")]), Asked([rule("b")], act=act), Asked([rule("c")])
    )

    assert [type(answer) for answer in answers] == [Outcome, ConflictError, Outcome]
    assert present() == before
    assert panel.server.get("/api/rules/b").status_code == 404
    assert panel.server.get("/api/rules/c").status_code == 200


def test_deployments_that_race_the_deletion_of_their_node_leave_none_without_a_node(panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()
    panel.instance(node, user)

    def turn(number: int) -> tuple[int, str]:
        if number == 3:
            answer = panel.delete("/api/nodes/delete", {"nodeId": node, "deleteInstances": True})
        else:
            answer = panel.post("/api/instances/deploy", deployment(node, user))
        return answer.status_code, answer.json.get("error", "")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(turn, range(8)))

    assert answers[3] == (201, "")
    assert set(answers) <= {(201, ""), (400, "Invalid node")}
    assert (panel.get("/api/nodes"), panel.get("/api/instances")) == ([], [])


def test_a_node_whose_instances_may_not_go_yet_stays(server: Server, panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()
    made = panel.instance(node, user)["Id"]
    rita = Cast(server).person("rita")
    assert server.post("/api/settings/enable_change_request", json={"value": True}).status_code == 200
    asked = {"nodeId": node, "deleteInstances": True}

    held = panel.delete("/api/nodes/delete", asked)

    assert (held.status_code, held.json["message"]) == (202, "Waiting for review")
    assert [one["Id"] for one in panel.get("/api/instances")] == [made]
    number = int(held.json["changeRequestId"])
    assert rita.approve(number).status_code == 200
    assert rita.deploy(number).status_code == 200
    assert ([one["id"] for one in panel.get("/api/nodes")], panel.get("/api/instances")) == ([node], [])
    assert panel.delete("/api/nodes/delete", asked).status_code == 201
    assert panel.get("/api/nodes") == []
