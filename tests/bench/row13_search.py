"""Row 13: a search of many rules, in process: by a declared field, by a part of a text, and with related objects."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import event

from app.boot import DEFAULT, installation
from app.changes.change import Edit
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.ground import CTX, Ground, rule_id
from tests.installations import Server

PART = "number 99"
MANY = 100_000
"""Rules from which on the search is most of a request."""
_FOUND = (
    "SELECT id FROM document_fields "
    "WHERE tenant = ? AND kind = 'rule' AND field = 'displayName' AND instr(folded, ?) > 0"
)
_COUNT = f"SELECT count(*) FROM ({_FOUND})"
_PAGE = (
    "SELECT body, revision, created, updated FROM documents "
    f"WHERE tenant = ? AND kind = 'rule' AND id IN ({_FOUND}) ORDER BY id LIMIT 100"
)

_DIRECTIVE = {
    "displayName": "Message of the day",
    "techniqueName": "motdConfiguration",
}


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare a filter among few and among many rules, and a part of a text with the bare SQL for it."""
    least, most = ground.size.counts[0], ground.size.counts[2]
    say(f"Row 13: search among {least:,} and {most:,} rules")
    few = _taken(ground, least)
    many = _taken(ground, most)
    yield Figure(
        row="13",
        what=f"a filter by name among {most:,} rules, against {least:,}",
        figure=duration(many["filter"]),
        floor=duration(few["filter"]),
        **at_most(many["filter"] / few["filter"], 3),
    )
    yield Figure(
        row="13",
        what=f"a part of a name among {most:,} rules, total and page of 100",
        figure=duration(many["part"]),
        floor=duration(many["floor"]),
        # Among few rules the bare SQL is nothing, and what any request costs is all that would be compared.
        **(at_most(many["part"] / many["floor"], 2) if most >= MANY else {}),
    )
    yield Figure(
        row="13",
        what="queries of two levels of extend on a page of 100",
        figure=f"{many['queries']:.0f}",
        **at_most(many["queries"], 4),
    )


def _taken(ground: Ground, count: int) -> Mapping[str, float]:
    config = ground.copied(count)
    with installation(config) as opened:
        opened.committer.submit(CTX, [Edit("directive", "d-1", "create", _DIRECTIVE)])
        edits = [Edit("rule", rule_id(one), "modify", {"directives": ["d-1"]}) for one in range(100)]
        opened.committer.submit(CTX, edits)
        server = Server(config.model_copy(update={"log_level": "error"}), opened)
        client, headers = server.client, {"X-API-Token": server.token}

        def asked(body: Any) -> Any:
            answer = client.post("/api/25/rules/search", json=body, headers=headers)
            if answer.status_code != 200:
                raise RuntimeError(answer.text)
            return answer.json

        by_name = {"filters": {"displayName": ["Rule number 7"]}}
        if asked(by_name)["meta"]["total"] != 1:
            raise RuntimeError("the filter finds something else")
        bare = sqlite3.connect(config.database_url.removeprefix("sqlite:///"))

        def floor() -> None:
            bare.execute(_COUNT, (DEFAULT, PART)).fetchone()
            bare.execute(_PAGE, (DEFAULT, DEFAULT, PART)).fetchall()

        taken = side_by_side(
            ground.size.rounds,
            {
                "filter": _times(20, lambda: asked(by_name)),
                "part": _times(3, lambda: asked({"search": {"displayName": [PART]}})),
                "floor": _times(3, floor),
            },
        )
        bare.close()
        queries = _queries(server, lambda: asked({"extend": ["directives.technique"], "limit": 100}))
    times = {"filter": taken["filter"] / 20, "part": taken["part"] / 3, "floor": taken["floor"] / 3}
    return {**times, "queries": queries}


def _times(number: int, act: Callable[[], object]) -> Callable[[], object]:
    return lambda: [act() for _ in range(number)]


def _queries(server: Server, act: Callable[[], object]) -> int:
    """Count what is asked of the tables of documents; who calls is asked too."""
    counted: list[str] = []

    def count(_connection: object, _cursor: object, text: str, *_more: object) -> None:
        counted.append(text)

    engine = server.opened.database.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len([text for text in counted if "FROM documents" in text])
