"""Row 5: one rule over HTTP against a trivial route on the same kind of server."""

import statistics
from collections.abc import Iterator

from tests.bench.client import Job, run_client
from tests.bench.figures import Figure, at_least, rate, say
from tests.bench.ground import Ground
from tests.bench.servers import Served, served

CONNECTIONS = 4


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare rates of a read and of a 304 with the trivial route's."""
    say("Row 5: one rule over HTTP")
    size, middle = ground.size, ground.size.counts[1]
    config = ground.copied(middle)
    rates: dict[str, list[float]] = {"read": [], "unchanged": [], "trivial": []}
    with served(config, worker=False) as real, served(config, "trivial") as trivial:
        for turn in range(size.rounds + 1):
            for what, found in rates.items():
                load = run_client(_job(trivial if what == "trivial" else real, what, size.requests, middle))
                if turn:  # the first one warms up
                    found.append(load.rate)
    medians = {what: statistics.median(found) for what, found in rates.items()}
    floor = medians["trivial"]
    for what, text, goal in (("read", "GET one rule over HTTP", 0.4), ("unchanged", "the same, answered 304", 0.6)):
        yield Figure(
            row="5", what=text, figure=rate(medians[what]), floor=rate(floor), **at_least(medians[what] / floor, goal)
        )


def _job(server: Served, what: str, requests: int, documents: int) -> Job:
    return Job(
        server.url, server.token, what, CONNECTIONS, requests // CONNECTIONS, 0 if what == "trivial" else documents
    )
