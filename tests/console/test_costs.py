"""What pages cost the database: as many statements for many objects and events as for few."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from app.changes.change import Edit
from app.fleet.compliance.statuses import STATUSES
from app.store.compliance_days import DAY_MS, put_compliance_day
from tests.console.visiting import Visit
from tests.installations import Server, submit
from tests.review.cast import Cast

PATHS = (
    "/console/",
    "/console/events",
    "/console/events?kind=rule&actor=ci&text=rule",
    "/console/events/5",
    "/console/objects",
    "/console/objects/rule",
    "/console/objects/rule?q=rule",
    "/console/objects/rule?page=2",
    "/console/objects/rule?at=seq:211",
    "/console/objects/rule/r-1",
    "/console/objects/rule/r-1?at=seq:211",
    "/console/objects/rule/r-1/edit",
    "/console/new/directive",
)


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Pages ask the API, whose own tests run on both databases."""
    return migrated_sqlite_url


@pytest.fixture
def said() -> Iterator[list[str]]:
    """Keep every statement that SQLite is given, by connections that are made from now on."""
    statements: list[str] = []

    def watch(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(statements.append)

    event.listen(Pool, "connect", watch)
    yield statements
    event.remove(Pool, "connect", watch)


def test_pages_take_as_many_statements_for_many_as_for_few(said: list[str], server: Server) -> None:
    Cast(server).person("ann")
    with server.opened.database.writing("default") as connection:
        for day in range(40):
            put_compliance_day(connection, "default", day * DAY_MS, dict.fromkeys(STATUSES, 1))
    visit = Visit.of(server, "id-ann")
    taken: dict[str, list[int]] = {path: [] for path in PATHS}

    for first, last in ((0, 210), (210, 600)):
        submit(
            server.opened, *(Edit("rule", f"r-{n}", "create", {"displayName": f"Rule {n}"}) for n in range(first, last))
        )
        for path in PATHS:
            visit.get(path)  # what is worked out once after a change is no part of a page's cost
        for path in PATHS:
            said.clear()
            page = visit.get(path)
            assert page.status_code == 200, path
            taken[path].append(len(said))

    assert all(0 < few == many for few, many in taken.values()), taken
