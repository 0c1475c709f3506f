"""Row 4: a list of every rule, in process, with its token checked.

The server keeps the rows of lists that it has read, so three things are measured: a list as it was, which is what the
goals are about, a list of which one rule changed since, and one that is read for the first time.
"""

import itertools
import json
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

from flask import Flask
from werkzeug.test import create_environ

from app.boot import DEFAULT, installation
from app.changes.change import Edit
from app.changes.listing import Listings
from tests.bench.figures import Figure, at_least, at_most, duration, say, seconds_of, side_by_side
from tests.bench.ground import CTX, Ground, rule_id, text_of
from tests.bench.naive import SchemaDump
from tests.installations import Server

ROUNDS = 11
_SELECT = "SELECT body FROM documents WHERE tenant = ? AND kind = 'rule' ORDER BY id"


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare the list with joining the same texts, and with a schema dumped over ORM objects."""
    for count in ground.size.counts[:2]:
        say(f"Row 4: a list of {count:,}")
        taken = _taken(ground, count)
        what = f"GET list of {count:,} rules"
        yield Figure(
            row="4",
            what=what,
            figure=duration(taken["real"]),
            floor=duration(taken["floor"]),
            **at_most(taken["real"] / taken["floor"], 2),
        )
        yield Figure(
            row="4",
            what=f"{what}, against a schema dump",
            figure=duration(taken["real"]),
            naive=duration(taken["naive"]),
            **at_least(taken["naive"] / taken["real"], 30),
        )
        for name, when in (("changed", "one of them changed since"), ("first", "read for the first time")):
            ratio = f"{taken['naive'] / taken[name]:.2f}"
            told = {"figure": duration(taken[name]), "naive": duration(taken["naive"]), "ratio": ratio}
            yield Figure(row="4", what=f"{what}, {when}", **told)


def _start(status: str, _headers: object, *_more: object) -> object:
    if status != "200 OK":
        raise RuntimeError(status)
    return None


def _after(before: Callable[[], object], act: Callable[[], object]) -> float:
    """Give the median seconds of the processor that an act takes each time after something else."""
    taken = []
    for _ in range(ROUNDS):
        before()
        taken.append(seconds_of(act, time.process_time))
    return statistics.median(taken)


def _taken(ground: Ground, count: int) -> dict[str, float]:
    config = ground.copied(count)
    with installation(config) as opened:
        server = Server(config.model_copy(update={"log_level": "error"}), opened)
        client, headers = server.client, {"X-API-Token": server.token}
        app = client.application
        connection = sqlite3.connect(config.database_url.removeprefix("sqlite:///"))

        forgetful = Server(server.config, replace(opened, listings=Listings(most_bytes=0))).client.application

        def real(asked: Flask = app) -> int:
            with closing(asked(create_environ("/api/25/rules", headers=headers), _start)) as parts:
                return sum(map(len, parts))

        numbers = itertools.count()

        def change() -> None:
            document = rule_id(next(numbers) * 7919 % count)
            opened.committer.submit(CTX, [Edit("rule", document, "modify", {"longDescription": text_of(count)})])

        def floor() -> int:
            texts = [row[0] for row in connection.execute(_SELECT, (DEFAULT,))]
            return len(("[" + ",".join(texts) + "]").encode())

        listed = json.loads(client.get("/api/25/rules", headers=headers).data)["data"]["rules"]
        if len(listed) != count:
            raise RuntimeError(f"the list has {len(listed)} rules, not {count}")
        dump = SchemaDump(ground.folder / f"schema-{count}", listed)
        repeats = max(1, 10_000 // count) if ground.size.name == "full" else 2

        def times(act: object) -> object:
            return lambda: [act() for _ in range(repeats)]  # type: ignore[operator]

        fast = side_by_side(ground.size.rounds, {"real": times(real), "floor": times(floor)}, waits=False)
        slow = side_by_side(3, {"naive": dump.answer}, waits=False)
        seldom = {"changed": _after(change, real), "first": _after(lambda: None, lambda: real(forgetful))}
        dump.close()
        connection.close()
    return {name: seconds / repeats for name, seconds in fast.items()} | slow | seldom
