"""The nodes of a tenant: rows with an inventory; each change of one takes the next number of the fleet."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Final, Literal, NamedTuple, cast

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select, update

from app.core.canonical import JSON, Document, canonical
from app.core.values import dataclass
from app.store.prepared import Prepared
from app.store.session import TenantSession, scoped
from app.store.sources import Table
from app.store.tables import NodeRow, Tenant

ROOT = "root"
"""The node that a tenant's own policies come from; it is there from the tenant's first moment."""

NODELESS = ("public", "system")
"""Tenants without machines: the catalogue, and the installation's own log."""

NodeStatus = Literal["pending", "accepted", "deleted"]

_PART = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One machine; times are milliseconds.

    A deleted one stays without inventory and token, so that every process learns that it went. `properties` are its own
    only, `[{"name", "value", ...}]` by name. `epoch` is the number of the fleet at its last change; what the agent
    reports (`last_run`) changes nothing that a policy depends on, and takes none.
    """

    id: str
    hostname: str
    status: NodeStatus = "accepted"
    is_policy_server: bool = False
    created: int
    updated: int = 0
    accepted: int | None = None
    state: str = "enabled"
    policy_mode: str = "default"
    policy_server: str = ROOT
    documentation: str = ""
    agent_key: Mapping[str, JSON] | None = None
    token_hash: str | None = None
    token_created: int | None = None
    last_inventory: int | None = None
    last_run: int | None = None
    epoch: int = 0
    properties: tuple[Mapping[str, JSON], ...] = ()
    inventory: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeHolder:
    """The node that a token is of, and how its tenant stands."""

    tenant: str
    id: str
    state: str
    read_only: bool


_COLUMNS = tuple(column for column in NodeRow.__table__.c if column.name != "tenant")
_NAMES = tuple(column.name for column in _COLUMNS)
_JSON = ("agent_key", "properties", "inventory")
_ONE = select(*_COLUMNS).where(NodeRow.id == bindparam("id"))
_SOME = select(*_COLUMNS).where(NodeRow.id.in_(bindparam("ids", expanding=True)))
_CHANGED = select(*_COLUMNS).where(NodeRow.epoch > bindparam("after")).order_by(NodeRow.id)
_SUMMARIES = (
    select(
        NodeRow.id,
        NodeRow.hostname,
        NodeRow.properties,
        NodeRow.token_hash.is_not(None),
        NodeRow.last_inventory,
        NodeRow.last_run,
    )
    .where(NodeRow.status == "accepted", NodeRow.is_policy_server.is_(False))
    .order_by(NodeRow.id)
)
_SOME_SUMMARIES = _SUMMARIES.where(NodeRow.id.in_(bindparam("ids", expanding=True)))
_STATUSES = select(NodeRow.id, NodeRow.status).where(NodeRow.id.in_(bindparam("ids", expanding=True)))
_PAGE = (
    select(*_COLUMNS)
    .where(NodeRow.status == bindparam("status"), NodeRow.id > bindparam("after"))
    .order_by(NodeRow.id)
    .limit(bindparam("most"))
)
_POLICY_SERVERS = (
    select(NodeRow.id).where(NodeRow.is_policy_server.is_(True), NodeRow.status == "accepted").order_by(NodeRow.id)
)
_COUNTED = (
    select(NodeRow.policy_mode, NodeRow.state, func.count().label("count"))
    .where(NodeRow.status == "accepted", NodeRow.is_policy_server.is_(False))
    .group_by(NodeRow.policy_mode, NodeRow.state)
)
_CALLED = scoped(
    select(NodeRow.id).where(NodeRow.hostname == bindparam("hostname"), NodeRow.status == "accepted").limit(1)
)
_HAS_ROOT = scoped(select(NodeRow.id).where(NodeRow.id == ROOT))
# The one look-up that cannot know its tenant: the token is what names it.
_BY_TOKEN = Prepared(
    select(NodeRow.tenant, NodeRow.id, Tenant.state, Tenant.read_only)
    .join(Tenant, Tenant.id == NodeRow.tenant)
    .where(NodeRow.token_hash == bindparam("hash"), NodeRow.status != "deleted")
)


NODES: Final = Table(
    id=NodeRow.id.expression,
    columns={
        "id": NodeRow.id.expression,
        "hostname": NodeRow.hostname.expression,
        "status": NodeRow.status.expression,
        "state": NodeRow.state.expression,
        "policyMode": NodeRow.policy_mode.expression,
        "policyServerId": NodeRow.policy_server.expression,
        "documentation": NodeRow.documentation.expression,
        "acceptanceDate": NodeRow.accepted.expression,
        "lastInventoryDate": NodeRow.last_inventory.expression,
        "lastRunDate": NodeRow.last_run.expression,
        "createdAt": NodeRow.created.expression,
        "updatedAt": NodeRow.updated.expression,
    },
    selected=_COLUMNS,
    read=lambda row: _node(row[1:]),
    conditions=(NodeRow.status != "deleted",),
)
"""Where a search finds nodes, pending ones too."""


def find_node(session: TenantSession, node_id: str) -> Node | None:
    """Read one node; a deleted one is none."""
    row = session.find(_ONE, {"id": node_id})
    return None if row is None or row.status == "deleted" else _node(row)


def some_nodes(session: TenantSession, ids: Sequence[str]) -> dict[str, Node]:
    """Read the nodes with these ids, by id; deleted ones are left out."""
    found: dict[str, Node] = {}
    for start in range(0, len(ids), _PART):
        rows = session.rows(_SOME, {"ids": list(ids[start : start + _PART])})
        found.update((row.id, _node(row)) for row in rows if row.status != "deleted")
    return found


class Summary(NamedTuple):
    """What lists of hosts need of an accepted node, without its inventory."""

    id: str
    hostname: str
    properties: Sequence[Mapping[str, JSON]]
    has_token: bool
    last_inventory: int | None
    last_run: int | None

    @classmethod
    def of(cls, node: Node) -> "Summary":
        """Sum a node up."""
        has_token = node.token_hash is not None
        return cls(node.id, node.hostname, node.properties, has_token, node.last_inventory, node.last_run)


def summaries(session: TenantSession, ids: Collection[str] | None = None) -> Iterator[Summary]:
    """Sum up the accepted nodes that are no policy servers, by id; all of them, or those with these ids."""
    if ids is None:
        yield from map(_summary, session.rows(_SUMMARIES))
        return
    wanted = sorted(ids)
    for start in range(0, len(wanted), _PART):
        yield from map(_summary, session.rows(_SOME_SUMMARIES, {"ids": wanted[start : start + _PART]}))


def _summary(row: Sequence[Any]) -> Summary:
    return Summary(row[0], row[1], orjson.loads(row[2]), *row[3:])


def statuses_of(session: TenantSession, ids: Sequence[str]) -> dict[str, str]:
    """Give the status of each of these nodes that ever was one."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), _PART):
        found.update((row.id, row.status) for row in session.rows(_STATUSES, {"ids": list(ids[start : start + _PART])}))
    return found


def page_nodes(session: TenantSession, status: NodeStatus, *, after: str = "", most: int) -> list[Node]:
    """Read at most so many nodes of a status, by id, from behind `after`."""
    return [_node(row) for row in session.rows(_PAGE, {"status": status, "after": after, "most": most})]


def changed_nodes(session: TenantSession, after: int) -> Iterator[Node]:
    """Read the nodes, deleted ones too, whose last change has a number of the fleet behind this, a part at a time."""
    with session.stream(_CHANGED, {"after": after}) as rows:
        for row in rows:
            yield _node(row)


def list_policy_servers(session: TenantSession) -> list[str]:
    """Name the nodes that others get their policies from: `root`, then the others by id."""
    found = [str(row[0]) for row in session.rows(_POLICY_SERVERS)]
    return sorted(found, key=root_first)


def count_nodes(session: TenantSession) -> dict[tuple[str, str], int]:
    """Count the accepted nodes that are no policy servers, by policy mode and state."""
    return {(row[0], row[1]): int(row[2]) for row in session.rows(_COUNTED)}


def root_first(node_id: str) -> tuple[bool, str]:
    """Give the key by which policy servers are listed."""
    return node_id != ROOT, node_id


def find_node_by_token(connection: Connection, hashed: str) -> NodeHolder | None:
    """Look up the node of a token's hash, whatever its tenant."""
    rows = _BY_TOKEN.rows(connection, {"hash": hashed})
    if not rows:
        return None
    tenant, node_id, state, read_only = rows[0]
    return NodeHolder(tenant, node_id, state, bool(read_only))


def is_hostname_taken(connection: Connection, tenant: str, hostname: str) -> bool:
    """Tell, under the tenant's lock, whether an accepted node has this host name."""
    return connection.execute(_CALLED, {"tenant": tenant, "hostname": hostname}).first() is not None


def lock_node(connection: Connection, tenant: str, node_id: str) -> Node | None:
    """Read a node, a deleted one too, inside a writing transaction that holds the tenant's lock."""
    row = connection.execute(scoped(_ONE), {"tenant": tenant, "id": node_id}).fetchone()
    return None if row is None else _node(row)


def put_node(connection: Connection, tenant: str, node: Node, *, is_new: bool, now_ms: int) -> Node:
    """Write a node under the tenant's lock, and give it as it is now: with the next number of the fleet."""
    node = replace(node, epoch=_next_epoch(connection, tenant), updated=now_ms)
    if is_new:
        connection.execute(insert(NodeRow), [{"tenant": tenant, **node_row(node)}])
    else:
        # `last_run` is written beside all locks by whoever takes reports.
        values = {name: value for name, value in node_row(node).items() if name not in ("id", "last_run")}
        connection.execute(update(NodeRow).where(NodeRow.tenant == tenant, NodeRow.id == node.id).values(values))
    return node


def touch_node(connection: Connection, tenant: str, node_id: str, last_run: int) -> None:
    """Note when a node ran its policy last."""
    connection.execute(update(NodeRow).where(NodeRow.tenant == tenant, NodeRow.id == node_id).values(last_run=last_run))


def add_root(connection: Connection, tenant: str, now_ms: int) -> None:
    """Give a tenant its node `root`, in the caller's transaction and under the tenant's lock; once is enough."""
    if tenant in NODELESS or connection.execute(_HAS_ROOT, {"tenant": tenant}).first() is not None:
        return
    root = Node(id=ROOT, hostname=ROOT, is_policy_server=True, created=now_ms, accepted=now_ms)
    put_node(connection, tenant, root, is_new=True, now_ms=now_ms)


def _next_epoch(connection: Connection, tenant: str) -> int:
    """Take the next number of the fleet; the caller holds the tenant's lock, so that numbers commit in order."""
    moved = update(Tenant).where(Tenant.id == tenant).values(fleet_epoch=Tenant.fleet_epoch + 1)
    return int(connection.execute(moved.returning(Tenant.fleet_epoch)).scalar_one())


def _node(row: Sequence[Any]) -> Node:
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    for name in _JSON:
        values[name] = None if values[name] is None else orjson.loads(values[name])
    values["properties"] = tuple(values["properties"])
    values["is_policy_server"] = bool(values["is_policy_server"])
    return Node(**values)


def node_row(node: Node) -> dict[str, object]:
    """Give the columns of a node, but for the tenant."""
    values: dict[str, object] = {name: getattr(node, name) for name in _NAMES}
    values["properties"] = list(node.properties)
    for name in _JSON:
        values[name] = None if values[name] is None else canonical(cast("JSON", values[name])).decode()
    return values
