"""Row 10: the first page of events with any one filter, a walk among writers, and an export of the whole log."""

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from app.boot import DEFAULT, Installation, installation
from app.resources.events import service
from app.store.session import TenantSession
from app.verify.ranges import check_range
from tests.bench.figures import Figure, at_most, duration, rate, say, side_by_side
from tests.bench.ground import Ground
from tests.bench.servers import Served, served
from tests.chained_events import RARE, write_events
from tests.installations import Server
from tests.log_walk import walk_among_writers

PAGE = 100
WALKED_PAGE = 1_000
WORKER_MB = 200
NEWEST = 1 << 62
FIRST_HALF_SECOND = "2286-11-20T17:46:40.500Z"
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "actor": {"actor": "actor-7"},
    "credential": {"credential": "key-3"},
    "type": {"type": "UserLogin"},
    "kind": {"kind": "group"},
    "object": {"object": "o-12"},
    "changeRequest": {"change_request": 5},
    "commit": {"commit": f"{500:040x}"},
    "outcome": {"outcome": "denied"},
    "from": {"since": FIRST_HALF_SECOND},
    "to": {"until": FIRST_HALF_SECOND},
    "text": {"text": "reason 13"},
    "text that one event has": {"text": RARE},
}


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare each filter on a small and on a large log, walk one among writers, export the large one whole."""
    say("Row 10: events")
    small, walked, large = ground.size.events
    few_config, many_config = ground.founded(), ground.founded()
    with installation(few_config) as few, installation(many_config) as many:
        for opened, count in ((few, small), (many, large)):
            _write(opened, count)
        yield _first_pages(ground, few, many, f"{small:,} -> {large:,}")
    with served(many_config, worker=False) as server:
        yield from _export(server, large)
    config = ground.founded()
    with installation(config) as opened:
        _write(opened, walked)
        yield _walk(Server(config, opened), walked)


def _first_pages(ground: Ground, few: Installation, many: Installation, growth: str) -> Figure:
    ratios: dict[str, tuple[float, float]] = {}
    sessions = {name: TenantSession(one.database, DEFAULT) for name, one in (("few", few), ("many", many))}
    for name, filters in FILTERS.items():
        acts = {
            size: lambda session=session, filters=filters: service.find_events(
                session, filters, before=NEWEST, most=PAGE + 1
            )
            for size, session in sessions.items()
        }
        taken = side_by_side(ground.size.rounds, acts, waits=False)
        ratios[name] = (taken["many"] / taken["few"], taken["many"])
        say(f"  {name}: {duration(taken['many'])} ({ratios[name][0]:.2f})")
    for session in sessions.values():
        session.release()
    worst = max(ratios, key=lambda name: ratios[name][0])
    ratio, taken_s = ratios[worst]
    return Figure(
        row="10",
        what=f"first page of events, {growth}; of {len(FILTERS)} filters the worst is `{worst}`",
        figure=duration(taken_s),
        floor=duration(taken_s / ratio),
        **at_most(ratio, 2),
    )


def _export(server: Served, count: int) -> Iterator[Figure]:
    """Export everything, and see what the process that answers held at most, and that nothing is missing."""
    say(f"Exporting {count:,} events")
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=600)
    before = server.memory_mb()
    for kind in ("ndjson", "csv"):
        started = time.perf_counter()
        path = f"/api/25/events/export?format={kind}"
        connection.request("GET", path, headers={"X-API-Token": server.token})
        answer = connection.getresponse()
        length, end = 0, b""
        while part := answer.read(1 << 20):
            length, end = length + len(part), (end + part)[-10_000:]
        seconds = time.perf_counter() - started
        if kind == "ndjson":
            manifest = json.loads(end.splitlines()[-1])["manifest"]
            if manifest["count"] < count or manifest["gaps"]["count"]:
                raise RuntimeError(f"the export lacks events: {manifest}")
        held = server.memory_mb()
        yield Figure(
            row="10",
            what=f"memory of a worker that exports {count:,} events as {kind} ({length / 1e6:,.0f} MB, "
            f"{rate(count / seconds)}); {before:.0f} MB before",
            figure=f"{held:.0f} MB",
            **at_most(held, WORKER_MB, " MB"),
        )
    connection.close()


def _walk(server: Server, count: int) -> Figure:
    """Walk the log by its cursor while four writers append: each event once, none left out."""
    say(f"Walking {count:,} events while four writers append")
    started = time.perf_counter()
    walk = walk_among_writers(server, page=WALKED_PAGE)
    seconds = time.perf_counter() - started
    seen = walk.seqs
    wrong = len(seen) - len(set(seen)) + len(set(range(1, seen[0] + 1)) - set(seen))
    return Figure(
        row="10",
        what=f"events twice or missing in a walk of {len(seen):,} ({rate(len(seen) / seconds)}) "
        f"beside {len(walk.written):,} appended by four writers",
        figure=str(wrong),
        **at_most(wrong, 0),
    )


def _write(opened: Installation, count: int) -> None:
    say(f"Writing {count:,} chained events")
    seqs = write_events(opened, count)
    with opened.database.connect(DEFAULT) as connection:
        checked = check_range(connection, DEFAULT, seqs[0], min(seqs[0] + 999, seqs[-1]), {})
    if checked.fault is not None:
        raise RuntimeError(checked.fault)
