"""`python -m tests.tenants.mutant TABLE...`: say what leaks when statements lack the tenant's condition on tables.

The condition is taken out before any other module builds its statements.
"""

import sys
from typing import Any

from sqlalchemy import true
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnClause

from app.store import session

_whole = session._scope  # noqa: SLF001  the one place where the condition is added
TABLES = frozenset(sys.argv[1:])
_making_tenants: list[bool] = []


def _lacking(statement: Any) -> Any:
    if _making_tenants:
        return _whole(statement)  # a copy sees every tenant by design, and would take all of their rows
    return visitors.replacement_traverse(_whole(statement), {}, _without)


def _without(element: Any, **_: Any) -> Any:
    if (
        isinstance(element, BinaryExpression)
        and isinstance(element.left, ColumnClause)
        and element.left.name == "tenant"
        and _is_tenant(element.right)
        and getattr(element.left.table, "element", element.left.table).name in TABLES
    ):
        return true()
    return None


def _is_tenant(right: Any) -> bool:
    """Know the parameter, and the column of another table that this one is joined by."""
    return (isinstance(right, BindParameter) and right.key == "tenant") or getattr(right, "name", "") == "tenant"


session._scope = _lacking  # noqa: SLF001  the same


def main() -> None:
    """Compare, and print each leak on a line; one that ends the comparison is a leak too."""
    from app.config import load  # noqa: PLC0415  once the condition is gone
    from tests.installations import Server, open_for_test  # noqa: PLC0415  once the condition is gone
    from tests.tenants.isolation import leaks  # noqa: PLC0415  once the condition is gone
    from tests.tenants.test_isolation import two  # noqa: PLC0415  once the condition is gone

    config = load(registration="open")
    with open_for_test(config) as opened:
        server = Server(config, opened)
        try:
            _making_tenants.append(True)
            tenants = two(server)
            _making_tenants.clear()
            found = leaks(*tenants)
        except AssertionError as failure:
            found = [f"ended by: {failure}"]
    for line in found:
        print(line.replace("\n", " ")[:500])  # noqa: T201  the result


if __name__ == "__main__":
    main()
