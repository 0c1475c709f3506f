"""Policies of nodes: told to the node itself, shown to others."""

import re

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.errors import NotFoundError
from app.fleet.fleet import missing_node
from app.fleet.policies.previewing import difference
from app.fleet.policies.telling import bundle_of, read_bundle, tell_node
from app.store.nodes import find_node
from app.store.policies import Told, bundle_bodies, find_told, last_told, told_history

_SERIAL = re.compile(r"[0-9]{1,18}")


def policy_of(work: Work, node_id: str) -> tuple[Document, str]:
    """Tell a node its own policy, or show an actor what it would be told; gives the object and its tag.

    Only the node gets the values of secrets, a serial and a signature; whoever else looks changes nothing.

    Raises:
        NotFoundError: there is no such node.
        ConflictError: it is not accepted.
    """
    if work.ctx.actor.kind == "node" and work.ctx.actor.id == node_id:
        policy = tell_node(work, node_id)
        shown: Document = {
            "statement": policy.statement,
            "signature": policy.signature,
            "keyId": policy.key_id,
            "bundle": policy.bundle,
            "secrets": dict(policy.secrets),
        }
        return shown, f"{policy.told.serial}-{policy.told.bundle[:12]}-{policy.key_id[-8:]}"
    bundle = bundle_of(work, node_id)
    told = last_told(work.session, node_id)
    is_told = told is not None and told.bundle == bundle.hash
    shown = {
        "node": node_id,
        "hash": bundle.hash,
        "isTold": is_told,
        "bundle": bundle.document,
    }
    if told is not None:
        shown["told"] = told_shape(told)
    return shown, f"{bundle.hash[:16]}-{told.serial if told is not None else 0}"


def history(work: Work, node_id: str, *, before: int, most: int) -> list[Document]:
    """List what a node was told, newest first.

    Raises:
        NotFoundError: there is no such node.
    """
    _demand_node(work, node_id)
    return [told_shape(told) for told in told_history(work.session, node_id, before=before, most=most)]


def told_policy(work: Work, node_id: str, serial: str) -> Document:
    """Show what a node was told under a serial, secrets as tags, and how it differed from what it was told before.

    Raises:
        NotFoundError: there is no such node, or it was told nothing under this serial.
    """
    _demand_node(work, node_id)
    told = find_told(work.session, node_id, int(serial)) if _SERIAL.fullmatch(serial) else None
    if told is None:
        text = f"Node '{node_id}' was told no policy with serial '{serial[:40]}'"
        raise NotFoundError(f"{text}; GET /nodes/{node_id}/policy/history lists them")
    before = told_history(work.session, node_id, before=told.serial, most=1)
    bodies = bundle_bodies(work.session, {told.bundle, *(one.bundle for one in before)})
    bundle = read_bundle(bodies[told.bundle])
    shown: Document = {**told_shape(told), "bundle": bundle}
    for one in before:
        changes: JSON = difference(read_bundle(bodies[one.bundle]), bundle)
        shown |= {"before": told_shape(one), "changes": changes}
    return shown


def _demand_node(work: Work, node_id: str) -> None:
    if find_node(work.session, node_id) is None:
        raise missing_node(node_id)


def told_shape(told: Told) -> Document:
    """Show when a node was told what."""
    return {"id": str(told.serial), "serial": told.serial, "hash": told.bundle, "toldAt": rfc3339(told.time)}
