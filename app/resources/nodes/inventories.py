"""Taking inventories: no event is written, so that a thousand machines may send theirs every hour."""

from dataclasses import replace

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import ForbiddenError, InvalidError
from app.fleet.inventories import read_inventory
from app.resources.nodes.service import KIND, check_node_id, get_locked
from app.resources.nodes.shape import MINIMAL, node_json
from app.store import nodes as store
from app.store.nodes import Node


def send_inventory(work: Work, body: JSON) -> Document:
    """Take the inventory of a machine; one that is not known becomes a pending node.

    Raises:
        InvalidError: the inventory cannot be read, or does not say whose it is.
        ForbiddenError: a node sent that of another.
    """
    sent = dict(body) if isinstance(body, dict) else {}
    own = work.ctx.actor.id if work.ctx.actor.kind == KIND else None
    given = sent.pop("id", None)
    if given is None and own is None:
        text = "is required: the id of the node whose inventory this is"
        raise InvalidError(f"id: {text}", fields={"id": [text]})
    node_id = own if given is None and own is not None else check_node_id(given)
    _refuse_others(work, node_id)
    hostname, inventory = read_inventory(sent if isinstance(body, dict) else body)

    def act(connection: Connection, now: int) -> Deed:
        known = store.lock_node(connection, work.ctx.tenant, node_id)
        fresh = Node(id=node_id, hostname=hostname, status="pending", created=now)
        node = fresh if known is None or known.status == "deleted" else known
        node = replace(node, hostname=hostname, inventory=inventory, last_inventory=now)
        store.put_node(connection, work.ctx.tenant, node, is_new=known is None, now_ms=now)
        return Deed(facts=(), answer=node_json(node, MINIMAL), id=node_id)

    return work.operate(act)


def replace_inventory(work: Work, node_id: str, body: JSON) -> Document:
    """Take the inventory of a node that is known.

    Raises:
        NotFoundError: there is no such node.
        InvalidError: the inventory cannot be read, or is another's.
        ForbiddenError: a node sent that of another.
    """
    _refuse_others(work, node_id)
    sent = dict(body) if isinstance(body, dict) else body
    if isinstance(sent, dict) and sent.pop("id", node_id) != node_id:
        text = f"is not '{node_id}', the node of the path; leave it out"
        raise InvalidError(f"id: {text}", fields={"id": [text]})
    hostname, inventory = read_inventory(sent)

    def act(connection: Connection, now: int) -> Deed:
        node = get_locked(connection, work, node_id)
        node = replace(node, hostname=hostname, inventory=inventory, last_inventory=now)
        store.put_node(connection, work.ctx.tenant, node, is_new=False, now_ms=now)
        return Deed(facts=(), answer=node_json(node, MINIMAL), id=node_id)

    return work.operate(act)


def _refuse_others(work: Work, node_id: str) -> None:
    """The token of a node opens no path of another; a body must not either."""
    if work.ctx.actor.kind == KIND and work.ctx.actor.id != node_id:
        raise ForbiddenError(f"Node '{work.ctx.actor.id}' may send its own inventory only, not that of '{node_id}'")
