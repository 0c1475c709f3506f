"""What nodes report: runs, the newest of each node, and how long they are kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, delete, func, select

from app.core.canonical import Document
from app.core.values import dataclass
from app.store.base import upsert
from app.store.fleet_tables import LastRunRow, RunRow
from app.store.prepared import Prepared
from app.store.session import AnyRow, TenantSession, scoped
from app.store.tables import NodeRow

_PART = 500
_MANY = 5_000


class Result(NamedTuple):
    """What became of one component; `rules` are those that bring its directive."""

    directive: str
    rules: tuple[str, ...]
    component: str
    value: str
    status: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of an agent; times are milliseconds, `counts` components by status."""

    id: str
    node: str
    started: int
    ended: int
    received: int
    serial: int
    bundle: str
    counts: dict[str, int] = field(default_factory=dict)
    results: tuple[Result, ...] = ()


class Report(NamedTuple):
    """The newest run of a node, as far as compliance depends on it; `text` are the results, as they are kept.

    Most nodes report the very same text as many others, so it is not read before somebody has to.
    """

    node: str
    run: str
    bundle: str
    received: int
    text: str

    @property
    def results(self) -> tuple[Result, ...]:
        """Read the results."""
        return _results(self.text)


_HEAD = (
    RunRow.id,
    RunRow.node,
    RunRow.started,
    RunRow.ended,
    RunRow.received,
    RunRow.serial,
    RunRow.bundle,
    RunRow.counts,
)
_NAMES = tuple(str(column.key) for column in _HEAD)
_NEWEST_OF_MANY = (LastRunRow.run == RunRow.id, LastRunRow.node.in_(bindparam("nodes", expanding=True)))
_BOTH = (LastRunRow.tenant == RunRow.tenant) & (LastRunRow.node == RunRow.node)
_LAST = select(*_HEAD, RunRow.results).join(LastRunRow, _BOTH).where(*_NEWEST_OF_MANY)
_REPORTS = (
    select(RunRow.node, RunRow.id, RunRow.bundle, RunRow.received, RunRow.results)
    .join(LastRunRow, _BOTH)
    .where(*_NEWEST_OF_MANY)
)
_HISTORY = (
    select(*_HEAD)
    .where(RunRow.node == bindparam("node"), RunRow.ended < bindparam("before"))
    .order_by(RunRow.ended.desc(), RunRow.id.desc())
    .limit(bindparam("most"))
)
_ONE = select(*_HEAD, RunRow.results).where(RunRow.node == bindparam("node"), RunRow.id == bindparam("id"))
_STAMP = select(func.count(), func.sum(LastRunRow.ended)).select_from(LastRunRow)
_NEWEST_OF_ALL = Prepared(scoped(select(LastRunRow.node, LastRunRow.run)))
_NEWEST = scoped(select(LastRunRow.ended).where(LastRunRow.node == bindparam("node")))


def last_runs(session: TenantSession, nodes: Sequence[str]) -> dict[str, Run]:
    """Read the newest run of each of these nodes, with its results."""
    found: dict[str, Run] = {}
    for start in range(0, len(nodes), _PART):
        rows = session.rows(_LAST, {"nodes": list(nodes[start : start + _PART])})
        found.update((row.node, _run(row, row.results)) for row in rows)
    return found


def newest_reports(session: TenantSession, nodes: Sequence[str]) -> dict[str, Report]:
    """Read the newest run of each of these nodes, its results unread."""
    found: dict[str, Report] = {}
    for start in range(0, len(nodes), _PART):
        rows = session.rows(_REPORTS, {"nodes": list(nodes[start : start + _PART])})
        found.update((row[0], Report(*row)) for row in rows)
    return found


def newest_runs(session: TenantSession) -> Iterator[tuple[str, str]]:
    """Name each node that ever reported, and its newest run."""
    for part in session.parts(_NEWEST_OF_ALL, {}, size=_MANY):
        yield from part


def stamp_of_runs(session: TenantSession) -> str:
    """Name the newest runs of all nodes by a text that is another one after each report."""
    row = session.find(_STAMP)
    return "" if row is None else f"{row[0]} {row[1]}"


def run_history(session: TenantSession, node: str, *, before: int, most: int) -> list[Run]:
    """Read at most so many runs of a node that ended before a time, newest first, without results."""
    return [_run(row, "[]") for row in session.rows(_HISTORY, {"node": node, "before": before, "most": most})]


def find_run(session: TenantSession, node: str, run: str) -> Run | None:
    """Read one run with its results."""
    row = session.find(_ONE, {"node": node, "id": run})
    return None if row is None else _run(row, row.results)


def add_runs(connection: Connection, tenant: str, runs: Iterable[Run]) -> int:
    """Keep the runs of one node in a writing transaction, and give how many were new; a repeated one is no fault."""
    added = 0
    newest: Run | None = None
    insert_new = upsert(connection, RunRow).on_conflict_do_nothing()
    for run in runs:
        made = connection.execute(insert_new.returning(RunRow.id), [_row(tenant, run)])
        added += len(made.fetchall())
        newest = run if newest is None or run.ended >= newest.ended else newest
    if newest is not None:
        known = connection.execute(_NEWEST, {"tenant": tenant, "node": newest.node}).fetchone()
        if known is None or known[0] <= newest.ended:
            values = {"tenant": tenant, "node": newest.node, "run": newest.id, "ended": newest.ended}
            put = upsert(connection, LastRunRow).on_conflict_do_update(
                index_elements=["tenant", "node"], set_={"run": newest.id, "ended": newest.ended}
            )
            connection.execute(put, [values])
    return added


def drop_old_runs(connection: Connection, *, received_before: int) -> int:
    """Delete runs of every tenant that came before a time, but for the newest of each node that there is still."""
    is_there = (
        select(NodeRow.id)
        .where(NodeRow.tenant == LastRunRow.tenant, NodeRow.id == LastRunRow.node, NodeRow.status != "deleted")
        .exists()
    )
    connection.execute(delete(LastRunRow).where(~is_there))
    is_last = (
        select(LastRunRow.run)
        .where(LastRunRow.tenant == RunRow.tenant, LastRunRow.node == RunRow.node, LastRunRow.run == RunRow.id)
        .exists()
    )
    return int(connection.execute(delete(RunRow).where(RunRow.received < received_before, ~is_last)).rowcount)


def _run(row: AnyRow, results: str) -> Run:
    values = dict(zip(_NAMES, row, strict=False))
    return Run(**{**values, "counts": orjson.loads(row.counts), "results": _results(results)})


def _results(text: str) -> tuple[Result, ...]:
    return tuple(Result(directive, tuple(rules), *said) for directive, rules, *said in orjson.loads(text))


def _row(tenant: str, run: Run) -> Document:
    # As plain tuples, which are written as lists; a named one is refused.
    results = [tuple(one) for one in run.results]
    return {
        "tenant": tenant,
        "id": run.id,
        "node": run.node,
        "started": run.started,
        "ended": run.ended,
        "received": run.received,
        "serial": run.serial,
        "bundle": run.bundle,
        "counts": orjson.dumps(run.counts).decode(),
        "results": orjson.dumps(results).decode(),
    }
