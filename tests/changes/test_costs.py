"""What a change costs: the statements it takes, and the values that it lists again."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.pool import Pool

from app.boot import Installation
from app.core.canonical import JSON, Document
from app.resources.rules.kind import RULE
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


IDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True)
TARGETS = st.lists(st.sampled_from(["special:all", "group:g-1", "group:g-2"]), max_size=2)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    directives: list[JSON] = [*draw(IDS)]
    targets: list[JSON] = [*draw(TARGETS)]
    return {
        "displayName": draw(st.sampled_from(["One", "Two", ""])),
        "categoryId": draw(st.sampled_from(["root", "other"])),
        "enabled": draw(st.booleans()),
        "system": False,
        "directives": directives,
        "tags": [{name: "x"} for name in draw(IDS)],
        "targets": targets,
    }


@settings(max_examples=60, deadline=None)
@given(st.none() | documents(), st.none() | documents())
def test_what_moves_is_the_difference_of_all_that_a_document_is_found_by(
    before: Document | None, after: Document | None
) -> None:
    old = RULE.values(before) if before else set()
    new = RULE.values(after) if after else set()

    assert RULE.moved_values(before, after) == (old - new, new - old)
