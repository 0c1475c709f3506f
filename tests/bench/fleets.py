"""Fleets for the benchmark: nodes of a few kinds, groups that query them, rules and directives."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zlib import crc32

import orjson
from sqlalchemy import insert, update

from app.boot import DEFAULT, Installation
from app.changes.change import Edit
from app.core.canonical import canonical
from app.core.clock import now_ms
from app.core.context import Context
from app.fleet.bundles.compiling import Bundle
from app.fleet.policies.bundling import bundling
from app.store.base import upsert
from app.store.documents import Stored
from app.store.fleet_tables import BundleRow, LastRunRow, PolicyRow, RunRow
from app.store.hosts import Host
from app.store.nodes import Node, node_row
from app.store.tables import NodeRow, Tenant
from tests.fleet.bundles.configurations import file_section

RULES, DIRECTIVES, GROUPS = 500, 2_000, 500
_SYSTEMS = ("Debian", "Ubuntu", "Redhat", "Suse")
_VALUES = {"site": 10, "role": 25, "tier": 3}


def node_of(number: int) -> Node:
    """Make one node; numbers next to each other differ in everything."""
    values = {name: crc32(f"{name} {number}".encode()) % count for name, count in _VALUES.items()}
    return Node(
        id=f"node-{number:06}",
        hostname=f"host-{number:06}.example.org",
        created=1,
        accepted=1,
        epoch=number + 2,
        properties=tuple({"name": name, "value": f"{name}-{value}"} for name, value in sorted(values.items())),
        inventory={
            "os": {"type": "Linux", "name": _SYSTEMS[number % 4], "version": str(number % 3)},
            "ram": 512 * (1 + number % 8),
            "ipAddresses": [f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"],
        },
    )


def lines_of(number: int) -> list[dict[str, str]]:
    """Make the query of one group: a system and two properties."""
    lines = [("node", "osName", "eq", _SYSTEMS[number % 4])]
    for name, prime in (("role", 3), ("site", 5)):
        lines.append(("serializedNodeProperty", "name.value", "eq", f"{name}={name}-{number * prime % _VALUES[name]}"))
    names = ("objectType", "attribute", "comparator", "value")
    return [dict(zip(names, line, strict=True)) for line in lines]


def documents() -> Iterator[Stored]:
    """Make the groups, directives and rules: each rule includes four groups, excludes one, has eight directives."""
    for number in range(GROUPS):
        query = {"select": "node", "composition": "or" if number % 2 else "and", "where": lines_of(number)}
        yield _stored("group", f"g-{number}", {"dynamic": True, "query": query, "properties": []})
    for number in range(DIRECTIVES):
        facts = {"policyMode": "default", "techniqueName": "t", "techniqueVersion": "1", "priority": number % 10}
        yield _stored("directive", f"d-{number}", facts)
    for number in range(RULES):
        yield rule_of(number, number)


def rule_of(number: int, seed: int) -> Stored:
    """Make one rule; another seed gives it other targets."""
    included: list[Any] = [f"group:g-{(seed * 17 + step * 31) % GROUPS}" for step in range(4)]
    targets = [{"include": {"or": included}, "exclude": {"or": [f"group:g-{(seed * 13 + 7) % GROUPS}"]}}]
    directives = sorted({f"d-{(number * 4 + step * 251) % DIRECTIVES}" for step in range(8)})
    return _stored("rule", f"r-{number}", {"targets": targets, "directives": directives})


def _stored(kind: str, document_id: str, document: dict[str, Any]) -> Stored:
    body = canonical({"id": document_id, "displayName": document_id, "enabled": True, **document}).decode()
    return Stored(kind, document_id, document_id, body, "", 1, "", 0, 0)


def fill(opened: Installation, count: int) -> None:
    """Put so many nodes into the default tenant."""
    with opened.database.writing(DEFAULT) as connection:
        for start in range(0, count, 1_000):
            rows: Sequence[Any] = [{"tenant": DEFAULT, **node_row(node_of(one))} for one in range(start, start + 1_000)]
            connection.execute(insert(NodeRow), rows[: count - start])
        connection.execute(update(Tenant).where(Tenant.id == DEFAULT).values(fleet_epoch=count + 2))


def report_all(opened: Installation, count: int) -> int:
    """Put every node under five rules of four files each, tell each its policy, and have it report; gives the files."""
    files = [f"/etc/sternpost/{number}" for number in range(4)]
    edits: list[Edit] = []
    for number in range(5):
        sections: list[Any] = [file_section(f"{path}-{number}", "of ${node.properties[site]}") for path in files]
        parameters = {"section": {"name": "sections", "sections": sections}}
        facts = {"displayName": f"Files {number}", "techniqueName": "fileManagement", "parameters": parameters}
        edits.append(Edit("directive", f"d-{number}", "create", facts))
        rule = {"displayName": f"Rule {number}", "directives": [f"d-{number}"], "targets": ["special:all"]}
        edits.append(Edit("rule", f"r-{number}", "create", rule))
    opened.committer.submit(Context.system(DEFAULT, "bench"), edits)
    for start in range(0, count, 500):
        work = opened.work(Context.system(DEFAULT, "bench"))
        with bundling(work) as bundler:
            nodes = {node.id: node for node in map(node_of, range(start, min(start + 500, count)))}
            bundles = bundler.bundles(
                [Host.of(node) for node in nodes.values()], lambda ids, nodes=nodes: {one: nodes[one] for one in ids}
            )
        work.release()
        _keep(opened, bundles, now_ms())
    return 5 * len(files)


def _keep(opened: Installation, bundles: Mapping[str, Bundle], now: int) -> None:
    """Write what `tell` and `add_runs` write, many at once."""
    bodies = [{"hash": one.hash, "body": one.body.decode(), "created": now} for one in _each_once(bundles.values())]
    policies = [{"node": node, "serial": 1, "bundle": one.hash, "told": now} for node, one in bundles.items()]
    runs = [_run(node, one, now) for node, one in bundles.items()]
    newest = [{"node": node, "run": "run-1", "ended": now} for node in bundles]
    with opened.database.writing(DEFAULT) as connection:
        for table, rows in ((BundleRow, bodies), (PolicyRow, policies), (RunRow, runs), (LastRunRow, newest)):
            put = upsert(connection, table).on_conflict_do_nothing()
            connection.execute(put, [{"tenant": DEFAULT, **row} for row in rows])


def _each_once(bundles: Iterable[Bundle]) -> list[Bundle]:
    """Give each bundle once."""
    return list({one.hash: one for one in bundles}.values())


def _run(node: str, bundle: Bundle, now: int) -> dict[str, object]:
    entries: Any = bundle.document["directives"]
    results = [
        (one["directive"], one["rules"], part["component"], part["value"], "successAlreadyOK", "")
        for one in entries
        for part in one["components"]
    ]
    times = {"started": now, "ended": now, "received": now}
    counts, listed = {"successAlreadyOK": len(results)}, orjson.dumps(results).decode()
    told = {"id": "run-1", "node": node, "serial": 1, "bundle": bundle.hash}
    return {**told, **times, "counts": orjson.dumps(counts).decode(), "results": listed}
