"""The reading session of one request: every statement is confined to its tenant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Join, Row, Select, bindparam, select
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, ColumnClause

from app.core.errors import NotFoundError
from app.core.tenancy import DELETED
from app.core.values import dataclass
from app.store.db import Database, translated
from app.store.prepared import Prepared
from app.store.tables import Base, Tenant

TENANT: BindParameter[str] = bindparam("tenant")
"""The tenant of the session; nested selects name it themselves, the outermost gets it added."""

Statement = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]

_scoped: WeakKeyDictionary[object, Statement] = WeakKeyDictionary()
_OWNED = frozenset(table for table in Base.metadata.tables.values() if "tenant" in table.c)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest commit, event and change of the fleet of a tenant; `commit` is None before the first."""

    commit: str | None
    seq: int
    epoch: int
    state: str
    read_only: bool


class Seen(NamedTuple):
    """A document that was read for a session before it began, with the tenant's newest numbers."""

    kind: str
    id: str
    stored: Any
    seq: int
    epoch: int


_HEAD = Prepared(
    select(Tenant.head, Tenant.seq, Tenant.fleet_epoch, Tenant.state, Tenant.read_only).where(
        Tenant.id == TENANT, Tenant.state != DELETED
    )
)


class UnscopedError(RuntimeError):
    """A statement would have looked into more than one tenant; a programming error."""


class TenantSession:
    """Reads of one tenant; connections are taken when first needed and given back by `release`."""

    def __init__(self, database: Database, tenant: str) -> None:
        self.database = database
        self.tenant = tenant
        self._connection: Connection | None = None
        self._seq: int | None = None
        self._epoch: int | None = None
        self._seen: Seen | None = None

    def rows(self, statement: Statement, values: Mapping[str, object] | None = None) -> Sequence[AnyRow]:
        """Run a select in this tenant and fetch all it finds."""
        if _never_stored(values):
            return []
        with translated():
            return self._open().execute(scoped(statement), {**(values or {}), "tenant": self.tenant}).fetchall()

    def find(self, statement: Statement, values: Mapping[str, object] | None = None) -> AnyRow | None:
        """Run a select in this tenant that finds one row or none."""
        if _never_stored(values):
            return None
        with translated():
            return self._open().execute(scoped(statement), {**(values or {}), "tenant": self.tenant}).fetchone()

    @contextmanager
    def stream(self, statement: Statement, values: Mapping[str, object] | None = None) -> Iterator[Iterator[AnyRow]]:
        """Run a select in this tenant on a connection of its own, fetching a part at a time."""
        with self.database.connect(self.tenant) as connection:
            options = connection.execution_options(yield_per=500)
            yield iter(options.execute(scoped(statement), {**(values or {}), "tenant": self.tenant}))

    def plain(self, prepared: Prepared, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a prepared select, which is scoped or names `TENANT`, and fetch all it finds as plain tuples."""
        if _never_stored(values):
            return []
        with translated():
            return prepared.rows(self._open(), {**values, "tenant": self.tenant})

    def parts(self, prepared: Prepared, values: Mapping[str, object], *, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Run a prepared select as `plain` does, on a connection of its own, and give `size` rows at a time."""
        with self.database.connect(self.tenant) as connection:
            yield from prepared.parts(connection, {**values, "tenant": self.tenant}, size)

    def note_seq(self, seq: int, epoch: int) -> None:
        """Remember the tenant's newest seq and fleet epoch, which were read along with something else."""
        self._seq, self._epoch = seq, epoch

    def foresee(self, seen: Seen) -> None:
        """Take a document that was read along with the credential of this tenant."""
        self._seen = seen

    def take_seen(self, kind: str, document_id: str) -> Seen | None:
        """Give the document that was foreseen, once; None where it is another one."""
        seen, self._seen = self._seen, None
        return seen if seen is not None and seen.kind == kind and seen.id == document_id else None

    def newest_seq(self) -> int:
        """Give the tenant's newest seq: that of the statement before, once, or else read now."""
        if self._seq is None:
            self.head()
        seq, self._seq = self._seq, None
        return seq or 0

    def newest_epoch(self) -> int:
        """Give the number of the fleet's newest change, as `newest_seq` does."""
        if self._epoch is None:
            self.head()
        epoch, self._epoch = self._epoch, None
        return epoch or 0

    def head(self) -> Head:
        """Read where the tenant's log stands, and whether the tenant takes writes.

        Raises:
            NotFoundError: there is no such tenant (any more).
        """
        rows = self.plain(_HEAD, {})
        if not rows:
            raise NotFoundError(f"Tenant '{self.tenant}' was not found")
        commit, self._seq, self._epoch, state, read_only = rows[0]
        return Head(commit, self._seq or 0, self._epoch or 0, state, bool(read_only))

    def release(self) -> None:
        """Give the connection back; a later read takes another."""
        self._seq = self._epoch = self._seen = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self.database.give_back(connection)

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self.database.open(self.tenant)
        return self._connection


def _never_stored(values: Mapping[str, object] | None) -> bool:
    """Tell whether a select is for a text with U+0000, which no document holds and PostgreSQL cannot even look for."""
    return values is not None and any(isinstance(value, str) and "\0" in value for value in values.values())


def scoped(statement: Statement) -> Statement:
    """Add the tenant's condition for each table that has tenants; cached for statements that are constants.

    Raises:
        UnscopedError: a nested select does not name `TENANT`, or no table of a tenant is read at all.
    """
    known = _scoped.get(statement)
    if known is None:
        known = _scoped[statement] = _scope(statement)
    return known


def _scope(statement: Statement) -> Statement:
    outer = _owned_tables(statement)
    for element in visitors.iterate(statement):
        if isinstance(element, Select) and element is not statement:
            missing = _owned_tables(element) - _confined_tables(element)
            if missing:
                raise UnscopedError(f"A nested select reads {sorted(map(str, missing))} without naming TENANT")
    if not outer and not any(
        isinstance(element, Select) and element is not statement for element in visitors.iterate(statement)
    ):
        raise UnscopedError("The statement reads no table of a tenant")
    return statement.where(*(table.c.tenant == TENANT for table in outer - _confined_tables(statement)))


def _owned_tables(statement: Statement) -> set[Any]:
    return {leaf for source in statement.get_final_froms() for leaf in _leaves(source)}


def _leaves(source: Any) -> Iterator[Any]:  # noqa: ANN401  whatever a select reads from
    """Find the tables of tenants, aliases as themselves; nested selects are looked at on their own."""
    if isinstance(source, Join):
        yield from _leaves(source.left)
        yield from _leaves(source.right)
    elif getattr(source, "element", source) in _OWNED:
        yield source


def _confined_tables(statement: Statement) -> set[Any]:
    """Name the tables of which every row must be the tenant's; what is below OR or in a nested select counts not."""
    return {
        clause.left.table
        for clause in _conjuncts(statement._where_criteria)  # noqa: SLF001  no public way to read a select's conditions
        if isinstance(clause, BinaryExpression)
        and clause.operator is operators.eq
        and isinstance(clause.left, ColumnClause)
        and clause.left.name == TENANT.key
        # Compared with a column, a parameter becomes a typed copy of itself.
        and isinstance(clause.right, BindParameter)
        and clause.right.key == TENANT.key
    }


def _conjuncts(clauses: Iterable[Any]) -> Iterator[Any]:
    for clause in clauses:
        if isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
            yield from _conjuncts(clause.clauses)
        else:
            yield clause
