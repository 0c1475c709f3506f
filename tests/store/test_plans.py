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


@pytest.mark.parametrize("key", [Key("name"), Key("size", "number")], ids=lambda key: key.type)
def test_a_search_in_the_order_of_a_value_looks_it_up_by_the_document(installation: Installation, key: Key) -> None:
    if not installation.database.is_sqlite:
        pytest.skip("PostgreSQL chooses by the tables' statistics")
    session = TenantSession(installation.database, "default")
    with asked_by(installation) as asked:
        find(session, Documents("rule", (key,)), Asked(order=Order(key.name)))
    session.release()

    (text, values) = asked[0]
    steps = steps_of(installation, text, values)
    assert any("document_fields" in step and "(tenant=? AND kind=? AND id=? AND field=?)" in step for step in steps)


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
