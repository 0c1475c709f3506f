"""The statements of the write path find their rows by key, however many documents a tenant has."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Select, event
from sqlalchemy.dialects import sqlite

from app.boot import Installation
from app.core.canonical import Document
from app.resources.events.service import find_events
from app.store.documents import SOME, as_lists
from app.store.keys import Key
from app.store.search import Asked, Order, find
from app.store.session import TenantSession, scoped
from app.store.sources import Documents
from app.store.writes import _BLOBS_OF, _DONE

KEYS = as_lists([("rule", "r-1"), ("setting", "enable_change_message")])
STATEMENTS = {
    "documents": (scoped(SOME), KEYS),
    "blobs": (_BLOBS_OF, KEYS),
    "idempotency": (_DONE, {"actors": ["ci"], "keys": ["k-1"]}),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_lookup_uses_every_column_of_the_key(installation: Installation, name: str) -> None:
    statement, values = STATEMENTS[name]
    if not installation.database.is_sqlite:
        pytest.skip("PostgreSQL chooses by the tables' statistics")

    steps = plan(installation, statement, {"tenant": "default", **values})

    assert [step for step in steps if step.endswith("(tenant=?)") or step.startswith("SCAN")] == []


@pytest.mark.parametrize("filters", [{"outcome": "denied"}, {"change_request": 7}], ids=str)
def test_a_filter_of_what_hardly_any_event_has_uses_its_small_index(
    installation: Installation, filters: Document
) -> None:
    if not installation.database.is_sqlite:
        pytest.skip("PostgreSQL chooses by the tables' statistics")
    session = TenantSession(installation.database, "default")
    with asked_by(installation) as asked:
        find_events(session, filters, before=1 << 60, most=10)
    session.release()

    [(text, values)] = asked
    steps = steps_of(installation, text, values)
    assert len(steps) == 1
    assert "USING INDEX ix_events_tenant_" in steps[0]


def test_a_list_in_the_order_of_a_text_walks_its_index_and_ends_after_a_page(installation: Installation) -> None:
    steps = steps_of_a_search(installation, Key("name"), Asked(order=Order("name")))

    assert steps[0].endswith(
        "COVERING INDEX ix_document_fields_tenant_kind_field_text_id (tenant=? AND kind=? AND field=?)"
    )
    assert [step for step in steps if "TEMP B-TREE" in step] == []


def test_a_list_in_the_order_of_a_number_looks_it_up_by_the_document(installation: Installation) -> None:
    steps = steps_of_a_search(installation, Key("size", "number"), Asked(order=Order("size")))

    assert any("document_fields" in step and "(tenant=? AND kind=? AND id=? AND field=?)" in step for step in steps)


def test_a_search_for_a_part_of_a_text_reads_indexes_alone(installation: Installation) -> None:
    parts = {"name": ["a"], "id": ["a"]}
    steps = steps_of_a_search(installation, Key("name"), Asked(search=parts, order=Order("name")))

    read = [step for step in steps if step.startswith(("SEARCH", "SCAN")) and "(subquery" not in step]
    assert len(read) == 3  # the texts, the ids, and the values that what was found is sorted by
    assert [step for step in read if "COVERING INDEX" not in step] == []


def steps_of_a_search(installation: Installation, key: Key, asked: Asked) -> list[str]:
    """Explain how SQLite finds a page of rules."""
    if not installation.database.is_sqlite:
        pytest.skip("PostgreSQL chooses by the tables' statistics")
    session = TenantSession(installation.database, "default")
    with asked_by(installation) as said:
        find(session, Documents("rule", (key,)), asked)
    session.release()
    return steps_of(installation, *said[0])


@contextmanager
def asked_by(installation: Installation) -> Iterator[list[tuple[str, object]]]:
    """Collect the statements that are executed."""
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        asked.append((text, values))

    event.listen(installation.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(installation.database.engine, "before_cursor_execute", note)


def steps_of(installation: Installation, text: str, values: object) -> list[str]:
    with installation.database.everywhere("test") as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]  # type: ignore[arg-type]  # the driver's own


def plan(installation: Installation, statement: Select[*tuple[object, ...]], values: dict[str, object]) -> list[str]:
    text = statement.params(**values).compile(
        dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True, "literal_binds": True}
    )
    with installation.database.everywhere("test") as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
