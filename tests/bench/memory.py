"""Memory of a serving process, and how soon a server answers."""

import http.client
import shutil
import statistics
from collections.abc import Iterator
from urllib.parse import urlsplit

from app.config import Config
from tests.bench.client import Job, run_client
from tests.bench.figures import Figure, at_most, say
from tests.bench.ground import Ground
from tests.bench.servers import Served, served
from tests.installations import configured

LIMIT_MB = 300
START_S = 3


def measure(ground: Ground) -> Iterator[Figure]:
    """Look at the server after long lists and many writes."""
    say("Memory and start")
    size, many = ground.size, ground.size.counts[2]
    writes = 10_000 if size.name == "full" else 200
    yield _start("first start, in an empty data directory, until it answers", ground.empty(), size.rounds)
    yield _start(f"start with {many:,} documents until it answers", ground.copied(many), size.rounds)
    with served(ground.copied(many)) as server:
        length = _list(server)
        listed = server.memory_mb()
        what = f"memory after listing {many:,} documents ({length / 1e6:.0f} MB)"
        yield Figure(row="-", what=what, figure=f"{listed:.0f} MB", **at_most(listed, LIMIT_MB, " MB"))
        run_client(Job(server.url, server.token, "change", 32, writes // 32, many))
        written = server.memory_mb()
        yield Figure(
            row="-",
            what=f"memory after {writes:,} writes more",
            figure=f"{written:.0f} MB",
            **at_most(written, LIMIT_MB, " MB"),
        )


def _start(what: str, config: Config, rounds: int) -> Figure:
    """Start a server some times, each time in a copy of the same data directory, and take the median."""
    taken = []
    for turn in range(rounds):
        folder = config.data_dir.with_name(f"{config.data_dir.name}-{turn}")
        shutil.copytree(config.data_dir, folder)
        with served(configured(f"sqlite:///{folder}/sternpost.db", config.keys_dir, folder)) as server:
            taken.append(server.start_s)
    seconds = statistics.median(taken)
    return Figure(row="-", what=what, figure=f"{seconds:.2f} s", **at_most(seconds, START_S, " s"))


def _list(server: Served) -> int:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    connection.request("GET", "/api/25/rules", headers={"X-API-Token": server.token})
    answer = connection.getresponse()
    length = 0
    while part := answer.read(1 << 20):
        length += len(part)
    connection.close()
    return length
