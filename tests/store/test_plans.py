"""The statements of the write path find their rows by key, however many documents a tenant has."""

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from app.boot import Installation
from app.store.documents import SOME, as_lists
from app.store.session import scoped
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


def plan(installation: Installation, statement: Select[*tuple[object, ...]], values: dict[str, object]) -> list[str]:
    text = statement.params(**values).compile(
        dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True, "literal_binds": True}
    )
    with installation.database.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
