"""A walk of the whole log by its cursor, while others write to it."""

import threading
from dataclasses import dataclass

from app.changes.change import Edit
from tests.installations import Server, as_account, submit

WRITERS = 4
RULE = "walked-past"


@dataclass(frozen=True, slots=True)
class Walk:
    """The seqs that the pages showed, in their order, and those that the writers were told meanwhile."""

    seqs: list[int]
    written: list[int]


def walk_among_writers(server: Server, *, page: int) -> Walk:
    """Read every page of the log of `default`, newest first, while four writers change a rule all the time."""
    submit(server.opened, Edit("rule", RULE, "create", {"displayName": "Walked past"}))
    stop, begun = threading.Event(), threading.Barrier(WRITERS + 1)
    written: list[int] = []
    writers = [threading.Thread(target=_write, args=(server, name, begun, stop, written)) for name in range(WRITERS)]
    for writer in writers:
        writer.start()
    begun.wait()
    try:
        seqs = _walk(server, page)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    return Walk(seqs, written)


def _write(server: Server, name: int, begun: threading.Barrier, stop: threading.Event, written: list[int]) -> None:
    """Change the rule at least once before the walk begins, and then until it ends."""
    number = 0
    while not stop.is_set():
        number += 1
        edit = Edit("rule", RULE, "modify", {"shortDescription": f"Writer {name}, change {number}"})
        outcome = submit(server.opened, edit, ctx=as_account(f"writer-{name}"))
        written.append(outcome.last_seq or 0)
        if number == 1:
            begun.wait()


def _walk(server: Server, page: int) -> list[int]:
    seqs: list[int] = []
    path = f"/api/25/events?limit={page}"
    cursor = ""
    while cursor is not None:
        answer = server.get(f"{path}&cursor={cursor}" if cursor else path).get_json()
        seqs += [one["seq"] for one in answer["data"]["events"]]
        cursor = answer["meta"].get("next")
    return seqs
