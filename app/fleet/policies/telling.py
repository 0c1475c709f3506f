"""What a node is told: its bundle, a serial, a signature, and the secrets that go with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.changes.work import Work
from app.core.canonical import JSON, Document, canonical, load
from app.core.errors import ConflictError
from app.fleet.bundles.compiling import Bundle, compile_bundle
from app.fleet.bundles.facts import Configuration, NodeFacts
from app.fleet.fleet import Fleet, Standing
from app.fleet.policies.sources import SOURCES
from app.store.nodes import Node
from app.store.policies import Told, last_told, tell
from app.store.secrets import held_tags, read_secrets

STATEMENT = "sternpost-policy-1"
"""What the signed statement says it is; the agent checks it (`app/agent/trust.py`)."""

_OS = {"os.name": "name", "os.version": "version", "os.fullname": "fullName", "os.kernelversion": "kernelVersion"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a node must run, as told: `signature` is base64, `secrets` are values by tag."""

    told: Told
    statement: Document
    signature: str
    key_id: str
    bundle: Document
    secrets: Mapping[str, JSON]


def compile_for(work: Work, fleet: Fleet, standing: Standing) -> Bundle:
    """Compile the bundle of a node as of now.

    Raises:
        ConflictError: the node is not accepted.
    """
    node = standing.node
    if node.status != "accepted":
        raise ConflictError(f"Node '{node.id}' is {node.status}, so it has no policy; accept it first")
    facts = facts_of(fleet, node)
    with work.derived(SOURCES).reading() as configuration:
        return with_held(work, configuration, facts, standing)


def with_held(work: Work, configuration: Configuration, facts: NodeFacts, standing: Standing) -> Bundle:
    """Compile, and again without the directives whose secrets are still to be set, where there are any."""
    bundle = compile_bundle(configuration, facts, standing.rules)
    held = held_tags(work.session, bundle.secrets) if bundle.secrets else set()
    if held.issuperset(bundle.secrets):
        return bundle
    return compile_bundle(replace(configuration, held=held), facts, standing.rules)


def facts_of(fleet: Fleet, node: Node) -> NodeFacts:
    """Give what of a node counts for its policy."""
    found = node.inventory.get("os")
    system = found if isinstance(found, dict) else {}
    attributes = {name: str(system[member]) for name, member in _OS.items() if system.get(member) is not None}
    return NodeFacts(
        id=node.id,
        hostname=node.hostname,
        mode=node.policy_mode,
        state=node.state,
        properties={one.name: one.value for one in fleet.properties_of_node(node)},
        attributes={"id": node.id, "hostname": node.hostname, "policyserver": node.policy_server, **attributes},
    )


def tell_node(work: Work, node_id: str) -> Policy:
    """Tell a node its policy; what is told for the first time gets the next serial.

    Raises:
        NotFoundError: there is no such node.
        ConflictError: it is not accepted.
    """
    fleet = Fleet.of(work)
    bundle = compile_for(work, fleet, fleet.node(node_id))
    told = last_told(work.session, node_id)
    secrets = read_secrets(work.session, work.committer.ring, bundle.secrets)
    if told is None or told.bundle != bundle.hash:
        work.session.release()
        with work.session.database.writing(work.ctx.tenant) as connection:
            made = (bundle.hash, bundle.body.decode())
            told = tell(connection, work.ctx.tenant, node_id, made, work.committer.clock())
    statement: Document = {
        "format": STATEMENT,
        "tenant": work.ctx.tenant,
        "node": node_id,
        "bundle": told.bundle,
        "serial": told.serial,
        "secrets": hashlib.sha256(canonical(dict(secrets))).hexdigest(),
    }
    key_id, signature = work.committer.ring.sign(canonical(statement))
    return Policy(told, statement, signature, key_id, bundle.document, secrets)


def read_bundle(body: str) -> Document:
    """Read a stored bundle."""
    value = load(body)
    return value if isinstance(value, dict) else {}
