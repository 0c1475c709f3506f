"""What a change costs: the statements it takes."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from app.boot import Installation
from tests.changes.batches import rule
from tests.installations import submit


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """SQLite alone tells every statement; both databases are given the same ones."""
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


def test_a_change_reads_its_documents_at_once_and_writes_three_rows(
    said: list[str], installation: Installation
) -> None:
    submit(installation, rule("r-1"))
    submit(installation, rule("r-1", "modify", longDescription="first"))
    said.clear()

    submit(installation, rule("r-1", "modify", longDescription="second"))

    verbs = [" ".join(text.split()[:2]) for text in said]
    tables = [next((name for name in ("tenants", "documents", "events") if name in text), "") for text in said]
    assert [verb.split()[0] for verb in verbs] == ["BEGIN", "SELECT", "SELECT", "UPDATE", "INSERT", "UPDATE", "COMMIT"]
    assert tables == ["", "tenants", "documents", "documents", "events", "tenants", ""]
