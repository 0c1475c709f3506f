"""Nodes, typed from the contract: each test walks a story, in both eras where they differ."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.installations import Server
from tests.resources.asking import Api, Json, make_directives, only, seq

NOT_SENT = "Error when changing Node status; cause was: Node ID or status not correctly sent; cause was: Unexpected: "
UUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
INVENTORY: Json = {
    "id": "web1",
    "hostname": "web1.example.org",
    "os": {"type": "Linux", "name": "Debian", "version": "12", "fullName": "Debian 12"},
    "machine": {"type": "Virtual", "provider": "qemu"},
    "ram": 2048,
    "ipAddresses": ["10.1.2.3"],
    "software": [{"name": "openssl", "version": "1.1"}, {"name": "nginx", "version": "3.0"}],
}


@pytest.fixture
def old(server: Server) -> Api:
    return Api(server, 24)


@pytest.fixture
def new(server: Server) -> Api:
    return Api(server, 25)


def accept(api: Api, node: str = "web1", **more: Any) -> None:
    new = Api(api.server, 25)
    new.made("POST", "/inventories", json={**INVENTORY, "hostname": f"{node}.example.org", **more, "id": node})
    new.made("POST", f"/nodes/pending/{node}", json={"status": "accepted"})


def where(*lines: tuple[str, str, str, str], **more: str) -> str:
    listed = [dict(zip(("objectType", "attribute", "comparator", "value"), line, strict=True)) for line in lines]
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/nodes?include=minimal&where={quote(json.dumps(listed))}{rest}"


def ids(said: Json) -> list[str]:
    return [node["id"] for node in said["data"]["nodes"]]


def test_a_machine_becomes_a_node_and_goes_again(server: Server, old: Api, new: Api) -> None:
    before = seq(server)

    sent = new.made("POST", "/inventories", json=INVENTORY)

    assert (sent["id"], only(sent, "nodes")["status"], seq(server)) == ("web1", "pending", before)
    assert ids(old.made("GET", "/nodes")) == ["root"]
    assert ids(old.made("GET", "/nodes/pending")) == ["web1"]
    assert old.refused(500, "GET", "/nodes/web1")["errorDetails"] == "Node with id 'web1' was not found"
    new.refused(404, "GET", "/nodes/web1")

    settled = old.made("POST", "/nodes/pending", json={"nodeId": ["web1"], "status": "accepted"})

    assert "id" not in settled
    assert list(only(settled, "nodes").items()) == [
        *(("id", "web1"), ("status", "accepted"), ("hostname", "web1.example.org"), ("osName", "Debian")),
        *(("osVersion", "12"), ("machineType", "Virtual")),
    ]
    assert list(only(old.made("GET", "/nodes/web1"), "nodes")) == [
        *("id", "hostname", "status", "state", "os", "ram", "machine", "ipAddresses", "acceptanceDate"),
        *("lastInventoryDate", "policyServerId", "properties", "policyMode"),
    ]
    assert ids(old.made("GET", "/nodes/pending")) == []

    gone = only(old.made("DELETE", "/nodes/web1"), "nodes")

    assert (gone["id"], gone["status"]) == ("web1", "deleted")
    assert ids(old.made("GET", "/nodes")) == ["root"]
    stati = old.made("GET", "/nodes/status?ids=web1,root,none")["data"]["nodes"]
    assert [one["status"] for one in stati] == ["deleted", "accepted", "unknown"]
    types = [one["type"] for one in new.made("GET", "/events?kind=node")["data"]["events"]]
    assert types == ["DeleteNode", "AcceptNode"]
    assert only(new.made("POST", "/inventories", json=INVENTORY), "nodes")["status"] == "pending"


def test_levels_and_dates_are_those_of_the_version(server: Server, old: Api) -> None:
    accept(old)

    assert only(old.made("GET", "/nodes/web1?include=minimal"), "nodes") == {
        "id": "web1",
        "hostname": "web1.example.org",
        "status": "accepted",
    }
    assert "software" in only(old.made("GET", "/nodes/web1?include=full"), "nodes")
    assert {"state", "software"} <= only(old.made("GET", "/nodes/web1?include=software,nonsense"), "nodes").keys()
    assert set(only(old.made("GET", "/nodes/web1?include=minimal,software"), "nodes")) == {
        *("id", "hostname", "status", "software"),
    }
    date = only(Api(server, 11).made("GET", "/nodes/web1"), "nodes")["acceptanceDate"]
    assert len(date) == len("2026-01-02 03:04")
    assert only(old.made("GET", "/nodes/web1"), "nodes")["acceptanceDate"].endswith("Z")
    shown = Api(server, 3).made("POST", "/nodes/pending/web1", json={"status": "deleted"})
    assert only(shown, "nodes")["machyneType"] == "Virtual"


def test_a_wrong_status_is_refused_in_rudders_words(old: Api, new: Api) -> None:
    accept(old)
    new.made("POST", "/inventories", json={**INVENTORY, "id": "web2"})

    assert (
        old.refused(500, "POST", "/nodes/pending", json={"status": "accepted"})["errorDetails"]
        == f"{NOT_SENT}.nodeId(missing)"
    )
    empty = old.refused(500, "POST", "/nodes/pending", data="", content_type="application/json")
    assert empty["errorDetails"] == f"{NOT_SENT}Unexpected end of input"
    old.refused(500, "POST", "/nodes/pending/web2", json={"status": "later"})
    assert "status" in new.refused(400, "POST", "/nodes/pending/web2", json={"status": "later"})["errors"]
    new.refused(404, "POST", "/nodes/pending/none", json={"status": "accepted"})
    assert "not pending" in new.refused(409, "POST", "/nodes/pending/web1", json={"status": "refused"})["errorDetails"]
    same = new.refused(409, "POST", "/nodes/pending/web2", json={"status": "accepted"})["errorDetails"]
    assert "host name 'web1.example.org'" in same
    assert "root" in new.refused(409, "DELETE", "/nodes/root")["errorDetails"]
    assert ids(new.made("POST", "/nodes/pending/web2", json={"status": "refused"})) == ["web2"]


def test_what_can_be_changed_of_a_node(server: Server, old: Api, new: Api) -> None:
    accept(old)
    before = seq(server)
    asked = {"properties": [{"name": "site", "value": "lyon"}, {"name": "n", "value": 3}], "policyMode": "audit"}

    said = old.made("POST", "/nodes/web1", json={**asked, "state": "keep", "reason": "Moved to Lyon"})

    shown = [{"name": "n", "value": 3}, {"name": "site", "value": "lyon"}]
    assert said["id"] == "web1"
    assert said["data"] == {"id": "web1", "properties": shown, "policyMode": "audit", "state": "enabled"}
    event = new.made("GET", "/events?kind=node&limit=1")["data"]["events"][0]
    assert (event["type"], event["reason"], event["commit"]) == ("ModifyNode", "Moved to Lyon", None)
    old.made("POST", "/nodes/web1", json=asked)
    assert seq(server) == before + 1
    form = old.made("POST", "/nodes/web1", data={"properties": ["site=", "tier=gold=1"], "state": "ignored"})
    assert form["data"]["properties"] == [{"name": "n", "value": 3}, {"name": "tier", "value": "gold=1"}]
    assert form["data"]["state"] == "ignored"
    whole = only(new.made("GET", "/nodes/web1"), "nodes")
    new.refused(400, "POST", "/nodes/web1", json={**whole, "polcyMode": "audit"})
    assert "state" in new.refused(400, "POST", "/nodes/web1", json={"state": "tired"})["errors"]
    assert "agentKey" in new.refused(400, "POST", "/nodes/web1", json={"agentKey": {"status": "certified"}})["errors"]
    new.refused(404, "POST", "/nodes/none", json=asked)


def test_nodes_are_made_each_by_itself(old: Api, new: Api) -> None:
    good = {"id": UUID, "hostname": "db1", "status": "accepted", "os": {"type": "linux", "name": "debian"}}
    good |= {"machineType": "vmware", "properties": [{"name": "site", "value": "lyon"}], "state": "initializing"}

    status, said = old("PUT", "/nodes", json=[good, {"id": "bad-id", "hostname": "x"}])

    assert (status, said["action"], said["result"]) == (500, "createNodes", "error")
    assert said["data"]["created"] == [UUID]
    ((failed_id, texts),) = said["data"]["failed"][0].items()
    assert failed_id == "bad-id"
    assert all(text.startswith("[validation] ") for text in texts)
    made = only(old.made("GET", f"/nodes/{UUID}"), "nodes")
    assert (made["machine"], made["state"]) == ({"type": "Virtual", "provider": "vmware"}, "initializing")
    status, again = new("PUT", "/nodes", json=[good])
    assert (status, again["data"]["created"], list(again["errors"])) == (400, [], [UUID])
    fine = new.made("PUT", "/nodes", json=[{**good, "id": "db-2"}])["data"]
    assert fine == {"created": ["db-2"], "failed": []}
    status, said = new("PUT", "/nodes", json=[{**good, "id": "pending", "x": 1, "ram": "much"}])
    assert [word in str(said["data"]["failed"]) for word in ("reserved", "x: unknown", "ram:")] == [True] * 3


def test_the_token_of_a_node_opens_what_is_its_own(server: Server, new: Api) -> None:
    accept(new)
    accept(new, "web2")
    token = only(new.made("POST", "/nodes/web1/token"), "nodes")["token"]
    mine = {name: value for name, value in INVENTORY.items() if name != "id"}

    new.made("PUT", "/nodes/web1/inventory", json={**mine, "ram": 4096}, token=token)
    assert new.made("POST", "/inventories", json=mine, token=token)["id"] == "web1"

    for method, path in (
        *(("GET", "/nodes"), ("GET", "/nodes/web1"), ("GET", "/rules"), ("GET", "/parameters"), ("GET", "/events")),
        *(("PUT", "/nodes/web2/inventory"), ("POST", "/nodes/web1"), ("POST", "/nodes/web1/token"), ("PUT", "/rules")),
        ("GET", "/nodes/web2/policy"),
    ):
        status, _ = new(method, path, json=mine if method != "GET" else None, token=token)
        assert status in (403, 404), (method, path)
    new.refused(403, "POST", "/inventories", json={**mine, "id": "web2"}, token=token)
    second = only(new.made("POST", "/nodes/web1/token"), "nodes")["token"]
    assert new("PUT", "/nodes/web1/inventory", json=mine, token=token)[0] == 401
    new.made("PUT", "/nodes/web1/inventory", json=mine, token=second)
    new.made("DELETE", "/nodes/web1")
    assert new("PUT", "/nodes/web1/inventory", json=mine, token=second)[0] == 401
    with server.opened.database.connect("default") as connection:
        rows = connection.exec_driver_sql("SELECT inventory, token_hash FROM nodes WHERE id = 'web1'").fetchall()
    assert [tuple(row) for row in rows] == [("{}", None)]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ([], "inventory"),
        ({}, "hostname"),
        ({"hostname": "a", "colour": "red"}, "colour"),
        ({"hostname": "a", "ram": "2 GB"}, "ram"),
        ({"hostname": "a", "os": {"nam": "Debian"}}, "os.nam"),
        ({"hostname": "a", "os": {"name": 12}}, "os.name"),
        ({"hostname": "a", "software": ["nginx"]}, "software[0]"),
        ({"hostname": "a", "ipAddresses": "10.0.0.1"}, "ipAddresses"),
        ({"hostname": "a", "environmentVariables": {"A": 1}}, "environmentVariables.A"),
    ],
)
def test_a_wrong_inventory_is_refused_by_its_path(new: Api, wrong: Any, path: str) -> None:
    accept(new)
    before = new.made("GET", "/nodes/web1?include=full")

    assert path in new.refused(400, "PUT", "/nodes/web1/inventory", json=wrong)["errors"]

    assert new.made("GET", "/nodes/web1?include=full") == before


def test_an_inventory_says_whose_it_is(new: Api) -> None:
    accept(new)

    assert "id" in new.refused(400, "POST", "/inventories", json={"hostname": "a"})["errors"]
    assert "a b" in new.refused(400, "POST", "/inventories", json={"id": "a b", "hostname": "a"})["errorDetails"]
    new.refused(400, "PUT", "/nodes/web1/inventory", json={"id": "web2", "hostname": "a"})
    new.refused(404, "PUT", "/nodes/none/inventory", json={"hostname": "a"})


def test_facts_of_ansible_are_an_inventory(new: Api) -> None:
    facts = {
        "ansible_fqdn": "db1.example.org",
        "ansible_system": "Linux",
        "ansible_distribution": "Debian",
        "ansible_distribution_version": "12.5",
        "ansible_memtotal_mb": 3900,
        "ansible_virtualization_role": "guest",
        "ansible_virtualization_type": "kvm",
        "ansible_all_ipv4_addresses": ["192.0.2.7"],
        "ansible_interfaces": ["lo", "br-lan"],
        "ansible_br_lan": {"ipv4": {"address": "192.0.2.7", "netmask": "255.255.255.0"}, "active": True},
        "ansible_mounts": [{"mount": "/", "fstype": "ext4", "size_available": 5, "size_total": 9}],
        "ansible_env": {"SECRET": "hunter2"},
        "ansible_packages": {"nginx": [{"name": "nginx", "version": "1.22"}]},
    }

    new.made("POST", "/inventories", json={"id": "db1", "ansible_facts": facts})
    new.made("POST", "/inventories", json={"id": "db2", **facts})

    shown, other = new.made("GET", "/nodes/pending?include=full")["data"]["nodes"]
    assert {**other, "id": "db1"}.keys() == shown.keys()
    assert (shown["hostname"], shown["os"]["name"], shown["ram"]) == ("db1.example.org", "Debian", 3900)
    assert shown["machine"] == {"type": "Virtual", "provider": "kvm"}
    assert shown["networkInterfaces"][1]["ipAddresses"] == ["192.0.2.7"]
    assert shown["software"] == [{"name": "nginx", "version": "1.22"}]
    assert "hunter2" not in str(shown)


def test_nodes_are_found_by_what_they_are(old: Api, new: Api) -> None:
    accept(new)
    accept(new, "web2", os={"type": "Linux", "name": "Ubuntu"}, ram=512, ipAddresses=["10.2.0.1"], software=[])
    old.made("POST", "/nodes/web2", json={"properties": [{"name": "dc", "value": {"world": {"eu": ["Paris"]}}}]})
    node, name = "node", "serializedNodeProperty"

    for lines, found in (
        ([(node, "osName", "eq", "Debian")], ["web1"]),
        ([(node, "osName", "notEq", "Debian")], ["web2"]),
        ([(node, "osName", "regex", "[DU].*")], ["web1", "web2"]),
        ([(node, "ram", "lt", "1 GB")], ["web2"]),
        ([(node, "ipHostNumber", "eq", "10.1.0.0/16")], ["web1"]),
        ([(node, "inventoryDate", "gteq", "2020-01-31")], ["web1", "web2"]),
        ([("machine", "machineType", "eq", "virtual")], ["web1", "web2"]),
        ([("software", "cn", "eq", "openssl"), ("software", "softwareVersion", "eq", "3.0")], []),
        ([("software", "cn", "eq", "nginx"), ("software", "softwareVersion", "eq", "3.0")], ["web1"]),
        ([(name, "name.value", "hasKey", "dc")], ["web2"]),
        ([(name, "name.value", "jsonSelect", "dc:world.eu.[?(@=='Paris')]")], ["web2"]),
        ([(name, "name.value", "jsonSelect", "dc:world.asia")], []),
        ([("group", "nodeGroupId", "eq", "all-nodes")], ["web1", "web2"]),
    ):
        assert ids(old.made("GET", where(*lines))) == found, lines
    assert ids(new.made("GET", where((node, "osName", "eq", "Debian"), transform="invert"))) == ["web2"]
    either = where((node, "osName", "eq", "Debian"), (node, "ram", "lt", "1 GB"), composition="or")
    assert ids(new.made("GET", either)) == ["web1", "web2"]
    assert "root" in ids(new.made("GET", where((node, "nodeId", "exists", ""), select="nodeAndPolicyServer")))
    first = new.made("GET", f"{either}&limit=1")
    rest = new.made("GET", f"{either}&limit=1&cursor={first['meta']['next']}")
    assert (ids(first), ids(rest), "next" in rest["meta"]) == (["web1"], ["web2"], False)


@pytest.mark.parametrize(
    ("line", "member"),
    [
        (("nodes", "osName", "eq", "x"), "objectType"),
        (("node", "os", "eq", "x"), "attribute"),
        (("node", "osName", "lt", "x"), "comparator"),
        (("node", "ram", "lt", "much"), "value"),
        (("node", "osName", "regex", "(a"), "value"),
        (("node", "ipHostNumber", "eq", "10.0"), "value"),
        (("serializedNodeProperty", "name.value", "eq", "site"), "value"),
        (("serializedNodeProperty", "name.value", "jsonSelect", "a:$.["), "value"),
    ],
)
def test_a_line_that_cannot_be_asked_is_refused_by_its_member(
    old: Api, new: Api, line: tuple[str, str, str, str], member: str
) -> None:
    path = f"query.where[0].{member}"
    lines = [dict(zip(("objectType", "attribute", "comparator", "value"), line, strict=True))]

    assert path in new.refused(400, "GET", where(line))["errors"]
    assert f".{path}(" in old.refused(500, "GET", where(line))["errorDetails"]
    group = {"id": "g", "displayName": "Group", "query": {"select": "node", "composition": "and", "where": lines}}
    assert path in new.refused(400, "PUT", "/groups", json=group)["errors"]
    assert f".{path}(" in old.refused(500, "PUT", "/groups", json=group)["errorDetails"]


def test_where_that_is_no_json_is_a_fault_of_where(new: Api) -> None:
    said = new.refused(400, "GET", "/nodes?where=[1,")

    assert said["errorDetails"].startswith("where: ")
    assert "body" not in said["errorDetails"]
    assert "where: the value is not JSON" in new.refused(400, "GET", "/nodes?where=1+2")["errorDetails"]


def dynamic(*lines: tuple[str, str, str, str]) -> Json:
    names = ("objectType", "attribute", "comparator", "value")
    return {"select": "node", "composition": "and", "where": [dict(zip(names, one, strict=True)) for one in lines]}


def test_groups_and_rules_follow_each_change_of_a_node(old: Api, new: Api) -> None:
    make_directives(old, "d-1")
    debian, gold = (
        dynamic(("node", "osName", "eq", "Debian")),
        ("serializedNodeProperty", "name.value", "eq", "tier=gold"),
    )
    old.made("PUT", "/groups", json={"id": "g-1", "displayName": "Debians", "query": debian})
    inner = dynamic(("group", "nodeGroupId", "eq", "g-1"), gold)
    old.made("PUT", "/groups", json={"id": "g-2", "displayName": "Gold", "query": inner})
    rule = {"id": "r-1", "displayName": "Rule", "directives": ["d-1"], "targets": ["group:g-2"]}

    assert only(old.made("PUT", "/rules", json=rule), "rules")["status"]["details"] == "Empty groups"
    accept(old)
    members = [only(old.made("GET", f"/groups/{one}"), "groups")["nodeIds"] for one in ("g-1", "g-2")]
    tag = new.server.get("/api/25/rules").headers["ETag"]
    old.made("POST", "/nodes/web1", json={"properties": [{"name": "tier", "value": "gold"}]})
    status = only(old.made("GET", "/rules/r-1"), "rules")["status"]
    listed = new.server.get("/api/25/rules", headers={"If-None-Match": tag})

    assert members == [["web1"], []]
    assert (status, listed.status_code) == ({"value": "In application"}, 200)
    assert only(old.made("POST", "/groups/g-2/reload"), "groups")["nodeIds"] == ["web1"]
    fixed = {"id": "g-3", "displayName": "As of now", "query": debian, "dynamic": False}
    assert only(old.made("PUT", "/groups", json=fixed), "groups")["nodeIds"] == ["web1"]
    accept(old, "web2")
    assert only(old.made("GET", "/groups/g-1"), "groups")["nodeIds"] == ["web1", "web2"]
    assert only(old.made("GET", "/groups/g-3"), "groups")["nodeIds"] == ["web1"]
    (found,) = new.made("POST", "/nodes/search", json={"filters": {"id": ["web1"]}, "extend": ["groups", "rules"]})[
        "data"
    ]
    assert [one["id"] for one in found["groups"]] == ["all-nodes", "g-1", "g-2", "g-3"]
    assert [one["id"] for one in found["rules"]] == ["r-1"]
    (shown,) = new.made("POST", "/rules/search", json={"extend": ["groups.nodes"]})["data"]
    assert [one["id"] for one in shown["groups"][0]["nodes"]] == ["web1"]
    old.made("DELETE", "/nodes/web1")
    assert only(old.made("GET", "/rules/r-1"), "rules")["status"]["details"] == "Empty groups"


def test_a_group_never_looks_into_itself(old: Api, new: Api) -> None:
    def looking(group: str) -> Json:
        return {"displayName": "Group", "query": dynamic(("group", "nodeGroupId", "eq", group))}

    new.refused(400, "PUT", "/groups", json={"id": "g-1", **looking("g-1")})
    for group, other in (("g-1", "g-2"), ("g-2", "g-3"), ("g-3", "g-none")):
        old.made("PUT", "/groups", json={"id": group, **looking(other)})

    said = new.refused(400, "POST", "/groups/g-3", json=looking("g-1"))

    assert "'g-3' -> 'g-1' -> 'g-2' -> 'g-3'" in said["errorDetails"]
    old.refused(500, "POST", "/groups/g-3", json=looking("g-1"))


def test_properties_come_down_from_parameters_through_groups(old: Api, new: Api) -> None:
    accept(old)
    old.made("PUT", "/parameters", json={"id": "ntp", "value": {"a": 1, "b": 1}})
    debian = dynamic(("node", "osName", "eq", "Debian"))
    upper = {"id": "g-2", "displayName": "Upper", "query": debian, "properties": [{"name": "ntp", "value": {"b": 2}}]}
    old.made("PUT", "/groups", json=upper)
    lower = {
        "query": dynamic(("group", "nodeGroupId", "eq", "g-2")),
        "properties": [{"name": "ntp", "value": {"c": 3}}],
    }
    old.made("PUT", "/groups", json={"id": "g-1", "displayName": "Lower", **lower})

    (shown,) = old.made("GET", "/nodes/web1/inheritedProperties")["data"]
    (group,) = old.made("GET", "/groups/g-1/inheritedProperties")["data"]["groups"]

    (found,) = shown["properties"]
    assert (found["value"], found["provider"], found["origval"]) == ({"a": 1, "b": 2, "c": 3}, "inherited", {"c": 3})
    assert [one["id"] for one in found["hierarchy"]] == ["", "g-2", "g-1"]
    assert (group["properties"][0]["provider"], "conflicts" in found) == ("overridden", False)
    other = {"query": debian, "properties": [{"name": "ntp", "value": "x"}]}
    old.made("PUT", "/groups", json={"id": "g-3", "displayName": "Other", **other})
    (shown,) = new.made("GET", "/nodes/web1/inheritedProperties")["data"]
    assert shown["properties"][0]["conflicts"] == ["g-3", "g-1"]
    old.made("POST", "/nodes/web1", json={"properties": [{"name": "ntp", "value": "own"}]})
    (shown,) = new.made("GET", "/nodes/web1/inheritedProperties")["data"]
    assert (shown["properties"][0]["value"], "conflicts" in shown["properties"][0]) == ("own", False)
    old.refused(500, "GET", "/groups/none/inheritedProperties")


def test_another_tenant_sees_no_node(server: Server, new: Api) -> None:
    accept(new)
    stranger = server.account("stranger", tenant="public")

    assert new("GET", "/nodes/web1", token=stranger)[0] == 404
    assert ids(new.made("GET", "/nodes", token=stranger)) == []
    assert ids(new.made("GET", where(("node", "osName", "eq", "Debian")), token=stranger)) == []
    assert new.made("POST", "/nodes/search", json={}, token=stranger)["data"] == []
    assert new.made("GET", "/nodes/status?ids=web1", token=stranger)["data"]["nodes"][0]["status"] == "unknown"


def test_a_read_only_account_changes_no_node(server: Server, new: Api) -> None:
    accept(new)
    reader = server.account("reader", authorization="ro")

    for method, path in (("POST", "/nodes/web1"), ("DELETE", "/nodes/web1"), ("POST", "/nodes/web1/token")):
        new.refused(403, method, path, json={}, token=reader)
    new.refused(403, "POST", "/inventories", json=INVENTORY, token=reader)
