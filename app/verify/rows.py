"""The rows that are proven, streamed in order from one snapshot of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, TextClause, text

from app.verify.events import Row

PART = 500

TENANTS = text("SELECT id, seq, time, head, hash FROM tenants WHERE state <> 'DELETED' ORDER BY id")
BURIED = text("SELECT id FROM tenants WHERE state = 'DELETED'")
EVENTS = text("SELECT * FROM events WHERE tenant = :tenant ORDER BY seq")
RETIREMENTS = text("SELECT * FROM events WHERE tenant = :tenant AND type = 'EventsRetired' ORDER BY seq")
EVENT = text("SELECT * FROM events WHERE tenant = :tenant AND seq = :seq")
HEAD_BEFORE = text(
    "SELECT commit_id FROM events WHERE tenant = :tenant AND seq <= :seq AND commit_id IS NOT NULL"
    " ORDER BY seq DESC LIMIT 1"
)
RANGE = text("SELECT * FROM events WHERE tenant = :tenant AND seq >= :first AND seq <= :last ORDER BY seq")
CHECKPOINTS = text("SELECT * FROM checkpoints WHERE tenant = :tenant ORDER BY seq")
DOCUMENTS = text("SELECT * FROM documents WHERE tenant = :tenant ORDER BY kind, id")
DOCUMENTS_AT = text(
    "SELECT e.object_kind, e.object_id, e.object_name, e.after, e.revision, e.time FROM events e JOIN ("
    " SELECT object_kind, object_id, MAX(seq) AS seq FROM events"
    " WHERE tenant = :tenant AND seq <= :seq AND commit_id IS NOT NULL AND type <> 'TenantCreated'"
    " GROUP BY object_kind, object_id"
    ") newest ON e.tenant = :tenant AND e.seq = newest.seq WHERE e.after IS NOT NULL"
)


@contextmanager
def rows(connection: Connection, statement: TextClause, **values: Any) -> Iterator[Iterator[Row]]:  # noqa: ANN401  SQL values
    """Stream rows by column name; leaving early, as a fault does, closes the cursor."""
    with connection.execution_options(yield_per=PART).execute(statement, values) as result:
        yield (dict(row) for row in result.mappings())


def find(connection: Connection, statement: TextClause, **values: Any) -> Row | None:  # noqa: ANN401  SQL values
    """Read one row by column name, or none."""
    with rows(connection, statement, **values) as found:
        return next(found, None)
