"""What nodes are told: bundles by hash, and the serials under which each node got them."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select

from app.store.base import upsert
from app.store.fleet_tables import BundleRow, PolicyRow
from app.store.prepared import Prepared
from app.store.session import TENANT, TenantSession, scoped
from app.store.tables import NodeRow

_PART = 500
_MANY = 5_000


class Told(NamedTuple):
    """What a node was told: `time` is when first, in milliseconds."""

    serial: int
    bundle: str
    time: int


_COLUMNS = (PolicyRow.serial, PolicyRow.bundle, PolicyRow.told)
_LAST = select(*_COLUMNS).where(PolicyRow.node == bindparam("node")).order_by(PolicyRow.serial.desc()).limit(1)
_ONE = select(*_COLUMNS).where(PolicyRow.node == bindparam("node"), PolicyRow.serial == bindparam("serial"))
_HISTORY = (
    select(*_COLUMNS)
    .where(PolicyRow.node == bindparam("node"), PolicyRow.serial < bindparam("before"))
    .order_by(PolicyRow.serial.desc())
    .limit(bindparam("most"))
)
_BODIES = select(BundleRow.hash, BundleRow.body).where(BundleRow.hash.in_(bindparam("hashes", expanding=True)))
_NEWEST = (
    select(PolicyRow.node, func.max(PolicyRow.serial).label("serial"))
    .where(PolicyRow.tenant == TENANT, PolicyRow.node.in_(bindparam("nodes", expanding=True)))
    .group_by(PolicyRow.node)
    .subquery()
)
_LAST_OF_MANY = select(PolicyRow.node, *_COLUMNS).join(
    _NEWEST, (PolicyRow.node == _NEWEST.c.node) & (PolicyRow.serial == _NEWEST.c.serial)
)
_NEWEST_OF_ALL = Prepared(scoped(select(PolicyRow.node, func.max(PolicyRow.serial)).group_by(PolicyRow.node)))
_LOCK = scoped(select(NodeRow.id).where(NodeRow.id == bindparam("node")).with_for_update())


def last_told(session: TenantSession, node: str) -> Told | None:
    """Read what a node is told now; None before its first policy."""
    row = session.find(_LAST, {"node": node})
    return None if row is None else Told(*row)


def find_told(session: TenantSession, node: str, serial: int) -> Told | None:
    """Read what a node was told under a serial."""
    row = session.find(_ONE, {"node": node, "serial": serial})
    return None if row is None else Told(*row)


def last_told_of(session: TenantSession, nodes: Sequence[str]) -> dict[str, Told]:
    """Read what each of these nodes is told now; those that never asked are left out."""
    found: dict[str, Told] = {}
    for start in range(0, len(nodes), _PART):
        rows = session.rows(_LAST_OF_MANY, {"nodes": list(nodes[start : start + _PART])})
        found.update((row[0], Told(*row[1:])) for row in rows)
    return found


def newest_told(session: TenantSession) -> Iterator[tuple[str, int]]:
    """Name each node that ever asked, and the serial of what it is told now."""
    for part in session.parts(_NEWEST_OF_ALL, {}, size=_MANY):
        yield from part


def told_history(session: TenantSession, node: str, *, before: int, most: int) -> list[Told]:
    """Read at most so many of what a node was told, newest first, with serials below `before`."""
    return [Told(*row) for row in session.rows(_HISTORY, {"node": node, "before": before, "most": most})]


def bundle_bodies(session: TenantSession, hashes: Collection[str]) -> dict[str, str]:
    """Read bundles by hash."""
    wanted = sorted(hashes)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _PART):
        found.update((row[0], row[1]) for row in session.rows(_BODIES, {"hashes": wanted[start : start + _PART]}))
    return found


def tell(connection: Connection, tenant: str, node: str, bundle: tuple[str, str], now_ms: int) -> Told:
    """Note that a node is told a bundle (hash, body), in a writing transaction; the same one again changes nothing.

    The serial is above all before it, and at least the time in seconds: a restored backup then gives none that an agent
    has seen already.
    """
    # Two requests of one node at the same time would both take the next serial.
    connection.execute(_LOCK, {"tenant": tenant, "node": node})
    row = connection.execute(scoped(_LAST), {"tenant": tenant, "node": node}).fetchone()
    hashed, body = bundle
    if row is not None and row[1] == hashed:
        return Told(*row)
    told = Told(max(0 if row is None else row[0] + 1, now_ms // 1000), hashed, now_ms)
    # The node's lock does not keep out another node that is told the same.
    made = upsert(connection, BundleRow).on_conflict_do_nothing()
    connection.execute(made, [{"tenant": tenant, "hash": hashed, "body": body, "created": now_ms}])
    values = {"tenant": tenant, "node": node, "serial": told.serial, "bundle": hashed, "told": now_ms}
    connection.execute(insert(PolicyRow), [values])
    return told
