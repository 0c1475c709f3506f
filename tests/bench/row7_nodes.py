"""Row 7: one node changed, and pages of nodes, as the fleet grows; and what a `where` query costs over its parts."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import quote

from app.boot import DEFAULT, Installation, installation
from app.changes.change import Edit
from app.config import Config
from app.core.canonical import JSON
from app.core.context import Actor, Context
from app.fleet.criteria.compiling import Query, compile_query
from app.fleet.fleet import Fleet
from app.resources.nodes.service import update_node
from app.resources.policies.service import policy_of
from app.resources.reports.service import take_reports
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.fleets import fill, lines_of, report_all
from tests.bench.ground import Ground
from tests.bench.servers import Served, served
from tests.installations import Server

_PAGE = "/api/25/nodes?limit=100"
_TIMES = 20
_GROUPS = 100


def measure(ground: Ground) -> Iterator[Figure]:
    """Do the same in a small fleet and in a large one, in turn."""
    small, large = ground.size.counts[0], ground.size.counts[-1]
    say(f"Row 7: one node among {small:,} and {large:,}")
    configs = [_founded(ground, size) for size in (small, large)]
    with installation(configs[0]) as first, installation(configs[1]) as second:
        fleets = [_Fleet(config, opened) for config, opened in zip(configs, (first, second), strict=True)]
        for what, goal, act in (
            ("one node changed and its rules asked", 1.5, _Fleet.change),
            ("one report of 20 components ingested", 1.5, _Fleet.report),
            ("a policy fetched that did not change", 1.5, _Fleet.fetch),
            ("the first page of GET /nodes", 2, _Fleet.page),
        ):
            yield _grown(what, goal, act, fleets)
        yield _where(fleets[1], large)
    yield from _worker(configs[1], large)


_RESULTS: list[JSON] = [
    {
        "directive": f"d-{number}",
        "rules": ["r-1"],
        "component": "File",
        "value": f"/etc/{number}",
        "status": "successAlreadyOK",
        "message": "",
    }
    for number in range(20)
]


def _as_node(node: str) -> Context:
    return Context(DEFAULT, Actor(id=node, kind="node", handle=f"node:{node}"))


def _founded(ground: Ground, size: int) -> Config:
    config = ground.copied(ground.size.counts[0]).model_copy(update={"log_level": "error"})
    with installation(config) as opened:
        fill(opened, size)
        edits = [Edit("group", f"g-{one}", "create", _group(one)) for one in range(_GROUPS)]
        opened.committer.submit(Context.system(DEFAULT, "bench"), edits)
    return config


def _group(number: int) -> dict[str, object]:
    query = {"select": "node", "composition": "and", "where": lines_of(number)}
    return {"displayName": f"Group {number}", "query": query}


class _Fleet:
    """One installation with nodes."""

    def __init__(self, config: Config, opened: Installation) -> None:
        self.opened = opened
        self.server = Server(config, opened)
        self.numbers = count()
        self.change()
        self.page()

    def change(self) -> None:
        """Change one node, and ask which rules are applied on it."""
        for _ in range(_TIMES):
            work = self.opened.work(Context.system(DEFAULT, "bench"))
            site = {"name": "site", "value": f"site-{next(self.numbers) % 7}"}
            update_node(work, "node-000042", {"properties": [site]})
            Fleet.of(work).node("node-000042")
            work.release()

    def report(self) -> None:
        """Take a report from one node after the other."""
        for _ in range(_TIMES):
            number = next(self.numbers)
            node = f"node-{number % 1000:06}"
            work = self.opened.work(_as_node(node))
            run = {
                "id": f"run-{number}",
                "serial": 1,
                "bundle": "0" * 64,
                "start": 1,
                "end": number,
                "results": _RESULTS,
            }
            take_reports(work, node, {"runs": [run]})
            work.release()

    def fetch(self) -> None:
        """Tell one node its policy, which it was told before."""
        for _ in range(_TIMES):
            work = self.opened.work(_as_node("node-000042"))
            policy_of(work, "node-000042")
            work.release()

    def page(self) -> None:
        """Get the first page."""
        for _ in range(_TIMES):
            self.get(_PAGE)

    def get(self, path: str) -> None:
        """Get what must be there."""
        if self.server.get(path).status_code != 200:
            raise RuntimeError(path)

    def look_up(self, query: Query) -> None:
        """Find the ids alone."""
        for _ in range(_TIMES):
            work = self.opened.work(Context.system(DEFAULT, "bench"))
            Fleet.of(work).find(query, most=101)
            work.release()


def _grown(what: str, goal: float, act: Callable[[_Fleet], None], fleets: list[_Fleet]) -> Figure:
    first, second = fleets
    taken = side_by_side(5, {"small": lambda: act(first), "large": lambda: act(second)})
    return Figure(
        row="7",
        what=f"{what}, in a fleet 100 times as large",
        figure=duration(taken["large"] / _TIMES),
        floor=duration(taken["small"] / _TIMES),
        **at_most(taken["large"] / taken["small"], goal),
    )


def _where(fleet: _Fleet, size: int) -> Figure:
    lines = lines_of(3)[:2]
    url = f"{_PAGE}&where={quote(json.dumps(lines))}"
    query = compile_query({"select": "node", "composition": "and", "where": lines})
    if query is None:
        raise RuntimeError(url)
    acts: dict[str, Callable[[], object]] = {
        "where": lambda: [fleet.get(url) for _ in range(_TIMES)],
        "page": fleet.page,
        "look": lambda: fleet.look_up(query),
    }
    taken = side_by_side(5, acts)
    parts = taken["page"] + taken["look"]
    return Figure(
        row="7",
        what=f"a page of GET /nodes?where= among {size:,} nodes, against a look-up and a page",
        figure=duration(taken["where"] / _TIMES),
        floor=duration(parts / _TIMES),
        **at_most(taken["where"] / parts, 3),
    )


def _worker(config: Config, size: int) -> Iterator[Figure]:
    """Start a server over the large fleet, of which every node has reported, and ask it for everything."""
    say(f"Reports of {size:,} nodes")
    with installation(config) as opened:
        components = report_all(opened, size)
    with served(config) as server:
        taken = {path: _read_all(server, path) for path in (_PAGE, *_WHOLE)}
        used = server.memory_mb()
    for path, what in _WHOLE.items():
        seconds, length = taken[path]
        sized = f"{what}, {size:,} nodes of {components} components ({length / 1e6:,.1f} MB)"
        yield Figure(row="7", what=sized, figure=f"{seconds:.1f} s")
    what = f"memory of a worker after all of that, with {size:,} nodes"
    yield Figure(row="7", what=what, figure=f"{used:,.0f} MB", **at_most(used, 1_000, " MB"))


_WHOLE = {
    "/api/25/compliance": "the compliance of everything, for the first time since the start",
    "/api/25/compliance?precision=3": "the compliance of everything, once more",
    "/api/25/rules/compliance": "the compliance of each rule, down to each report",
    "/api/25/rules/r-0/compliance/byNode?format=csv": "the table of one rule",
    "/api/25/nodes/compliance?level=2": "the compliance of each node, by rule",
}


def _read_all(server: Served, path: str) -> tuple[float, int]:
    """Give how long an answer took, and its length."""
    request = urllib.request.Request(f"{server.url}{path}", headers={"X-API-Token": server.token})
    started, length = time.perf_counter(), 0
    with urllib.request.urlopen(request, timeout=900) as answer:
        while part := answer.read(1 << 20):
            length += len(part)
    return time.perf_counter() - started, length
