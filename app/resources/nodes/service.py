"""What can be done to nodes; each act is one row and, where an actor did it, one event in one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app.changes.change import Edit, Outcome
from app.changes.kinds import View
from app.changes.operating import Act, Deed
from app.changes.recording import Fact
from app.changes.settings import setting
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import ConflictError, InvalidError, UnknownPathError
from app.core.ids import check_id
from app.fleet.criteria.compiling import Query
from app.fleet.fleet import EVERY, Fleet, missing_node
from app.resources.nodes.editing import change_data, edited
from app.resources.nodes.schema import NOT_SENT
from app.resources.nodes.shape import node_json, settled_json, updated_json
from app.store import nodes as store
from app.store.accounts import new_token, token_hash
from app.store.documents import find_document
from app.store.nodes import ROOT, Node, NodeStatus
from app.store.writes import read_holders

KIND: Final = "node"
INSTANCE: Final = "instance"
RESERVED: Final = frozenset({"pending", "status", "search", "applyPolicy", "compliance"})
"""Ids that a path of the API has."""
ACCEPT, REFUSE, DELETE = "accept", "refuse", "delete"
SPELLED: Final = {
    **dict.fromkeys(("accept", "accepted"), ACCEPT),
    **dict.fromkeys(("refuse", "refused"), REFUSE),
    **dict.fromkeys(("delete", "deleted", "removed"), DELETE),
}
_PART = 500


class OnAccept(NamedTuple):
    """What the tenant's settings say of nodes that are accepted."""

    state: str
    mode: str
    same_hostname: bool


def get_node(work: Work, node_id: str, status: NodeStatus = "accepted") -> Node:
    """Read a node of a status.

    Raises:
        NotFoundError: there is none.
    """
    node = store.find_node(work.session, node_id)
    if node is None or node.status != status:
        raise missing_node(node_id)
    return node


def list_nodes(work: Work, status: NodeStatus, query: Query | None, *, after: str = "") -> Iterator[Node]:
    """Read the nodes of a status, by id, from behind `after`, a part at a time; all of them or those a query finds."""
    if query is None or status != "accepted":
        fleet = None if query is None else Fleet.of(work)
        while part := store.page_nodes(work.session, status, after=after, most=_PART):
            yield from (node for node in part if fleet is None or query is None or fleet.finds(query, node))
            after = part[-1].id
        return
    ids = Fleet.of(work).find(query, after=after, most=EVERY)
    for start in range(0, len(ids), _PART):
        found = store.some_nodes(work.session, ids[start : start + _PART])
        yield from (found[one] for one in ids[start : start + _PART] if one in found)


def page_nodes(work: Work, status: NodeStatus, query: Query | None, *, after: str, most: int) -> list[Node]:
    """Read at most so many of them."""
    if query is not None and status == "accepted":
        ids = Fleet.of(work).find(query, after=after, most=most)
        found = store.some_nodes(work.session, ids)
        return [found[one] for one in ids if one in found]
    if query is None:
        return store.page_nodes(work.session, status, after=after, most=most)
    return [node for _, node in zip(range(most), list_nodes(work, status, query, after=after), strict=False)]


def update_node(work: Work, node_id: str, fields: Mapping[str, JSON]) -> Document:
    """Change what was given of a node; nothing is logged where nothing differs.

    Raises:
        NotFoundError: there is no such node.
        InvalidError: a property cannot be read.
    """

    def act(connection: Connection, now: int) -> Deed:
        node = get_locked(connection, work, node_id)
        after = edited(node, fields)
        if after == node:
            return Deed(facts=(), answer=updated_json(node), id=node_id)
        after = store.put_node(connection, work.ctx.tenant, after, is_new=False, now_ms=now)
        data = change_data(updated_json(node), updated_json(after))
        return Deed(facts=(_fact("ModifyNode", after, data),), answer=updated_json(after), id=node_id)

    return work.operate(act)


def delete_node(work: Work, node_id: str) -> Document:
    """Delete a node and show it a last time; what it knew goes, and its token opens nothing any more.

    Raises:
        NotFoundError: there is no such node.
        ConflictError: it is the tenant's `root`, or has instances.
    """
    return work.operate(_deleting(work, node_id, _bury))


def delete_node_with_instances(work: Work, node_id: str) -> Outcome:
    """Delete a node and the instances on it, in one transaction and one commit; if they wait for review, so does it.

    Raises:
        NotFoundError: there is no such node.
        ConflictError: it is the tenant's `root`.
    """

    def on_it(view: View) -> list[Edit]:
        return [Edit(INSTANCE, one.id, "delete") for one in view.holders(INSTANCE, "nodeId", node_id)]

    return work.submit((), plan=on_it, act=_deleting(work, node_id, _bury_empty))


def _deleting(work: Work, node_id: str, bury: Callable[[Connection, str, Node, int], Node]) -> Act:
    def act(connection: Connection, now: int) -> Deed:
        node = get_locked(connection, work, node_id)
        bury(connection, work.ctx.tenant, node, now)
        return Deed(facts=(_fact("DeleteNode", node),), answer=node_json(replace(node, status="deleted")), id=node_id)

    return act


def settle(work: Work, ids: Sequence[str], status: str) -> list[Document]:
    """Accept or refuse pending nodes, or delete nodes, all of them or none.

    Raises:
        InvalidError: there is no such status.
        NotFoundError: one of them is no such node.
        ConflictError: one cannot be accepted, or is the tenant's `root`.
    """
    wanted = SPELLED.get(status.lower())
    if wanted is None:
        text = f"'{status[:60]}' is no status to give; use accepted, refused or deleted"
        raise InvalidError(
            text, fields={"status": [text]}, rudder=f"{NOT_SENT}; cause was: Unexpected: .status({text})"
        )
    rules = _on_accept(work)

    def act(connection: Connection, now: int) -> Deed:
        facts: list[Fact] = []
        shown: list[JSON] = []
        for node_id in dict.fromkeys(ids):
            node = get_locked(connection, work, node_id)
            if wanted != DELETE and node.status != "pending":
                raise ConflictError(
                    f"Node '{node_id}' is {node.status}, not pending; only pending nodes are accepted or refused"
                )
            if wanted == ACCEPT:
                settled = _accept(connection, work.ctx.tenant, node, rules, now)
                facts.append(_fact("AcceptNode", settled))
            else:
                settled = _bury(connection, work.ctx.tenant, node, now)
                facts.append(_fact("RefuseNode" if node.status == "pending" else "DeleteNode", node))
            shown.append(settled_json(replace(node, status=settled.status)))
        return Deed(facts=facts, answer={"nodes": shown})

    answered = work.operate(act)["nodes"]
    return [one for one in answered if isinstance(one, dict)] if isinstance(answered, list) else []


def statuses(work: Work, ids: Sequence[str]) -> list[Document]:
    """Give the status of each of these nodes; `unknown` for what never was one."""
    known = store.statuses_of(work.session, list(ids))
    return [{"id": one, "status": known.get(one, "unknown")} for one in dict.fromkeys(ids)]


def renew_token(work: Work, node_id: str) -> Document:
    """Give a node a new token, shown this once; the one before opens nothing any more.

    Raises:
        NotFoundError: there is no such node.
    """
    token = new_token()

    def act(connection: Connection, now: int) -> Deed:
        node = replace(get_locked(connection, work, node_id), token_hash=token_hash(token), token_created=now)
        store.put_node(connection, work.ctx.tenant, node, is_new=False, now_ms=now)
        made: Document = {"id": node_id, "token": token, "publicKey": work.committer.ring.public_key}
        return Deed(facts=(_fact("TokenCreated", node),), answer=made, id=node_id, once=True)

    return work.operate(act)


def inherited_properties(work: Work, node_id: str) -> Document:
    """Give the properties of a node with where each comes from.

    Raises:
        NotFoundError: there is no such node.
    """
    node = get_node(work, node_id)
    found: list[JSON] = [one.to_json("node") for one in Fleet.of(work).properties_of_node(node)]
    return {"id": node_id, "properties": found}


def refuse_reserved(node_id: str) -> None:
    """Say that nothing is at a path that is none of a node: `POST /nodes/applyPolicy` is not served.

    Raises:
        UnknownPathError: the id is one that no node can have.
    """
    if node_id in RESERVED:
        raise UnknownPathError("There is nothing at this path")


def check_node_id(given: JSON) -> str:
    """Return the id if a node can have it.

    Raises:
        InvalidError: it cannot.
    """
    node_id = check_id(str(given), what="node")
    if node_id in RESERVED:
        text = f"Node id '{node_id}' is reserved; choose another id"
        raise InvalidError(text, fields={"id": [text]})
    return node_id


def _on_accept(work: Work) -> OnAccept:
    def value(key: str) -> JSON:
        return setting(key, find_document(work.session, "setting", key))

    return OnAccept(
        state=str(value("node_onaccept_default_state")),
        mode=str(value("node_onaccept_default_policyMode")),
        same_hostname=value("node_accept_duplicated_hostname") is True,
    )


def _accept(connection: Connection, tenant: str, node: Node, rules: OnAccept, now: int) -> Node:
    if not rules.same_hostname and store.is_hostname_taken(connection, tenant, node.hostname):
        raise ConflictError(
            f"Node '{node.id}' cannot be accepted: another accepted node has the host name '{node.hostname}'; delete "
            "that one, or set node_accept_duplicated_hostname to true"
        )
    accepted = replace(node, status="accepted", accepted=now, state=rules.state, policy_mode=rules.mode)
    return store.put_node(connection, tenant, accepted, is_new=False, now_ms=now)


def _bury(connection: Connection, tenant: str, node: Node, now: int) -> Node:
    hosted = read_holders(connection, tenant, INSTANCE, "nodeId", node.id)
    if hosted:
        named = ", ".join(one.id for one in hosted[:10])
        raise ConflictError(f"There are instances on node '{node.id}': {named}; delete them first")
    return _bury_empty(connection, tenant, node, now)


def _bury_empty(connection: Connection, tenant: str, node: Node, now: int) -> Node:
    if node.id == ROOT:
        raise ConflictError("Node 'root' belongs to the tenant and cannot be deleted")
    left = Node(id=node.id, hostname=node.hostname, status="deleted", created=node.created)
    return store.put_node(connection, tenant, left, is_new=False, now_ms=now)


def get_locked(connection: Connection, work: Work, node_id: str) -> Node:
    """Read a node under the tenant's lock.

    Raises:
        NotFoundError: there is none, or it was deleted.
    """
    node = store.lock_node(connection, work.ctx.tenant, node_id)
    if node is None or node.status == "deleted":
        raise missing_node(node_id)
    return node


def _fact(happening: str, node: Node, data: Document | None = None) -> Fact:
    return Fact(type=happening, kind=KIND, id=node.id, name=node.hostname, data=data)
