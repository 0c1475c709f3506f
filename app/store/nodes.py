"""The nodes of a tenant; so far the policy servers, of which `root` is the first."""

from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select

from app.store.session import TenantSession, scoped
from app.store.tables import NodeRow

ROOT = "root"
"""The node that a tenant's own policies come from; it is there from the tenant's first moment."""

NODELESS = ("public", "system")
"""Tenants without machines: the catalogue, and the installation's own log."""


class Node(NamedTuple):
    """One machine; `created` is in milliseconds."""

    id: str
    hostname: str
    status: Literal["pending", "accepted"]
    is_policy_server: bool
    created: int


_COLUMNS = (NodeRow.id, NodeRow.hostname, NodeRow.status, NodeRow.is_policy_server, NodeRow.created)
_ONE = select(*_COLUMNS).where(NodeRow.id == bindparam("id"))
_POLICY_SERVERS = select(NodeRow.id).where(NodeRow.is_policy_server.is_(True)).order_by(NodeRow.id)
_HAS_ROOT = scoped(select(NodeRow.id).where(NodeRow.id == ROOT))


def find_node(session: TenantSession, node_id: str) -> Node | None:
    """Read one node."""
    row = session.find(_ONE, {"id": node_id})
    return None if row is None else Node(*row)


def list_policy_servers(session: TenantSession) -> list[str]:
    """Name the nodes that others get their policies from: `root`, then the others by id."""
    found = [str(row[0]) for row in session.rows(_POLICY_SERVERS)]
    return sorted(found, key=root_first)


def root_first(node_id: str) -> tuple[bool, str]:
    """Give the key by which policy servers are listed."""
    return node_id != ROOT, node_id


def add_root(connection: Connection, tenant: str, now_ms: int) -> None:
    """Give a tenant its node `root`, in the caller's transaction and under the tenant's lock; once is enough."""
    if tenant in NODELESS or connection.execute(_HAS_ROOT, {"tenant": tenant}).first() is not None:
        return
    root = Node(ROOT, hostname=ROOT, status="accepted", is_policy_server=True, created=now_ms)
    row: dict[str, Any] = {"tenant": tenant, **root._asdict()}
    connection.execute(insert(NodeRow).values(row))
