"""The panel's calls: what real dashboards send and need (contract/panel.md)."""

from typing import Any

import pytest

from tests.installations import Server, found_tenant
from tests.panel.calls import NODE, Dashboard, deployment
from tests.review.cast import Cast

CALLS = [
    ("GET", "/api/users"),
    ("POST", "/api/getUser"),
    ("POST", "/api/auth/create-user"),
    ("GET", "/api/instances"),
    ("POST", "/api/instances/deploy"),
    ("DELETE", "/api/instance/delete"),
    ("POST", "/api/getUserInstance"),
    ("POST", "/api/getInstance"),
    ("POST", "/api/instances/suspend/abc"),
    ("POST", "/api/instances/unsuspend/abc"),
    ("GET", "/api/images"),
    ("GET", "/api/nodes"),
    ("POST", "/api/nodes/create"),
    ("DELETE", "/api/nodes/delete"),
]
SNOWFLAKE = "214748364700000001"


@pytest.fixture
def panel(server: Server) -> Dashboard:
    """Give a dashboard."""
    return Dashboard(server, server.token)


def told(server: Server, node: str) -> Any:
    """Name the instances that a node is told to host."""
    return server.get(f"/api/nodes/{node}/policy").json["data"]["policy"]["bundle"]["hosting"]["instances"]


def refused(answer: Any, status: int, text: str) -> None:
    assert (answer.status_code, answer.json["error"]) == (status, text), answer.text


def test_without_a_good_key_nothing_is_answered_whatever_the_body(server: Server) -> None:
    client = server.client
    for method, path in CALLS:
        for body in (b"", b"{", b'{"a":1}'):
            bare = client.open(path, method=method, data=body, content_type="application/json")
            assert bare.status_code == 401
            assert "error" in bare.json
            empty = client.open(path, method=method, data=body, headers={"x-api-key": ""})
            refused(empty, 401, "API key is required")
        assert client.open(f"{path}?key={server.token}&x-api-key={server.token}", method=method).status_code == 401
    refused(client.get("/api/users", headers={"x-api-key": "stpwrong"}), 401, "Invalid Key")
    for dead in (server.account("gone", enabled=False), server.account("late", expires=1)):
        refused(client.get("/api/users", headers={"x-api-key": dead}), 401, "Invalid Key")
    shared = client.get("/api/nodes").json
    assert shared["result"] == "error"
    assert shared["error"] == shared["errorDetails"]


def test_the_key_decides_which_dialect_answers_a_shared_path(server: Server, panel: Dashboard) -> None:
    assert panel.get("/api/nodes") == []
    native = server.get("/api/nodes").json
    assert native["action"] == "listAcceptedNodes"
    assert server.client.get("/api/25/nodes", headers={"x-api-key": panel.key}).json["action"] == "listAcceptedNodes"
    assert (
        server.client.get("/rudder/api/nodes", headers={"x-api-key": panel.key}).json["action"] == "listAcceptedNodes"
    )
    other = server.account("other", tenant="public")
    both = server.client.get("/api/nodes", headers={"x-api-key": panel.key, "X-API-Token": other})
    refused(both, 400, "The credentials of this request name different tenants; send those of one")


def test_paths_methods_and_bodies_that_are_wrong(server: Server, panel: Dashboard) -> None:
    assert server.client.get("/").status_code == 200
    for path, leads_to in (("/login", "/console/login"), ("/instance/ab12", "/console/objects/instance/ab12")):
        linked = server.client.get(path)
        assert (linked.status_code, linked.headers["Location"]) == (303, leads_to)
    assert server.client.post("/login").status_code == 400
    refused(panel.call("GET", "/api/nothing"), 404, "Not found")
    wrong = panel.call("PUT", "/api/nodes/create", {})
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert panel.call("GET", "/api/instances/suspend/abc").status_code == 405
    for content in (b"{", b"[]", b"1", b'{"a":1,"a":2}', b"\xff"):
        answer = panel.call("POST", "/api/getUser", data=content, headers={"Content-Type": "application/json"})
        refused(answer, 400, "Invalid JSON")
    large = panel.call("POST", "/api/getUser", data=b" " * 2_000_000, headers={"Content-Type": "application/json"})
    assert large.status_code == 413
    assert "error" in large.json
    assert panel.call("GET", "/api/name").json == {"name": "Sternpost"}


def test_users_are_made_once_and_found(panel: Dashboard) -> None:
    body = {"username": "Alice", "email": "Alice@example.com", "password": "x", "userId": SNOWFLAKE}

    made = panel.post("/api/auth/create-user", body)
    assert (made.status_code, made.json) == (
        201,
        {"userId": SNOWFLAKE, "email": "Alice@example.com", "username": "Alice", "admin": False},
    )
    for other in (
        {"username": "alice", "email": "b@example.com"},
        {"username": "bob", "email": "alice@EXAMPLE.com"},
        {"username": "bob", "email": "b@example.com", "userId": SNOWFLAKE},
    ):
        refused(panel.post("/api/auth/create-user", {"password": "x", **other}), 409, "User already exists")
    for kind, value in (("email", "alice@example.com"), ("username", "Alice")):
        found = panel.post("/api/getUser", {"type": kind, "value": value, "discordserver": 1})
        assert (found.status_code, found.json["userId"], found.json["verified"]) == (201, SNOWFLAKE, False)
    refused(panel.post("/api/getUser", {"type": "email"}), 400, "Type and value are required")
    refused(
        panel.post("/api/getUser", {"type": "id", "value": "1"}),
        400,
        'Invalid search type. Use "email" or "username".',
    )
    refused(panel.post("/api/getUser", {"type": "email", "value": "nobody@example.com"}), 400, "User not found")
    refused(panel.post("/api/getUser", {"type": "email", "value": ["a"]}), 400, "User not found")
    assert [one["username"] for one in panel.get("/api/users")] == ["Alice"]
    form = panel.call("POST", "/api/getUser", data={"type": "username", "value": "alice"})
    assert form.status_code == 201


def test_bad_users_are_refused_and_nothing_is_stored(server: Server, panel: Dashboard) -> None:
    good = {"username": "bob", "email": "bob@example.com", "password": "x"}
    for changed, text in (
        ({"username": None}, "Username and password are required"),
        ({"password": ""}, "Username and password are required"),
        ({"email": ""}, "Email is required"),
        ({"email": "not-an-email"}, "Invalid email"),
        ({"userId": 7}, "Invalid userId"),
        ({"userId": "a b"}, "Invalid userId"),
        ({"username": {"$ne": 1}}, "Invalid username"),
        ({"password": ["x"]}, "Invalid password"),
        ({"password": "x" * 129}, "Invalid password"),
        ({"admin": "perhaps"}, "Invalid admin"),
        ({"admin": 1.5}, "Invalid admin"),
    ):
        refused(panel.post("/api/auth/create-user", {**good, **changed}), 400, text)
    assert panel.get("/api/users") == []

    weak = Dashboard(
        server, server.account("weak", authorization="acl", acl=[{"path": "auth/create-user", "actions": ["post"]}])
    )
    assert weak.post("/api/auth/create-user", {**good, "admin": True}).status_code == 403
    assert panel.post("/api/auth/create-user", {**good, "admin": True}).json["admin"] is True
    reader = Dashboard(server, server.account("reader", authorization="ro"))
    assert reader.post("/api/getUser", {"type": "username", "value": "bob"}).status_code == 201
    assert reader.post("/api/auth/create-user", good).status_code == 403


def test_nodes_are_the_same_nodes_everywhere(server: Server, panel: Dashboard) -> None:
    made = panel.post("/api/nodes/create", NODE)

    assert made.status_code == 201
    shown = dict(made.json)
    assert shown.pop("Message") == shown
    assert {name: shown[name] for name in NODE} == {**NODE, "disk": "100", "port": "3001"}
    assert shown["status"] == "Unconfigured"
    assert panel.get("/api/nodes") == [shown]
    native = server.get(f"/api/nodes/{shown['id']}").json["data"]["nodes"][0]
    assert (native["hostname"], native["status"]) == ("node1.example.com", "accepted")
    found = server.post("/api/nodes/search", json={"filters": {"hostname": ["node1.example.com"]}}).json["data"]
    assert [one["id"] for one in found] == [shown["id"]]
    for changed, text in (
        ({"name": ""}, "Missing parameters"),
        ({"ram": -1}, "Invalid ram"),
        ({"disk": {}}, "Invalid disk"),
        ({"port": "0"}, "Invalid port"),
        ({"port": 70_000}, "Invalid port"),
        ({"address": "evil host/..?"}, "Invalid address"),
        ({"address": "http://node"}, "Invalid address"),
    ):
        refused(panel.post("/api/nodes/create", {**NODE, **changed}), 400, text)
    assert len(panel.get("/api/nodes")) == 1
    for body in ({}, {"nodeId": ""}, {"nodeId": "nothing"}, {"nodeId": "root-x"}):
        refused(panel.delete("/api/nodes/delete", body), 400, "Invalid node")
    panel.instance(shown["id"], panel.user())
    refused(panel.delete("/api/nodes/delete", {"nodeId": shown["id"]}), 400, "There are instances on the node")
    assert len(panel.get("/api/instances")) == 1
    gone = panel.delete("/api/nodes/delete", {"nodeId": shown["id"], "deleteInstances": True})
    assert (gone.status_code, gone.json) == (201, {"Message": "The node has successfully deleted."})
    assert (panel.get("/api/nodes"), panel.get("/api/instances")) == ([], [])


def test_an_instance_is_deployed_suspended_and_deleted(server: Server, panel: Dashboard) -> None:
    node, user = panel.node(), panel.user(userId=SNOWFLAKE)
    head = len(server.get("/api/events?limit=1000").json["data"]["events"])

    made = panel.instance(node, user)

    assert made["message"] == "DEPLOYMENT COMPLETE"
    assert (made["containerId"], made["volumeId"], made["VolumeId"]) == (None, made["Id"], made["Id"])
    assert (made["Memory"], made["Cpu"], made["Disk"], made["User"]) == (1024, 1, 0, SNOWFLAKE)
    assert (made["Ports"], made["Primary"], made["suspended"]) == ("25611:25611", "25611:25611", False)
    assert made["Node"] == panel.get("/api/nodes")[0]
    assert made["imageData"] == next(one for one in panel.get("/api/images") if one["Name"] == "nginx")
    shown = {name: value for name, value in made.items() if name not in ("message", "containerId", "volumeId")}
    assert panel.get("/api/instances") == [shown]
    assert panel.post("/api/getInstance", {"id": made["Id"]}).json == shown
    assert panel.post("/api/getUserInstance", {"userId": user, "discordserver": "x"}).json == [shown]
    bundle = server.get(f"/api/nodes/{node}/policy").json["data"]["policy"]["bundle"]
    assert bundle["hosting"]["instances"] == [made["Id"]]

    for path in (f"/api/instances/suspend/{made['Id']}", "/api/instances/suspend"):
        suspended = panel.post(path, {"id": made["Id"]})
        assert (suspended.status_code, suspended.json["suspended"]) == (200, True)
    assert panel.get("/api/instances")[0]["suspended"] is True
    assert panel.post("/api/getUserInstance", {"userId": user}).json[0]["suspended"] is True
    refused(panel.post(f"/api/instances/suspend/{made['Id']}", {"id": "other"}), 400, "Ids differ")
    refused(panel.post("/api/instances/suspend", {}), 400, 'Parameter "id" is required')
    for verb in ("suspend", "unsuspend"):
        refused(panel.post(f"/api/instances/{verb}/nothing", {}), 400, "Instance not found")
        refused(panel.post(f"/api/instances/{verb}/{made['Id']}", {"id": 7}), 400, "Invalid id")
    assert panel.post(f"/api/instances/unsuspend/{made['Id']}", {}).json["suspended"] is False

    events = server.get("/api/events?limit=1000").json["data"]["events"]
    ours = [one["type"] for one in events if one["type"].startswith("Instance")]
    assert ours == ["InstanceModified", "InstanceModified", "InstanceAdded"]
    assert len(events) == head + 3
    assert {one["actor"]["handle"] for one in events[:3]} == {"ci"}
    assert len({one["commit"] for one in events[:3]}) == 3
    for body in ({}, {"id": ""}, {"id": None}):
        refused(panel.delete("/api/instance/delete", body), 400, "Missing ID parameter")
    refused(panel.delete("/api/instance/delete", {"id": 7}), 400, "Invalid id")
    gone = panel.delete("/api/instance/delete", {"id": made["Id"]})
    assert (gone.status_code, gone.json) == (201, {"Message": "The instance has successfully been deleted."})
    refused(panel.delete("/api/instance/delete", {"id": made["Id"]}), 400, "Instance not found")
    refused(panel.post("/api/getInstance", {"id": made["Id"]}), 400, "Instance not found")
    assert panel.get("/api/instances") == []
    assert panel.post("/api/getUserInstance", {"userId": user}).json == []
    refused(panel.post("/api/getUserInstance", {"userId": "nobody"}), 400, "User not found")
    refused(panel.post("/api/getUserInstance", {}), 400, 'Parameter "userId" is required')
    refused(panel.post("/api/getInstance", {}), 400, 'Parameter "id" is required')


def test_what_a_deployment_may_look_like(panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()
    body = deployment(node, user)
    good: list[dict[str, Any]] = [
        {"memory": "2048", "cpu": "0.5"},
        {"imagename": None},
        {"ports": 25565, "primary": 25565},
        {"ports": "1:2,3:4", "primary": "3"},
        {"variables": {"NGINX_ENTRYPOINT_QUIET_LOGS": 1}},
        {"variables": '{"NGINX_ENTRYPOINT_QUIET_LOGS": "1"}'},
    ]
    for changed in good:
        made = panel.instance(node, user, **changed)
        assert isinstance(made["Memory"], int | float)
        assert isinstance(made["Cpu"], int | float)
    for name in ("image", "memory", "cpu", "ports", "nodeId", "name", "user", "primary"):
        absent = {one: value for one, value in body.items() if one != name}
        refused(panel.post("/api/instances/deploy", absent), 400, "Missing parameters")
        for value in (None, ""):
            refused(panel.post("/api/instances/deploy", {**body, name: value}), 400, "Missing parameters")
    bad: list[tuple[dict[str, Any], str]] = [
        ({"nodeId": "nowhere"}, "Invalid node"),
        ({"nodeId": 7}, "Invalid node"),
        ({"user": "nobody"}, "User not found"),
        ({"image": "nothing"}, "Invalid image"),
        ({"imagename": "nothing"}, "Invalid image"),
        ({"memory": "-5"}, "Invalid memory"),
        ({"memory": "abc"}, "Invalid memory"),
        ({"memory": 0}, "Invalid memory"),
        ({"cpu": "abc"}, "Invalid cpu"),
        ({"cpu": [1]}, "Invalid cpu"),
        ({"ports": "not-a-port"}, "Invalid ports"),
        ({"ports": "0:1"}, "Invalid ports"),
        ({"ports": "70000:1"}, "Invalid ports"),
        ({"primary": "1:1"}, "Invalid primary"),
        ({"primary": {}}, "Invalid primary"),
        ({"ports": ["1:1"]}, "Invalid ports"),
        ({"memory": True}, "Invalid memory"),
        ({"memory": 1.5}, "Invalid memory"),
        ({"disk": "-1"}, "Invalid disk"),
        ({"name": 7}, "Invalid name"),
        ({"user": 7}, "Invalid user"),
        ({"image": ["a"]}, "Invalid image"),
        ({"variables": "{"}, "Invalid variables"),
        ({"variables": {"NOPE": "1"}}, "Invalid variables"),
        ({"variables": []}, "Invalid variables"),
    ]
    for changed, text in bad:
        refused(panel.post("/api/instances/deploy", {**body, **changed}), 400, text)
    assert len(panel.get("/api/instances")) == len(good)


def test_no_secret_leaves(server: Server, panel: Dashboard) -> None:
    password = "hunter2hunter2"
    asked = {"username": "alice", "email": "alice@example.com", "password": password}
    created = [panel.post("/api/auth/create-user", asked), panel.post("/api/nodes/create", NODE)]
    user, node = created[0].json["userId"], created[1].json["id"]
    server.post(f"/api/nodes/{node}/token")
    secret = {"variables": {"POSTGRES_PASSWORD": "correct horse"}, "imagename": "PostgreSQL"}
    made = panel.instance(node, user, image="docker.io/library/postgres:17-alpine", **secret)

    assert made["variables"] == {"POSTGRES_PASSWORD": "********"}
    lists = [panel.call("GET", path).text for path in ("/api/users", "/api/nodes", "/api/instances")]
    one = panel.post("/api/getInstance", {"id": made["Id"]}).text
    found = panel.post("/api/getUser", {"type": "username", "value": "alice"}).text
    suspended = panel.post(f"/api/instances/suspend/{made['Id']}", {}).text
    for text in (*lists, *(answer.text for answer in created), one, found, suspended):
        assert password not in text
        for word in ('password"', "resetToken", "verificationToken", "apiKey", "configureKey", "$2b$", "$argon2"):
            assert word not in text
        assert "correct horse" not in text
        assert panel.key not in text


def test_another_tenant_finds_nothing(server: Server, panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()
    made = panel.instance(node, user)
    found_tenant(server.opened, "other")
    stranger = Dashboard(server, server.account("stranger", tenant="other"))
    own_node, own_user = stranger.node(), stranger.user("eve")

    assert [one["userId"] for one in stranger.get("/api/users")] == [own_user]
    assert [one["id"] for one in stranger.get("/api/nodes")] == [own_node]
    assert stranger.get("/api/instances") == []
    for one in (made["Id"], "deadbeef"):
        refused(stranger.post("/api/getInstance", {"id": one}), 400, "Instance not found")
        refused(stranger.delete("/api/instance/delete", {"id": one}), 400, "Instance not found")
        refused(stranger.post(f"/api/instances/suspend/{one}", {}), 400, "Instance not found")
        refused(stranger.post(f"/api/instances/unsuspend/{one}", {}), 400, "Instance not found")
    for one in (user, "nobody"):
        refused(stranger.post("/api/getUserInstance", {"userId": one}), 400, "User not found")
        refused(stranger.post("/api/instances/deploy", deployment(own_node, one)), 400, "User not found")
    for one in (node, "nowhere"):
        refused(stranger.post("/api/instances/deploy", deployment(one, own_user)), 400, "Invalid node")
        refused(stranger.delete("/api/nodes/delete", {"nodeId": one}), 400, "Invalid node")
    refused(stranger.post("/api/getUser", {"type": "username", "value": "alice"}), 400, "User not found")
    assert stranger.user("alice", userId="same-name") == "same-name"
    assert panel.get("/api/instances") == [panel.post("/api/getInstance", {"id": made["Id"]}).json]


def test_a_deployment_that_needs_review_waits_for_it(server: Server, panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()
    rita = Cast(server).person("rita")
    assert server.post("/api/settings/enable_change_request", json={"value": True}).status_code == 200

    answer = panel.post("/api/instances/deploy", deployment(node, user))

    assert answer.status_code == 202, answer.text
    assert answer.json == {"message": "Waiting for review", "changeRequestId": answer.json["changeRequestId"]}
    assert panel.get("/api/instances") == []
    assert told(server, node) == []

    number = int(answer.json["changeRequestId"])
    assert rita.approve(number).status_code == 200
    assert rita.deploy(number).status_code == 200

    (made,) = panel.get("/api/instances")
    assert told(server, node) == [made["Id"]]
    held = panel.post(f"/api/instances/suspend/{made['Id']}", {})
    assert held.status_code == 202
    assert panel.get("/api/instances")[0]["suspended"] is False


def test_a_repeated_request_with_a_key_is_done_once(panel: Dashboard) -> None:
    node, user = panel.node(), panel.user()
    headers = {"Idempotency-Key": "one"}

    first, again = (
        panel.call("POST", "/api/instances/deploy", deployment(node, user), headers=headers) for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["Id"] == again.json["Id"]
    assert len(panel.get("/api/instances")) == 1
