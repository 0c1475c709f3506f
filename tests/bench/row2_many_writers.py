"""Row 2: thirty-two writers on one tenant at once, in process and through HTTP."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count as numbers

from app.boot import Installation, installation
from tests.bench.client import Job, Load, run_client
from tests.bench.figures import Figure, at_least, at_most, duration, rate, say
from tests.bench.follower import follower
from tests.bench.ground import CTX, Changes, Ground, without_git
from tests.bench.servers import served

WRITERS = 32


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare many writers with the floor and with one writer."""
    say("Row 2: 32 writers in process")
    yield from _figures("in process", _in_process(ground))
    say("Row 2: 32 writers through HTTP")
    yield from _figures("through HTTP", _through_http(ground))


def _figures(where: str, loads: dict[str, Load]) -> Iterator[Figure]:
    many, floor, one = loads["many"], loads["floor"], loads["one"]
    mean = statistics.mean(many.latencies)
    p99 = statistics.quantiles(many.latencies, n=100)[98]
    figure = rate(many.rate)
    what = f"{WRITERS} writers {where}"
    floors = {"floor": rate(floor.rate), **at_least(many.rate / floor.rate, 0.5)}
    # In process the clock runs until git has the last commit; over HTTP the worker only takes its share of the cores.
    git = "git writer counted" if where == "in process" else "git writer beside it"
    yield Figure(row="2", what=f"{what}, {git}", figure=figure, **floors)
    singles = {"floor": rate(one.rate), **at_least(many.rate / one.rate, 1.4)}
    yield Figure(row="2", what=f"{what}, against one writer", figure=figure, **singles)
    yield Figure(
        row="2",
        what=f"{what}, p99 against the mean",
        figure=duration(p99),
        floor=duration(mean),
        **at_most(p99 / mean, 3),
    )


def _in_process(ground: Ground) -> dict[str, Load]:
    size, middle = ground.size, ground.size.counts[1]
    with (
        ground.database(middle) as config,
        ground.database(middle) as floor_config,
        installation(config) as real,
        installation(floor_config) as opened,
        follower(config) as writer,
    ):
        floor, changes = without_git(opened), Changes(middle)
        each = max(size.changes * 4 // WRITERS, 4)
        loads: dict[str, list[Load]] = {"many": [], "floor": [], "one": []}
        for turn in range(size.rounds + 1):
            writer.start()
            many = _write(real, changes, WRITERS, each, finish=writer.finish)
            writer.start()
            one = _write(real, changes, 1, size.changes, finish=writer.finish)
            without = _write(floor, changes, WRITERS, each)
            if turn:  # the first one warms up
                for name, load in (("many", many), ("floor", without), ("one", one)):
                    loads[name].append(load)
    return {name: _joined(found) for name, found in loads.items()}


def _joined(loads: Sequence[Load]) -> Load:
    seconds = statistics.median(load.seconds for load in loads) * len(loads)
    return Load(seconds, [latency for load in loads for latency in load.latencies])


def _write(opened: Installation, changes: Changes, writers: int, each: int, finish: object = None) -> Load:
    latencies: list[float] = []
    gate = threading.Barrier(writers + 1)

    def work() -> None:
        edits = [[changes.edit()] for _ in range(each)]
        gate.wait()
        for edit in edits:
            began = time.perf_counter()
            opened.committer.submit(CTX, edit)
            latencies.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(writers)]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    if callable(finish):
        finish()
    return Load(time.perf_counter() - started, latencies)


def _through_http(ground: Ground) -> dict[str, Load]:
    size, middle = ground.size, ground.size.counts[1]
    requests = size.requests
    loads: dict[str, list[Load]] = {"many": [], "floor": [], "one": []}
    with (
        ground.database(middle) as config,
        ground.database(middle) as floor_config,
        served(config) as real,
        served(floor_config, "without-git") as floor,
    ):
        first = numbers(0, WRITERS * requests)
        for turn in range(max(size.rounds // 2, 1) + 1):
            many = run_client(_job(real, WRITERS, requests // 4, next(first), middle))
            one = run_client(_job(real, 1, requests // 3, next(first), middle))
            without = run_client(_job(floor, WRITERS, requests // 4, next(first), middle))
            if turn:
                for name, load in (("many", many), ("floor", without), ("one", one)):
                    loads[name].append(load)
    return {name: _joined(found) for name, found in loads.items()}


def _job(server: object, connections: int, requests: int, first: int, documents: int) -> Job:
    each = max(requests * (8 if connections > 1 else 1) // connections, 2)
    return Job(server.url, server.token, "change", connections, each, documents, first)  # type: ignore[attr-defined]
