"""Where nodes are reached."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.changes.work import Work
from app.core.canonical import Document
from app.fleet.criteria.compiling import Query, compile_query
from app.fleet.networks import refuse_outside
from app.fleet.queries import check_query
from app.http.endpoint import ARRAY, BARE, Answer, Endpoint, Given, Item, Paging, list_under
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.nodes import inventories, service
from app.resources.nodes.creating import create_nodes
from app.resources.nodes.schema import (
    NOT_SENT,
    DeleteQuery,
    InheritedSchema,
    NodeInput,
    NodeQuery,
    NodeSchema,
    NodesQuery,
    OneStatusInput,
    SettledSchema,
    StatusesQuery,
    StatusInput,
    StatusSchema,
    TokenSchema,
    UpdatedSchema,
)
from app.resources.nodes.searching import SEARCH
from app.resources.nodes.shape import members_of, node_json
from app.store.nodes import NodeStatus

READ, WRITE = "node_read", "node_write"
NODES = list_under("nodes")
PATH, PENDING = "/nodes/{id}", "/nodes/pending/{id}"
BAD_REQUEST, SERVER_ERROR = 400, 500

View = Callable[[Work, Given], Answer]


def read_query(given: Given) -> Query | None:
    """Read which nodes are asked for; None is all of them.

    Raises:
        InvalidError: naming each line that cannot be asked.
    """
    query = given.query.get("query")
    if query is None and "where" in given.query:
        query = _query_of_parts(given.query)
    if query is None:
        return None
    check_query(query)
    return compile_query(query)


def _query_of_parts(parts: Document) -> Document:
    query: Document = {"select": "node", "composition": "and"}
    return {**query, **{name: parts[name] for name in ("select", "composition", "transform", "where") if name in parts}}


def _lister(status: NodeStatus) -> View:
    def view(work: Work, given: Given) -> Answer:
        query, members = read_query(given), members_of(given.query.get("include"))
        if given.page is None:
            return Answer.many(node_json(node, members) for node in service.list_nodes(work, status, query))
        most, after = given.page.limit + 1, given.page.after
        items: list[Item] = [
            node_json(node, members) for node in service.page_nodes(work, status, query, after=after, most=most)
        ]
        return Answer.paged(items, given.page)

    return view


def _shower(status: NodeStatus) -> View:
    def view(work: Work, given: Given) -> Answer:
        node = service.get_node(work, given.path["id"], status)
        return Answer.one(node_json(node, members_of(given.query.get("include"))))

    return view


def create(work: Work, given: Given) -> Answer:
    """Make nodes; those that cannot be made do not keep the others from it."""
    done = create_nodes(work, given.body, strict=given.era.strict)
    if not done.failed:
        return Answer.plain(done.to_json())
    texts: Document = {name: [*said] for name, said in done.failed}
    more: Document = {"errorDetails": "Some nodes were not made; see failed", "errors": texts}
    status = BAD_REQUEST if given.era.strict else SERVER_ERROR
    members = more if given.era.strict else {}
    return Answer(value=done.to_json(), failed=True, status=status, members=members)


def update(work: Work, given: Given) -> Answer:
    """Change a node; its reason may stand in the body."""
    service.refuse_reserved(given.path["id"])
    reason = given.document.get("reason")
    caller = work if not reason else replace(work, ctx=work.ctx.because(str(reason)))
    return Answer.one(service.update_node(caller, given.path["id"], given.document))


def delete(work: Work, given: Given) -> Answer:
    """Delete a node."""
    return Answer.one(service.delete_node(work, given.path["id"]))


def settle(work: Work, given: Given) -> Answer:
    """Accept, refuse or delete nodes."""
    ids = given.document["nodeId"]
    named = [str(one) for one in ids] if isinstance(ids, list) else []
    return Answer.many(service.settle(work, named, str(given.document["status"])))


def settle_one(work: Work, given: Given) -> Answer:
    """Accept, refuse or delete one node."""
    return Answer.many(service.settle(work, [given.path["id"]], str(given.document["status"])))


def show_statuses(work: Work, given: Given) -> Answer:
    """Say how nodes stand."""
    ids = given.query.get("ids")
    return Answer.many(service.statuses(work, [str(one) for one in ids] if isinstance(ids, list) else []))


def show_inherited(work: Work, given: Given) -> Answer:
    """Show where properties come from."""
    return Answer.many([service.inherited_properties(work, given.path["id"])])


def renew_token(work: Work, given: Given) -> Answer:
    """Give a node a token."""
    return Answer.one(service.renew_token(work, given.path["id"]))


def send_inventory(work: Work, given: Given) -> Answer:
    """Take an inventory, of a new machine too."""
    return Answer.one(inventories.send_inventory(work, given.body))


def replace_inventory(work: Work, given: Given) -> Answer:
    """Take the inventory of a known node."""
    return Answer.one(inventories.replace_inventory(work, given.path["id"], given.body))


def _endpoint(method: str, path: str, action: str, summary: str, view: View, **more: Any) -> Endpoint:  # noqa: ANN401
    declared = {"right": READ if method == "GET" else WRITE, "container": NODES, "output": NodeSchema, **more}
    return Endpoint(methods=(method,), path=path, action=action, summary=summary, view=view, **declared)


_LIST: dict[str, Any] = {"query": NodesQuery, "paging": Paging()}
_SETTLE: dict[str, Any] = {"output": SettledSchema, "unreadable": NOT_SENT}
_OURS = Lifespan(25)

ENDPOINTS = (
    _endpoint("GET", "/nodes", "listAcceptedNodes", "List the accepted nodes, by id", _lister("accepted"), **_LIST),
    _endpoint(
        "PUT", "/nodes", "createNodes", "Make nodes", create, right="administration_write",
        container=BARE, output=None, json_only=True, lifespan=Lifespan(16), errors=(400,), half_done=True,
    ),
    _endpoint("GET", "/nodes/pending", "listPendingNodes", "List pending nodes, by id", _lister("pending"), **_LIST),
    _endpoint(
        "POST", "/nodes/pending", "changePendingNodeStatus", "Accept, refuse or delete nodes", settle,
        input=StatusInput, **_SETTLE,
    ),
    _endpoint("GET", PENDING, "pendingNodeDetails", "Show one pending node", _shower("pending"), query=NodeQuery),
    _endpoint(
        "POST", PENDING, "changePendingNodeStatus", "Accept, refuse or delete a node", settle_one,
        input=OneStatusInput, **_SETTLE,
    ),
    _endpoint(
        "GET", "/nodes/status", "getNodesStatus", "Say how nodes stand", show_statuses,
        query=StatusesQuery, output=StatusSchema, lifespan=Lifespan(13),
    ),
    _endpoint(
        "GET", PATH, "nodeDetails", "Show one accepted node", _shower("accepted"), query=NodeQuery, id_from="result"
    ),
    _endpoint(
        "POST", PATH, "updateNode", "Change properties, policy mode or state of a node", update, input=NodeInput,
        partial=True, container=BARE, output=UpdatedSchema, id_from="result", lifespan=Lifespan(5),
    ),
    _endpoint("DELETE", PATH, "deleteNode", "Delete a node", delete, query=DeleteQuery),
    _endpoint(
        "GET", f"{PATH}/inheritedProperties", "nodeInheritedProperties", "Show where a node's properties come from",
        show_inherited, container=ARRAY, output=InheritedSchema, lifespan=Lifespan(11),
    ),
    _endpoint(
        "POST", f"{PATH}/token", "createNodeToken", "Give a node a new token, shown this once", renew_token,
        output=TokenSchema, id_from="result", lifespan=_OURS,
    ),
    _endpoint(
        "PUT", f"{PATH}/inventory", "updateNodeInventory", "Take the inventory of a node", replace_inventory,
        json_only=True, id_from="result", lifespan=_OURS, gate=refuse_outside,
    ),
    _endpoint(
        "POST", "/inventories", "sendInventory", "Take the inventory of a machine; a new one becomes a pending node",
        send_inventory, json_only=True, id_from="result", lifespan=_OURS, gate=refuse_outside,
    ),
)  # fmt: skip

RESOURCE = Resource(name="nodes", endpoints=ENDPOINTS, searchables=(SEARCH,))
