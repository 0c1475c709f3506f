"""Row 15: pages of the console as the configuration and the log grow, in statements and in time."""

from collections.abc import Iterator
from contextlib import ExitStack

from app.boot import installation
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.ground import FULL, Ground, fill, rule_id
from tests.chained_events import write_events
from tests.console.visiting import Visit
from tests.installations import Server
from tests.review.cast import Cast
from tests.statements import statements_of

FEW_RULES, FEW_EVENTS = 100, 1_000
PAGES = {
    "overview": "/console/",
    "rules": "/console/objects/rule",
    "rules that hold a text": "/console/objects/rule?q=r-0000",  # a hundred of the few and of the many
    "a rule with its history": f"/console/objects/rule/{rule_id(7)}",
    "events": "/console/events",
    "events of one kind": "/console/events?kind=group",
    "an event": "/console/events/150",
    "change requests": "/console/changeRequests",
}


def measure(ground: Ground) -> Iterator[Figure]:
    """Look at the same pages of a small and of a large tenant, in turn."""
    rules, events = (ground.size.counts[1], ground.size.events[1]) if ground.size is FULL else (400, 3_000)
    say(f"Row 15: pages of the console, {FEW_RULES:,} rules -> {rules:,}, {FEW_EVENTS:,} events -> {events:,}")
    with ExitStack() as stack:
        visitors: dict[str, _Visitor] = {}
        for name, documents, logged in (("few", FEW_RULES, FEW_EVENTS), ("many", rules, events)):
            config = ground.founded().model_copy(update={"log_level": "error"})
            opened = stack.enter_context(installation(config))
            fill(opened, 0, documents)
            write_events(opened, logged)
            visitors[name] = _Visitor(Server(config, opened))
        ratios: dict[str, tuple[float, float]] = {}
        more = 0
        for name, path in PAGES.items():
            looks = {size: lambda visitor=one, path=path: visitor.look(path) for size, one in visitors.items()}
            statements = {size: one.statements(path) for size, one in visitors.items()}
            more = max(more, statements["many"] - statements["few"])
            taken = side_by_side(4 * ground.size.rounds, looks, waits=False)
            ratios[name] = (taken["many"] / taken["few"], taken["many"])
            say(f"  {name}: {duration(taken['many'])} ({ratios[name][0]:.2f}), {statements['many']} statements")
    worst = max(ratios, key=lambda name: ratios[name][0])
    ratio, taken_s = ratios[worst]
    yield Figure(
        row="15",
        what=f"pages of the console among {rules:,} rules and {events:,} events; the worst is `{worst}`",
        figure=duration(taken_s),
        floor=duration(taken_s / ratio),
        **at_most(ratio, 2),
    )
    yield Figure(row="15", what="statements that a page takes more of then", figure=str(more), **at_most(more, 0))


class _Visitor:
    """Somebody with every right who looks at pages."""

    def __init__(self, server: Server) -> None:
        Cast(server).person("ann")
        self._visit = Visit.of(server, "id-ann")
        self._database = server.opened.database

    def look(self, path: str) -> None:
        answer = self._visit.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")

    def statements(self, path: str) -> int:
        """Count the statements of a page, once what is remembered between requests is there."""
        self.look(path)
        with statements_of(self._database) as told:
            self.look(path)
        return len(told)
