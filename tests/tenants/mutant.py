"""`python -m tests.tenants.mutant each|none`: say what leaks when statements lack the tenant's condition.

`each` can switch the condition off for a table at a time (SQLite), `none` has no condition on any. It is done before
any other module builds its statements.
"""

import json
import sys
from typing import Any

from sqlalchemy import Engine, event, literal_column, or_, true
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnClause, Grouping

from app.store import session

EACH = sys.argv[1:] == ["each"]
LACKING: set[str] = set()
"""The tables that have no condition now."""
READ: set[str] = set()
"""The tables that any statement reads with a condition."""

_whole, _confined = session._scope, session._confined_tables  # noqa: SLF001  the one place where the condition is added
_making_tenants: list[bool] = []


def _lacking(statement: Any) -> Any:
    if _making_tenants:
        return _whole(statement)  # a copy sees every tenant by design, and would take all of their rows
    try:
        confined = _whole(statement)
    except session.UnscopedError:  # of a nested select that lost its condition before
        return statement
    return visitors.replacement_traverse(confined, {}, _without)


def _without(element: Any, **_: Any) -> Any:
    table = _table_of(element)
    if table is None:
        return None
    READ.add(table.name)
    return _Weak.over(element, table.name) if EACH else true()


def _table_of(element: Any) -> Any:
    """Give the table that a condition confines to the tenant."""
    if isinstance(element, BinaryExpression) and isinstance(element.left, ColumnClause):
        is_tenant = element.left.name == "tenant" and _is_tenant(element.right)
        return getattr(element.left.table, "element", element.left.table) if is_tenant else None
    return None


def _is_tenant(right: Any) -> bool:
    """Know the parameter, and the column of another table that this one is joined by."""
    return (isinstance(right, BindParameter) and right.key == "tenant") or getattr(right, "name", "") == "tenant"


class _Weak:
    """A condition that holds, or is switched off by the database's own function."""

    @staticmethod
    def over(element: Any, table: str) -> Any:
        weak = or_(element, literal_column(f"lacks('{table}')") == literal_column("1"))
        return weak.self_group(against=operators.and_)  # nothing adds brackets when an element is replaced

    @staticmethod
    def tables(statement: Any) -> set[Any]:
        weak = (
            clause.element.clauses[0].left.table
            for clause in session._conjuncts(statement._where_criteria)  # noqa: SLF001  as the session does
            if isinstance(clause, Grouping) and _table_of(clause.element.clauses[0]) is not None
        )
        return _confined(statement) | set(weak)


session._scope = _lacking  # noqa: SLF001  the same
if EACH:
    session._confined_tables = _Weak.tables  # noqa: SLF001  the same

    @event.listens_for(Engine, "connect")
    def _know(connection: Any, _record: Any) -> None:
        connection.create_function("lacks", 1, lambda table: table in LACKING)


def main() -> None:
    """Compare, and print what leaks as JSON; what ends the comparison is a leak too."""
    from app.config import load  # noqa: PLC0415  once the condition is gone
    from tests.installations import Server, open_for_test  # noqa: PLC0415  once the condition is gone
    from tests.tenants.isolation import leaks, leaks_by_table  # noqa: PLC0415  once the condition is gone
    from tests.tenants.test_isolation import two  # noqa: PLC0415  once the condition is gone

    config = load(registration="open")
    with open_for_test(config) as opened:
        server = Server(config, opened)
        found: Any
        try:
            _making_tenants.append(True)
            tenants = two(server)
            _making_tenants.clear()
            found = leaks_by_table(*tenants, LACKING) if EACH else leaks(*tenants)
        except AssertionError as failure:
            found = [f"ended by: {failure}"]
    print(json.dumps({"leaks": found, "read": sorted(READ)}))  # noqa: T201  the result


if __name__ == "__main__":
    main()
