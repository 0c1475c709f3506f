"""Connections that are kept for reads: always clean, always current, closed with the database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.store.db import Database
from app.store.migrations import upgrade


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url, pool_size=4)
    upgrade(made)
    yield made
    made.close()


def _states(database: Database) -> list[str]:
    connection = database.take()
    try:
        return sorted(row[0] for row in connection.execute(text("SELECT state FROM tenants WHERE id = 'acme'")))
    finally:
        database.give(connection)


def test_a_connection_that_was_given_back_sees_what_another_wrote_meanwhile(database: Database) -> None:
    assert _states(database) == []

    with database.writing() as connection:
        connection.execute(
            text("INSERT INTO tenants (id, name, state, read_only, created, seq, time, hash) VALUES "
                 "('acme', 'Acme', 'ACTIVE', false, 7, 0, 0, '')")
        )  # fmt: skip

    assert _states(database) == ["ACTIVE"]


def test_what_was_begun_on_a_connection_is_undone_when_it_is_given_back(database: Database) -> None:
    connection = database.take()
    if database.is_sqlite:
        connection.exec_driver_sql("BEGIN")
    connection.execute(text("UPDATE tenants SET name = 'Injured'"))
    database.give(connection)

    taken = database.take()
    assert taken.execute(text("SELECT count(*) FROM tenants WHERE name = 'Injured'")).scalar_one() == 0
    database.give(taken)
    with database.writing() as writer:  # nothing holds a lock any more
        writer.execute(text("UPDATE tenants SET read_only = read_only"))


def test_more_connections_than_are_kept_can_be_taken_and_given_back(database: Database) -> None:
    taken = [database.take() for _ in range(6)]
    for connection in taken:
        database.give(connection)

    assert _states(database) == []
    assert database.engine.pool.checkedout() <= 2  # type: ignore[attr-defined]  # of a pool that counts
