"""Nodes for tests over HTTP: accepted, with a token, reporting what a test says."""

from collections.abc import Mapping
from typing import Any

from app.core.clock import now_ms
from app.store.accounts import token_hash
from app.store.nodes import Node, lock_node, put_node
from tests.fleet.bundles.configurations import file_section
from tests.installations import Server


def node_token(server: Server, node_id: str, *, tenant: str = "default", **more: Any) -> str:
    """Make an accepted node and give its token."""
    token = f"stp{node_id:x<29}"
    now = now_ms()
    node = Node(
        id=node_id, hostname=f"{node_id}.example.com", created=now, accepted=now, token_hash=token_hash(token), **more
    )
    with server.opened.database.writing(tenant) as connection:
        assert lock_node(connection, tenant, node_id) is None
        put_node(connection, tenant, node, is_new=True, now_ms=now)
    return token


def directive(server: Server, name: str, *files: str, **more: Any) -> None:
    sections: list[Any] = [file_section(path, "x") for path in files]
    body = {
        "id": name,
        "displayName": f"Directive {name}",
        "techniqueName": "fileManagement",
        "parameters": {"section": {"name": "sections", "sections": sections}},
        **more,
    }
    assert server.put("/api/25/directives", json=body).status_code == 200


def rule(server: Server, name: str, *directives: str, targets: tuple[str, ...] = ("special:all",)) -> None:
    body = {"id": name, "displayName": f"Rule {name}", "directives": [*directives], "targets": [*targets]}
    assert server.put("/api/25/rules", json=body).status_code == 200


def policy(server: Server, node_id: str, token: str) -> Any:
    answer = server.get(f"/api/25/nodes/{node_id}/policy", token=token)
    assert answer.status_code == 200, answer.text
    return answer.json["data"]["policy"]


def report(server: Server, node_id: str, token: str, statuses: Mapping[str, str], **more: Any) -> None:
    """Fetch the policy and report on every component: `statuses` by path, else that all is right."""
    told = policy(server, node_id, token)
    results = [
        {
            "directive": entry["directive"],
            "rules": entry["rules"],
            "component": component["component"],
            "value": component["value"],
            "status": statuses.get(component["value"], "successAlreadyOK"),
            "message": more.get("message", ""),
        }
        for entry in told["bundle"]["directives"]
        for component in entry["components"]
    ]
    run = {
        "id": more.get("id", "run-1"),
        "serial": told["statement"]["serial"],
        "bundle": told["statement"]["bundle"],
        "start": 1,
        "end": more.get("end", now_ms()),
        "results": results,
    }
    answer = server.post(f"/api/25/nodes/{node_id}/reports", token=token, json={"runs": [run]})
    assert (answer.status_code, answer.json["data"]) == (200, {"received": 1, "added": 1})
