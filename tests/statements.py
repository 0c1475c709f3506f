"""Counting what a database is asked."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.store.db import Database

ON_SQLITE = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
"""For tests that count: SQLite tells every statement, and both databases are given the same ones."""


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Collect every statement that SQLite is given meanwhile, by SQLAlchemy or on the driver's own cursor.

    Not seen are connections that somebody holds when it begins.
    """
    told: list[str] = []

    def watch(driver: sqlite3.Connection, *_record: object) -> None:
        driver.set_trace_callback(told.append)

    event.listen(database.engine, "connect", watch)
    for driver in _idle(database):
        watch(driver)
    try:
        yield told
    finally:
        event.remove(database.engine, "connect", watch)
        for driver in _idle(database):
            driver.set_trace_callback(None)


def _idle(database: Database) -> list[sqlite3.Connection]:
    drivers = [one.connection.dbapi_connection for one in database.idle]
    return [driver for driver in drivers if isinstance(driver, sqlite3.Connection)]
