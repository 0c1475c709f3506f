"""Searching change requests, webhooks, instances and accounts, and what of them can be put into other objects."""

from typing import Any

import pytest

from app.changes.change import Edit
from tests.installations import Server
from tests.people.persons import person
from tests.resources.test_instances import NODE, instance, make_node, make_user
from tests.review.cast import Caller, Cast
from tests.search.test_facts import ask, code
from tests.statements import ON_SQLITE, statements_of


@pytest.fixture
def cast(server: Server) -> Cast:
    found = Cast(server)
    found.person("alice", "user")
    found.person("bob")
    found.nodes("n-1")
    found.system(Edit("rule", "r-1", "create", {"displayName": "One rule", "targets": ["special:all"]}))
    found.switch_on()
    return found


def asked(caller: Caller, name: str, number: int = 1) -> int:
    """Ask for a change that waits."""
    path = f"/rules/r-1?changeRequestName={name}"
    return caller.asks("POST", path, json={"displayName": f"{name} {number}"})


def ids(found: dict[str, Any]) -> list[int]:
    return [one["id"] for one in found["data"]]


def test_change_requests_are_found_by_their_fields_and_shown_as_in_the_list(cast: Cast) -> None:
    alice, bob = cast.people["alice"], cast.people["bob"]
    first, second = asked(alice, "Rename"), asked(bob, "Größer")
    alice.call("DELETE", f"/changeRequests/{first}")
    listed = cast.server.get("/api/25/changeRequests?status=all").json["data"]

    def found(body: Any) -> list[int]:
        return ids(ask(cast.server, body, path="changeRequests"))

    assert ask(cast.server, {}, path="changeRequests")["data"] == listed
    assert found({"filters": {"id": [second]}}) == [second]
    assert found({"filters": {"state": ["withdrawn"]}}) == [first]
    assert found({"filters": {"status": ["Pending validation"]}}) == [second]
    assert found({"filters": {"author": [bob.id]}}) == [second]
    assert found({"search": {"name": ["GRÖSS"]}}) == [second]
    assert found({"filters": {"kind": ["rule"], "object": ["r-1"]}, "sortBy": "name"}) == [second, first]
    assert found({"filters": {"kind": ["directive"]}}) == []
    assert found({"lessThan": {"createdAt": listed[0]["createdAt"]}}) == [first]
    ask(cast.server, {"search": {"object": ["r"]}}, path="changeRequests", status=400)
    ask(cast.server, {"search": {"roles": ["r"]}}, path="users", status=400)


def test_change_requests_extend_to_their_changes_reviews_and_people(cast: Cast) -> None:
    alice, bob = cast.people["alice"], cast.people["bob"]
    number = asked(alice, "Rename")
    bob.call("POST", f"/changeRequests/{number}/reviews", json={"verdict": "comment", "comment": "Why?"})

    body = {"extend": ["changes", "reviews.author", "author.roles"]}
    (shown,) = ask(cast.server, body, path="changeRequests")["data"]

    assert [(one["kind"], one["id"], one["action"]) for one in shown["changes"]] == [("rule", "r-1", "modify")]
    assert [(one["comment"], one["author"]["handle"]) for one in shown["reviews"]] == [("Why?", "bob")]
    assert (shown["author"]["handle"], [role["id"] for role in shown["author"]["roles"]]) == ("alice", ["user"])


GREETING = {
    "techniqueName": "motdConfiguration",
    "parameters": {
        "section": {
            "name": "sections",
            "sections": [{"section": {"name": "Message", "vars": [{"var": {"name": "MOTD_TEXT", "value": "Hello"}}]}}],
        }
    },
}


@ON_SQLITE
def test_fact_26_change_requests_take_the_same_statements_for_1_and_for_30(cast: Cast) -> None:
    alice = cast.people["alice"]
    for number in range(10):
        asked(alice, "Rename", number)
        new = {"id": f"new-{number}", "displayName": f"New {number}"}
        alice.asks("PUT", "/rules", json={**new, "targets": ["special:all"]})
        after = {"displayName": f"Greeting {number}", **GREETING}
        made = {"kind": "directive", "id": f"d-{number}", "action": "create", "after": after}
        alice.ok("POST", "/changeRequests", json={"changes": [made]})
    ask(cast.server, {}, path="changeRequests")

    counted = []
    for limit in (1, 30):
        body = {"limit": limit, "extend": ["changes", "reviews.author", "author.roles"]}
        with statements_of(cast.server.opened.database) as statements:
            assert len(ask(cast.server, body, path="changeRequests")["data"]) == limit
        counted.append(len(statements))

    assert counted[0] == counted[1] > 5


def test_events_extend_to_the_change_request_that_brought_them_or_that_they_are_about(cast: Cast) -> None:
    alice, bob = cast.people["alice"], cast.people["bob"]
    number = asked(alice, "Rename")
    bob.approve(number)
    bob.deploy(number)

    body = {"extend": ["changeRequest.author"], "limit": 1000}
    found = {one["type"]: one for one in ask(cast.server, body, path="events")["data"]}

    for kind in ("RuleModified", "ChangeRequestAdded"):
        assert found[kind]["changeRequest"]["id"] == number, kind
        assert found[kind]["changeRequest"]["author"]["handle"] == "alice"
    assert found["RuleAdded"]["changeRequest"] is None


def test_fact_30_a_change_request_beside_an_event_needs_the_right_to_read_it(cast: Cast) -> None:
    cast.server.put("/api/25/roles", json={"id": "log", "name": "Log", "rights": ["event_read"]})
    reader = cast.person("reader", "log")

    assert reader.call("POST", "/events/search", json={}).status_code == 200
    refused = reader.call("POST", "/events/search", json={"extend": ["changeRequest"]})
    assert (refused.status_code, code(refused.get_json())) == (403, "ForbiddenError")


def test_instances_nodes_and_groups_extend_to_each_other(server: Server) -> None:
    make_node(server)
    assert server.put("/api/25/instances", json=instance(make_user(server))).status_code == 200
    server.put("/api/25/groups", json={"id": "all", "displayName": "All", "dynamic": False, "nodeIds": [NODE]})

    body = {"extend": ["image", "node.groups", "owner.roles"]}
    (shown,) = ask(server, body, path="instances")["data"]
    assert (shown["image"]["id"], shown["node"]["id"], shown["owner"]["username"]) == ("nginx", NODE, "alice")
    assert "all" in [one["id"] for one in shown["node"]["groups"]]
    assert shown["owner"]["roles"] == []

    body = {"extend": ["instances.image", "instances.owner"], "filters": {"id": [NODE]}}
    (node,) = ask(server, body, path="nodes")["data"]
    assert [(one["id"], one["image"]["id"], one["owner"]["username"]) for one in node["instances"]] == [
        ("web-1", "nginx", "alice")
    ]
    body = {"extend": ["nodes.instances.image"], "filters": {"id": ["all"]}}
    (group,) = ask(server, body, path="groups")["data"]
    assert group["nodes"][0]["instances"][0]["image"]["id"] == "nginx"


def test_webhooks_are_found_by_their_fields_but_not_by_their_url(server: Server) -> None:
    for name, url in (("one", "https://hooks.example.com/1"), ("two", "https://hooks.example.com/2")):
        body = {"id": name, "name": f"Hook {name}", "url": url, "types": ["RuleAdded"], "enabled": name == "one"}
        answer = server.put("/api/25/webhooks", json=body)
        assert answer.status_code == 200, answer.text
    shown = server.get("/api/25/webhooks/two").json["data"]["webhooks"]

    assert ask(server, {"filters": {"enabled": [False]}}, path="webhooks")["data"] == shown
    assert (
        ask(server, {"search": {"name": ["HOOK"]}, "filters": {"types": ["RuleAdded"]}}, path="webhooks")["meta"][
            "total"
        ]
        == 2
    )
    ask(server, {"filters": {"url": [shown[0]["url"]]}}, path="webhooks", status=400)
    refused = server.put("/api/25/webhooks", json={"id": "search", "name": "x", "url": "https://hooks.example.com"})
    assert (refused.status_code, "reserved" in refused.json["errorDetails"]) == (400, True)


def test_fact_33_whoever_may_see_their_own_accounts_only_finds_only_these(server: Server) -> None:
    alice, bob = person(server, "alice", roles=["user"]), person(server, "bob", roles=["user"])
    for name, owner in (("a-bot", alice), ("b-bot", bob)):
        body = {"id": name, "name": name, "status": "enabled", "tenants": "*", "authorizationType": "ro"}
        assert server.post("/api/25/apiaccounts", json={**body, "owner": owner.id}).status_code == 200

    def found(body: Any) -> list[str]:
        answer = alice.call("POST", "/api/25/apiaccounts/search", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json["meta"]["total"] == len(answer.json["data"])
        return [one["id"] for one in answer.json["data"]]

    assert found({}) == ["a-bot"]
    assert found({"filters": {"owner": [bob.id]}}) == []
    assert found({"filters": {"id": ["b-bot"]}}) == []
    assert found({"search": {"name": ["bot"]}}) == ["a-bot"]
    everyone = ask(server, {"search": {"name": ["-bot"]}}, path="apiaccounts")["data"]
    assert [one["id"] for one in everyone] == ["a-bot", "b-bot"]


def test_fact_16_accounts_say_when_they_were_last_changed(server: Server) -> None:
    body = {"id": "bot", "name": "Bot", "status": "enabled", "tenants": "*", "authorizationType": "ro"}
    made = server.post("/api/25/apiaccounts", json=body).json["data"]["accounts"][0]
    changed = server.post("/api/25/apiaccounts/bot", json={**body, "name": "Robot"}).json["data"]["accounts"][0]

    assert made["updatedAt"] == made["creationDate"]
    assert changed["updatedAt"] > made["updatedAt"]
    for bound in ("greaterThan", "lessThan"):
        found = ask(server, {bound: {"updatedAt": changed["updatedAt"]}, "sortBy": "updatedAt"}, path="apiaccounts")
        assert "bot" in [one["id"] for one in found["data"]]
    before = {"lessThan": {"updatedAt": made["updatedAt"]}, "filters": {"id": ["bot"]}}
    assert ask(server, before, path="apiaccounts")["data"] == []
