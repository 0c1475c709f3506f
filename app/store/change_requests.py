"""Change requests as rows; what is in their bodies is the business of `app.changes.review`."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from app.store.base import insert_into
from app.store.prepared import InTransaction
from app.store.review_tables import ChangeRequestObject, ChangeRequestRow
from app.store.session import TenantSession, scoped

SETTLED = ("applied", "rejected", "withdrawn", "expired")
"""The states from which no ordinary step leads on."""
OPEN = ("draft", "inReview", "approved", "scheduled")


class Record(NamedTuple):
    """One row; times are milliseconds, `body` is canonical JSON."""

    id: int
    state: str
    revision: int
    name: str
    description: str
    author: str
    created: int
    updated: int
    due: int | None
    body: str


class Filter(NamedTuple):
    """Which change requests are asked for; an empty `states` means all, `after` is the id of the last one seen."""

    states: tuple[str, ...] = ()
    author: str | None = None
    kind: str | None = None
    object: str | None = None
    after: int | None = None
    newest_first: bool = False
    most: int | None = None


_COLUMNS = tuple(ChangeRequestRow.__table__.c[name] for name in Record._fields)
_ONE = select(*_COLUMNS).where(ChangeRequestRow.id == bindparam("id"))
_IN_STATE = (
    select(*_COLUMNS)
    .where(ChangeRequestRow.state.in_(bindparam("states", expanding=True)))
    .order_by(ChangeRequestRow.id)
)
_NEWEST = select(func.max(ChangeRequestRow.id)).select_from(ChangeRequestRow)
_ANY_OPEN = select(ChangeRequestRow.id).where(ChangeRequestRow.state.in_(OPEN)).limit(1)
_DUE = (
    select(ChangeRequestRow.tenant, ChangeRequestRow.id)
    .where(ChangeRequestRow.due.is_not(None), ChangeRequestRow.due <= bindparam("now"))
    .order_by(ChangeRequestRow.due)
    .limit(500)
)
_COUNTED = select(ChangeRequestRow.state, func.count()).group_by(ChangeRequestRow.state)

_NAMES = [column.name for column in ChangeRequestRow.__table__.columns]
_OBJECT_NAMES = [column.name for column in ChangeRequestObject.__table__.columns]
_NEWER = tuple(name for name in _NAMES if name not in ("tenant", "id", "author", "created"))


def _upsert(statement: Any) -> Any:  # noqa: ANN401  the two dialects' inserts share no type with this method
    newer = {name: statement.excluded[name] for name in _NEWER}
    return statement.on_conflict_do_update(index_elements=["tenant", "id"], set_=newer)


_SAVE = InTransaction(lambda dialect: _upsert(insert_into(dialect, ChangeRequestRow)), *_NAMES)
_OBJECTS = InTransaction(
    lambda dialect: insert_into(dialect, ChangeRequestObject).on_conflict_do_nothing(), *_OBJECT_NAMES
)


def save_records(
    connection: Connection, tenant: str, records: Sequence[Record], objects: Iterable[tuple[int, str, str]]
) -> None:
    """Write rows whole, new or not; `objects` are (change request, kind, id), and one that was named stays named."""
    if records:
        _SAVE.run(connection, [{"tenant": tenant, **record._asdict()} for record in records])
    rows = [{"tenant": tenant, "change_request": number, "kind": kind, "object": id_} for number, kind, id_ in objects]
    if rows:
        _OBJECTS.run(connection, rows)


def lock_record(connection: Connection, tenant: str, number: int) -> Record | None:
    """Read one row inside a transaction that holds the tenant's lock."""
    row = connection.execute(scoped(_ONE), {"tenant": tenant, "id": number}).fetchone()
    return None if row is None else Record(*row)


def lock_records(connection: Connection, tenant: str, states: Sequence[str]) -> list[Record]:
    """Read the rows in some states, by id, inside a transaction."""
    rows = connection.execute(scoped(_IN_STATE), {"tenant": tenant, "states": list(states)})
    return [Record(*row) for row in rows]


def newest_number(connection: Connection, tenant: str) -> int:
    """Give the largest id so far; 0 before the first."""
    found = connection.execute(scoped(_NEWEST), {"tenant": tenant}).scalar()
    return int(found or 0)


def has_open(session: TenantSession) -> bool:
    """Tell whether any change request waits."""
    return session.find(_ANY_OPEN) is not None


def count_by_state(session: TenantSession) -> dict[str, int]:
    """Count change requests by state."""
    return {str(row[0]): int(row[1]) for row in session.rows(_COUNTED)}


def find_record(session: TenantSession, number: int) -> Record | None:
    """Read one row."""
    row = session.find(_ONE, {"id": number})
    return None if row is None else Record(*row)


def list_records(session: TenantSession, wanted: Filter) -> list[Record]:
    """List rows by id, or newest first."""
    statement = select(*_COLUMNS)
    if wanted.states:
        statement = statement.where(ChangeRequestRow.state.in_(wanted.states))
    if wanted.author is not None:
        statement = statement.where(ChangeRequestRow.author == wanted.author)
    if wanted.kind is not None or wanted.object is not None:
        held = ChangeRequestObject
        statement = statement.where(ChangeRequestRow.id.in_(select(held.change_request).where(*_about(wanted))))
    if wanted.after is not None:
        beyond = ChangeRequestRow.id < wanted.after if wanted.newest_first else ChangeRequestRow.id > wanted.after
        statement = statement.where(beyond)
    order = ChangeRequestRow.id.desc() if wanted.newest_first else ChangeRequestRow.id
    statement = statement.order_by(order)
    if wanted.most is not None:
        statement = statement.limit(wanted.most)
    return [Record(*row) for row in session.rows(statement)]


def _about(wanted: Filter) -> list[Any]:
    conditions: list[Any] = [ChangeRequestObject.tenant == bindparam("tenant")]
    if wanted.kind is not None:
        conditions.append(ChangeRequestObject.kind == wanted.kind)
    if wanted.object is not None:
        conditions.append(ChangeRequestObject.object == wanted.object)
    return conditions


def due_records(connection: Connection, now_ms: int) -> list[tuple[str, int]]:
    """Name (tenant, id) of what is due, of every tenant; the connection sees all of them."""
    return [(str(row[0]), int(row[1])) for row in connection.execute(_DUE, {"now": now_ms})]
