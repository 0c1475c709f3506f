"""Images and instances over the native API: what they hold, what is refused, what nodes are told of them."""

from typing import Any

from tests.installations import Server

OS = {"type": "Linux", "name": "Debian", "version": "12"}
NODE = "3f1c7a52-6a0e-4d0c-9a44-5e1d1b5f0a01"


def make_node(server: Server, node_id: str = NODE, **more: Any) -> None:
    answer = server.put(
        "/api/nodes",
        json=[{"id": node_id, "hostname": f"{node_id[:8]}.example.com", "status": "accepted", "os": OS, **more}],
    )
    assert answer.json["data"]["created"] == [node_id], answer.json


def make_user(server: Server, username: str = "alice") -> str:
    body = {"username": username, "email": f"{username}@example.com", "password": "seven green lanterns hang"}
    answer = server.put("/api/users", json=body)
    assert answer.status_code == 200, answer.json
    return str(answer.json["data"]["users"][0]["id"])


def instance(owner: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "web-1",
        "name": "Web",
        "nodeId": NODE,
        "imageId": "nginx",
        "owner": owner,
        "memory": 512,
        "cpu": 0.5,
        "ports": "8080:80",
        **more,
    }


def policy(server: Server, node_id: str = NODE) -> dict[str, Any]:
    bundle: dict[str, Any] = server.get(f"/api/nodes/{node_id}/policy").json["data"]["policy"]["bundle"]
    return bundle


def test_a_new_tenant_has_the_starter_images(server: Server) -> None:
    shown = server.get("/api/images").json["data"]["images"]

    assert [one["id"] for one in shown] == ["command", "nginx", "postgresql", "redis"]
    assert server.get("/api/images/postgresql").json["data"]["images"][0]["variables"]["POSTGRES_PASSWORD"] == {
        "description": "Password of the superuser",
        "default": None,
        "required": True,
        "secret": True,
        "arguments": False,
        "options": [],
    }


def test_an_instance_lives_from_creation_to_deletion_and_its_node_is_told(server: Server) -> None:
    make_node(server)
    owner = make_user(server)
    assert policy(server)["hosting"]["instances"] == []

    made = server.put("/api/instances", json=instance(owner))
    assert made.status_code == 200, made.json
    shown = made.json["data"]["instances"][0]
    assert (shown["state"], shown.get("stateAt"), shown["suspended"], shown["revision"]) == ("pending", None, False, 1)

    told = policy(server)
    assert told["hosting"]["instances"] == ["web-1"]
    (entry,) = told["directives"]
    assert (entry["directive"], entry["technique"], entry["mode"]) == ("instances", "instanceHosting", "enforce")
    (component,) = entry["components"]
    assert component["values"]["INSTANCE_IMAGE"] == "docker.io/library/nginx:1.27-alpine"
    assert component["values"]["Port"] == [{"PORT_NODE": "8080", "PORT_INSTANCE": "80"}]
    assert component["values"]["INSTANCE_STATE"] == "running"

    suspended = server.post("/api/instances/web-1", json={"suspended": True})
    assert suspended.json["data"]["instances"][0]["suspended"] is True
    assert policy(server)["directives"][0]["components"][0]["values"]["INSTANCE_STATE"] == "suspended"
    refused = server.post("/api/instances/web-1", json={"memory": 1024})
    assert refused.status_code == 409
    assert refused.json["errorDetails"] == (
        "Instance 'web-1' is suspended and stays as it is; send suspended=false first, or with the change"
    )
    assert server.post("/api/instances/web-1", json={"memory": 1024, "suspended": False}).status_code == 200

    found = server.post("/api/instances/search", json={"filters": {"owner": [owner]}, "extend": ["image", "node"]})
    assert found.status_code == 200, found.json
    assert [one["id"] for one in found.json["data"]] == ["web-1"]
    assert found.json["data"][0]["image"]["id"] == "nginx"
    assert found.json["data"][0]["node"]["id"] == NODE
    history = server.get("/api/instances/web-1/history").json["data"]["history"]
    assert [one["type"] for one in history] == ["InstanceModified", "InstanceModified", "InstanceAdded"]

    in_use = server.delete("/api/images/nginx")
    assert in_use.status_code == 409
    assert in_use.json["errorDetails"] == "Image 'nginx' is used by the instances 'web-1'; delete them first"
    kept = server.delete(f"/api/nodes/{NODE}")
    assert kept.status_code == 409
    assert kept.json["errorDetails"] == f"There are instances on node '{NODE}': web-1; delete them first"

    assert server.delete("/api/instances/web-1").status_code == 200
    assert policy(server)["hosting"]["instances"] == []
    assert policy(server)["directives"] == []
    assert server.delete(f"/api/nodes/{NODE}").status_code == 200


BAD: list[tuple[dict[str, Any], str]] = [
    ({"nodeId": "nowhere"}, "nodeId: Node 'nowhere' was not found among the accepted ones; GET /nodes lists them"),
    ({"nodeId": "root"}, "nodeId: Node 'root' was not found among the accepted ones; GET /nodes lists them"),
    ({"imageId": "nothing"}, "imageId: Image 'nothing' was not found; GET /images lists them"),
    ({"owner": "nobody"}, "owner: User 'nobody' was not found; GET /users lists those that exist"),
    ({"cpu": "abc"}, "cpu: must be a number of cores above 0, at most 4096"),
    ({"cpu": 0}, "cpu: must be a number of cores above 0, at most 4096"),
    ({"cpu": True}, "cpu: must be a number of cores above 0, at most 4096"),
    ({"ports": "70000:1"}, "ports: '70000:1' is no mapping; write host:container with ports from 1 to 65535"),
    ({"ports": "80:1,80:2"}, "ports: host port 80 is mapped twice"),
    ({"primary": "81:80"}, "primary: '81:80' is not one of the ports '8080:80'"),
    ({"variables": {"NOPE": "1"}}, "variables/NOPE: is no variable of this image; it has: NGINX_ENTRYPOINT_QUIET_LOGS"),
    ({"id": "../../etc"}, "Instance id '../../etc'"),
    ({"id": "Web"}, "id: 'Web' cannot name a unit of a node; use 1 to 64 of a-z, 0-9 and -"),
]


def test_bad_instances_are_refused_and_nothing_is_stored(server: Server) -> None:
    make_node(server)
    owner = make_user(server)

    for changed, said in BAD:
        answer = server.put("/api/instances", json={**instance(owner), **changed})

        assert answer.status_code == 400, (changed, answer.json)
        assert said in answer.json["errorDetails"]
    assert server.get("/api/instances").json["data"]["instances"] == []


def test_secret_variables_are_tags_everywhere_and_reach_the_node_alone(server: Server) -> None:
    make_node(server)
    owner = make_user(server)
    values = {"POSTGRES_PASSWORD": "correct horse battery"}

    made = server.put("/api/instances", json=instance(owner, id="db", imageId="postgresql", variables=values))

    assert made.status_code == 200, made.json
    tag = made.json["data"]["instances"][0]["variables"]["POSTGRES_PASSWORD"]
    assert tag.keys() == {"$secret"}
    assert policy(server)["directives"][0]["components"][0]["values"]["Variable"][1] == {
        "VARIABLE_NAME": "POSTGRES_PASSWORD",
        "VARIABLE_VALUE": tag,
    }
    for path in ("/api/instances", "/api/instances/db", "/api/events", "/api/instances/db/history"):
        assert "correct horse" not in server.get(path).text
    token = server.post(f"/api/nodes/{NODE}/token").json["data"]["nodes"][0]["token"]
    told = server.get(f"/api/nodes/{NODE}/policy", token=token).json["data"]["policy"]
    assert told["secrets"] == {tag["$secret"]: "correct horse battery"}


def test_placement_and_limits_are_refused_where_the_tenant_wants_it(server: Server) -> None:
    make_node(server, properties=[{"name": "ram", "value": "1000"}, {"name": "processor", "value": "2"}])
    owner = make_user(server)
    for number in (1, 2):
        made = server.put("/api/instances", json=instance(owner, id=f"web-{number}", memory=700))
        assert made.status_code == 200, made.json
    for key, value in (("instance_capacity_check", "refuse"), ("instance_port_check", "refuse")):
        assert server.post(f"/api/settings/{key}", json={"value": value}).status_code == 200

    memory = server.put("/api/instances", json=instance(owner, id="web-3", ports="1"))
    assert memory.json["errorDetails"] == f"Node '{NODE}' has 1000 MiB, of which 1400 are taken; 512 do not fit"
    server.post("/api/settings/instance_capacity_check", json={"value": "warn"})
    port = server.put("/api/instances", json=instance(owner, id="web-3"))
    assert (port.status_code, port.json["errorDetails"]) == (400, "Port 8080 is already in use on this node")
    server.post("/api/settings/instance_limit_per_user", json={"value": 2})
    limit = server.put("/api/instances", json=instance(owner, id="web-3", ports="1"))
    assert limit.json["errorDetails"] == (
        f"User '{owner}' has 2 instances and may have 2; delete one, or raise the limit"
    )


def test_another_tenant_sees_nothing(server: Server) -> None:
    make_node(server)
    owner = make_user(server)
    assert server.put("/api/instances", json=instance(owner)).status_code == 200
    stranger = server.account("stranger", tenant="public")

    assert server.get("/api/instances", token=stranger).json["data"]["instances"] == []
    assert server.get("/api/instances/web-1", token=stranger).status_code == 404


def test_the_technique_that_hosts_instances_is_the_starter_librarys_and_takes_no_directives(server: Server) -> None:
    shown = server.get("/api/techniques/instanceHosting/1.0").json["data"]["techniques"][0]
    assert (shown["system"], shown["source"]) == (True, "starter")

    refused = server.put("/api/directives", json={"displayName": "Mine", "techniqueName": "instanceHosting"})

    assert refused.status_code == 400
    assert refused.json["errorDetails"].startswith("Technique 'instanceHosting:1.0' takes no directives")
    assert server.delete("/api/techniques/instanceHosting/1.0").status_code in (403, 409)
