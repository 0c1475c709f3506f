"""Row 7: one node changed, and pages of nodes, as the fleet grows; and what a `where` query costs over its parts."""

import json
import resource
from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import quote

from app.boot import DEFAULT, Installation, installation
from app.changes.change import Edit
from app.config import Config
from app.core.context import Context
from app.fleet.criteria.compiling import Query, compile_query
from app.fleet.fleet import Fleet
from app.resources.nodes.service import update_node
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.fleets import fill, lines_of
from tests.bench.ground import Ground
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
            ("the first page of GET /nodes", 2, _Fleet.page),
        ):
            yield _grown(what, goal, act, fleets)
        yield _where(fleets[1], large)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    what = f"memory of the process with {large:,} nodes"
    yield Figure(row="7", what=what, figure=f"{used:.2f} GB", **at_most(used, 1, " GB"))


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
            Fleet.of(work).rules_of("node-000042")
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
