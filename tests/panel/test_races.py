"""Many calls at once: nothing is lost, nothing is there twice, and limits hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.installations import Server
from tests.panel.calls import NODE, Dashboard, deployment

Said = tuple[int, str]
REFUSALS = {"instance_capacity_check": "Node", "instance_port_check": "Port 25611 is already in use on this node"}


@pytest.fixture
def panel(server: Server) -> Dashboard:
    """Give a dashboard."""
    return Dashboard(server, server.token)


def at_once(number: int, call: Callable[[int], Any]) -> list[Said]:
    """Make so many calls in parallel; gives the status and the refusal of each, sorted."""

    def said(one: int) -> Said:
        answer = call(one)
        return answer.status_code, answer.json.get("error", "")

    with ThreadPoolExecutor(number) as pool:
        return sorted(pool.map(said, range(number)))


def test_16_parallel_creates_of_nodes_users_and_instances_are_all_there(server: Server, panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()

    def make(number: int) -> Any:
        name = f"n{number}"
        person = {"username": name, "email": f"{name}@example.com", "password": "x"}
        made = panel.post("/api/nodes/create", {**NODE, "name": name})
        assert made.status_code == 201
        assert panel.post("/api/auth/create-user", person).status_code == 201
        return panel.post("/api/instances/deploy", deployment(node, user))

    assert at_once(16, make) == [(201, "")] * 16

    assert len({one["id"] for one in panel.get("/api/nodes")}) == 17
    assert len({one["userId"] for one in panel.get("/api/users")}) == 17
    assert len({one["Id"] for one in panel.get("/api/instances")}) == 16
    events = server.get("/api/events?limit=1000").json["data"]["events"]
    types = [one["type"] for one in events]
    assert (types.count("NodeAdded"), types.count("InstanceAdded")) == (17, 16)


def test_one_username_is_given_once(panel: Dashboard) -> None:
    bodies = [{"username": "bob", "email": f"bob-{number}@example.com", "password": "x"} for number in range(8)]

    answers = at_once(8, lambda number: panel.post("/api/auth/create-user", bodies[number]))

    assert answers == [(201, ""), *[(409, "User already exists")] * 7]
    assert [one["username"] for one in panel.get("/api/users")] == ["bob"]


def test_an_instance_is_deleted_once_and_never_comes_back(panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()
    first, second = panel.instance(node, user)["Id"], panel.instance(node, user)["Id"]

    assert at_once(2, lambda _: panel.delete("/api/instance/delete", {"id": first})) == [
        (201, ""),
        (400, "Instance not found"),
    ]
    raced = at_once(
        2,
        lambda number: (
            panel.delete("/api/instance/delete", {"id": second})
            if number == 0
            else panel.post(f"/api/instances/suspend/{second}", {})
        ),
    )

    assert raced in ([(200, ""), (201, "")], [(201, ""), (400, "Instance not found")])
    assert panel.get("/api/instances") == []


@pytest.mark.parametrize(
    ("setting", "value", "changed", "most"),
    [
        ("instance_capacity_check", "refuse", {"memory": 1500}, 2),
        ("instance_capacity_check", "refuse", {"cpu": "1.5"}, 2),
        ("instance_port_check", "refuse", {}, 1),
        ("instance_limit_per_user", 3, {}, 3),
        ("instance_memory_limit_per_user", 2048, {}, 2),
        ("instance_cpu_limit_per_user", 1, {}, 1),
    ],
)
def test_deployments_that_together_exceed_a_limit_are_refused(
    server: Server, panel: Dashboard, setting: str, value: Any, changed: dict[str, Any], most: int
) -> None:
    node, user = panel.node(), panel.user()
    body = {**deployment(node, user), **changed}
    if setting.endswith("_check"):
        for _ in range(most + 1):
            warned = panel.post("/api/instances/deploy", body)
            assert warned.status_code == 201
        assert len(warned.json["warnings"]) >= 1
        for one in panel.get("/api/instances"):
            assert panel.delete("/api/instance/delete", {"id": one["Id"]}).status_code == 201
    assert server.post(f"/api/settings/{setting}", json={"value": value}).status_code == 200

    answers = at_once(most + 3, lambda _: panel.post("/api/instances/deploy", body))

    assert answers[:most] == [(201, "")] * most
    assert [status for status, _ in answers[most:]] == [400] * 3
    refusal = REFUSALS.get(setting, "User")
    assert all(said.startswith(refusal) for _, said in answers[most:]), answers
    assert len(panel.get("/api/instances")) == most
