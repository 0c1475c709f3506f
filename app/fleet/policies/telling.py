"""What a node is told: its bundle, a serial, a signature, and the secrets that go with it."""

import hashlib
from collections.abc import Mapping

from app.changes.work import Work
from app.core.canonical import JSON, Document, canonical, load
from app.core.values import dataclass
from app.fleet.bundles.compiling import Bundle
from app.fleet.fleet import missing_node
from app.fleet.policies.bundling import bundling
from app.store.nodes import find_node
from app.store.policies import Told, last_told, tell
from app.store.secrets import read_secrets

STATEMENT = "sternpost-policy-1"
"""What the signed statement says it is; the agent checks it (`app/agent/trust.py`)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a node must run, as told: `signature` is base64, `secrets` are values by tag."""

    told: Told
    statement: Document
    signature: str
    key_id: str
    bundle: Document
    secrets: Mapping[str, JSON]


def bundle_of(work: Work, node_id: str) -> Bundle:
    """Compile the bundle of a node as of now.

    Raises:
        NotFoundError: there is no such node.
        ConflictError: it is not accepted.
    """
    node = find_node(work.session, node_id)
    if node is None:
        raise missing_node(node_id)
    with bundling(work) as bundler:
        return bundler.bundle(node)


def tell_node(work: Work, node_id: str) -> Policy:
    """Tell a node its policy; what is told for the first time gets the next serial.

    Raises:
        NotFoundError: there is no such node.
        ConflictError: it is not accepted.
    """
    bundle = bundle_of(work, node_id)
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
