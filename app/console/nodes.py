"""The pages of nodes: who reports, what each was told and when, what it ran, and where it drifts."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from flask import Request, Response

from app.console.acting import Act, Sent, search, sought, told
from app.console.api import Api, Reply
from app.console.change_requests import refused
from app.console.pages import Page
from app.console.rendering import in_path, page
from app.console.sessions import Visitor
from app.console.site import Site
from app.console.walking import onward, walk
from app.fleet.compliance.statuses import GOOD

STATES: Final = ("enabled", "ignored", "empty-policies", "initializing", "preparing-eol")
MODES: Final = ("default", "audit", "enforce")
STATUSES: Final = ("accepted", "pending")
RECENT: Final = "10"
SHOWN_FIRST: Final = (
    *("id", "hostname", "status", "state", "policyMode", "policyServerId", "properties", "documentation"),
    *("acceptanceDate", "lastInventoryDate", "lastRunDate", "createdAt", "updatedAt"),
)
"""Members of a node that the page shows in words; what else there is comes from its inventory."""
DONE: Final[Mapping[str, str]] = {
    "accept": "The node is accepted; it gets its policy when it asks next.",
    "refuse": "The node is refused.",
    "change": "It is saved.",
    "token": "The node has a new token; the one before opens nothing any more.",
    "delete": "The node is deleted.",
}


def show_nodes(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the accepted nodes, or those that wait to be accepted."""
    api = site.api(request, visitor)
    said = told(api, request, {"accept": Act(_settle("accepted")), "refuse": Act(_settle("refused"))}, DONE)
    if isinstance(said, Response):
        return said
    status = request.args.get("status", "accepted")
    status = status if status in STATUSES else "accepted"
    text, state = sought(request), request.args.get("state", "")
    filters = {"status": [status], **({"state": [state]} if state in STATES else {})}
    asked: dict[str, Any] = {"sortBy": "hostname", "filters": filters}
    if text:
        asked["search"] = {"hostname": [text], "id": [text]}
    reply, around = search(api, "/nodes", asked, request)
    if not reply.is_good:
        return refused(visitor, reply)
    return page(
        "nodes.html", visitor, status=said.status, said=said, nodes=reply.items(), total=reply.body["meta"]["total"],
        sought=text, state=state, states=STATES, shown=status, around=around,
    )  # fmt: skip


def show_node(site: Site, request: Request, visitor: Visitor, one: str) -> Response:
    """Show one node, and change what can be changed; or one of its runs, where the URL names it."""
    if request.args.get("run"):
        return _show_run(site, request, visitor, one, request.args["run"])
    api, path = site.api(request, visitor), f"/nodes/{in_path(one)}"
    said = told(api, request, _acts(path), DONE)
    if isinstance(said, Response):
        return said
    reply, related = _find(api, one)
    if not reply.is_good:
        return refused(visitor, reply)
    node = reply.first
    compliance = api.get(f"{path}/compliance")
    policy = api.get(f"{path}/policy")
    runs = api.get(f"{path}/reports", walk(request))
    (measured,) = compliance.items("nodes") or [{}]
    return page(
        "node.html", visitor, status=said.status, said=said, node=node, related=related, states=STATES, modes=MODES,
        compliance=measured, drift=_drift(measured), policy=policy.first if policy.is_good else {},
        told=api.get(f"{path}/policy/history", {"limit": RECENT}).items("policies"),
        runs=runs.items("runs"), more_runs=onward(runs, request), inventory=_inventory(node),
        properties=[(one["name"], _text(one.get("value"))) for one in node.get("properties", [])],
        hidden=[each.fault for each in (compliance, policy, runs) if not each.is_good],
    )  # fmt: skip


def _show_run(site: Site, request: Request, visitor: Visitor, one: str, run: str) -> Response:
    """Show one run of a node, component by component."""
    api = site.api(request, visitor)
    reply = api.get(f"/nodes/{in_path(one)}/reports/{in_path(run)}")
    if not reply.is_good:
        return refused(visitor, reply)
    return page("run.html", visitor, node=one, run=reply.first, good=GOOD)


def _find(api: Api, one: str) -> tuple[Reply, Mapping[str, Any]]:
    """Read a node with its whole inventory, and the groups and rules that it is in; pending ones are elsewhere."""
    reply = api.get(f"/nodes/{in_path(one)}", {"include": "full"})
    if not reply.is_good:
        pending = api.get(f"/nodes/pending/{in_path(one)}", {"include": "full"})
        return (pending if pending.is_good else reply), {}
    asked = {"filters": {"id": [one]}, "extend": ["groups", "rules"], "limit": 1}
    return reply, next(iter(api.send("POST", "/nodes/search", asked).items()), {})


def _settle(status: str) -> Any:  # noqa: ANN401  a sender of a form
    def send(api: Api, sent: Sent) -> Reply:
        return api.send("POST", f"/nodes/pending/{in_path(sent.text('node'))}", {"status": status})

    return send


def _acts(path: str) -> Mapping[str, Act]:
    def change(api: Api, sent: Sent) -> Reply:
        fields = {name: sent.text(name) for name in ("state", "policyMode") if sent.text(name)}
        return api.send(
            "POST", path, {**fields, "documentation": sent.raw("documentation")}, reason=sent.text("reason")
        )

    return {
        "accept": Act(_settle("accepted")),
        "refuse": Act(_settle("refused"), leads_to="/console/nodes"),
        "change": Act(change),
        "token": Act(lambda api, _sent: api.send("POST", f"{path}/token", {}), reveals="token"),
        "delete": Act(lambda api, _sent: api.send("DELETE", path, None), leads_to="/console/nodes"),
    }


def _drift(measured: Mapping[str, Any]) -> list[dict[str, str]]:
    """List what is not as it must be: rule, directive, component, value, status and what the node said."""
    found = []
    for rule in measured.get("rules", []):
        for directive in rule.get("directives", []):
            for component in directive.get("components", []):
                for value in component.get("values", []):
                    found += [
                        {
                            "rule": str(rule["name"]),
                            "directive": str(directive["name"]),
                            "component": str(component["name"]),
                            "value": str(value["value"]),
                            "status": str(report["status"]),
                            "message": str(report.get("message") or ""),
                        }
                        for report in value.get("reports", [])
                        if report["status"] not in GOOD
                    ]
    return found


def _inventory(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give what the machine says of itself, as text."""
    return [
        (name, _text(value)) for name, value in node.items() if name not in SHOWN_FIRST and value not in (None, [], {})
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


PAGES: Final = (
    Page("/nodes", show_nodes, "nodes", label="Nodes", takes_forms=True),
    Page("/nodes/<one>", show_node, "node", takes_forms=True),
)
