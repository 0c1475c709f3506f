"""Names of those who act in a tenant, for readers of git: commits know handles and ids only."""

import re
from collections.abc import Iterator

from sqlalchemy import Connection, select

from app.store.people_tables import UserRow
from app.store.tables import AccountRow

_IN_LINE = re.compile(r"[<>\x00-\x1f\x7f]+")


def mailmap_lines(connection: Connection, tenant: str) -> Iterator[str]:
    """Write a mailmap: the present name of each person and account for the address in its commits.

    Whoever has no name any more keeps the handle.
    """
    yield f"Sternpost <sternpost@{tenant}.invalid>"
    for table, gone in ((UserRow, UserRow.deleted), (AccountRow, AccountRow.deleted)):
        named = select(table.id, table.name).where(table.tenant == tenant, gone.is_(None)).order_by(table.id)
        for actor_id, name in connection.execute(named):
            shown = " ".join(_IN_LINE.sub(" ", name).lstrip("#").split())
            if shown:
                yield f"{shown} <{actor_id}@{tenant}.invalid>"
