"""One query over everything that can be searched: conditions, order, a page and the total, in two statements."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from sqlalchemy import ColumnElement, func, or_, select

from app.core.values import dataclass
from app.store.keys import Value
from app.store.session import Statement, TenantSession, scoped

Row_co = TypeVar("Row_co", covariant=True)
Comparison = Callable[[ColumnElement[Any]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Filter:
    """The values of which one must be there; `or_unset` lets what has no value through too."""

    values: tuple[Value, ...]
    or_unset: bool = False


class Order(NamedTuple):
    """What a page is sorted by; the id breaks ties."""

    key: str
    descending: bool = False


BY_ID: Final = Order("id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search, read and checked; every name is one of the source's keys. `page` begins at 1."""

    filters: Mapping[str, Filter] = field(default_factory=dict)
    search: Mapping[str, Sequence[str]] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)
    page: int = 1
    limit: int = 100
    order: Order = BY_ID

    @property
    def is_limited(self) -> bool:
        """Say whether there is any condition."""
        return bool(self.filters or self.search or self.least or self.most)


class Source(Protocol[Row_co]):
    """Where the rows of a resource are, and how its keys are found there."""

    @property
    def id(self) -> ColumnElement[Any]:
        """The column that is unique in the tenant, and breaks every tie."""

    def whole(self) -> Sequence[ColumnElement[bool]]:
        """Say what belongs to the resource at all."""

    def equals(self, key: str, wanted: Filter) -> ColumnElement[bool]:
        """Demand one of the values."""

    def holds(self, key: str, text: str) -> ColumnElement[bool]:
        """Demand a part of the text, in any case."""

    def compared(self, key: str) -> Callable[[Comparison], ColumnElement[bool]]:
        """Put a comparison of the key's number where it belongs."""

    def order(self, key: str) -> ColumnElement[Any]:
        """Give what a page is sorted by."""

    def walk(self, key: str) -> "Walk | None":
        """Say where the rows that have a value lie in the order of it, if an index has them so."""

    def load(self, session: TenantSession, ids: Sequence[Any]) -> Mapping[Any, Row_co]:
        """Read the rows with these ids in one statement."""


class Walk(NamedTuple):
    """The rows that have a value, one each, where an index has them in its order: id, value, and what they are."""

    id: ColumnElement[Any]
    value: ColumnElement[Any]
    conditions: Sequence[ColumnElement[bool]]


class Found(NamedTuple):
    """One page of what was found, and how much there is in all."""

    rows: Sequence[Any]
    total: int


def find(session: TenantSession, source: Source[Any], asked: Asked) -> Found:
    """Search in the session's tenant."""
    walk = None if asked.is_limited else source.walk(asked.order.key)
    ids, total = _sorted(session, source, asked) if walk is None else _walked(session, source, asked, walk)
    rows = source.load(session, ids) if ids else {}
    return Found([rows[one] for one in ids if one in rows], total)


def _sorted(session: TenantSession, source: Source[Any], asked: Asked) -> tuple[list[Any], int]:
    """Find what the conditions let through, and sort it."""
    conditions = [*source.whole(), *_conditions(source, asked)]
    counting = select(func.count(source.id)).where(*conditions)
    # Conditions are worked out once, with the page; without any, counting alone is quicker.
    total = func.count().over() if asked.is_limited else scoped(counting).scalar_subquery()
    page = _page(select(source.id, total).where(*conditions), source.order(asked.order.key), source.id, asked)
    rows = session.rows(page)
    if not rows:
        return [], 0 if asked.page == 1 else int(session.rows(counting)[0][0])
    return [row[0] for row in rows], int(rows[0][1])


def _walked(session: TenantSession, source: Source[Any], asked: Asked, walk: Walk) -> tuple[list[Any], int]:
    """Walk everything in the order of an index as far as the page goes; what has no value comes last."""
    start = (asked.page - 1) * asked.limit
    total = scoped(select(func.count(source.id)).where(*source.whole())).scalar_subquery()
    rows = session.rows(_page(select(walk.id, total).where(*walk.conditions), walk.value, walk.id, asked))
    ids = [row[0] for row in rows]
    if len(ids) == asked.limit or (rows and start + len(ids) == rows[0][1]):
        return ids, int(rows[0][1])
    with_value = select(func.count(walk.id)).where(*walk.conditions).scalar_subquery()
    passed, count = session.rows(select(with_value, total))[0]
    unset = select(source.id).where(*source.whole(), source.id.not_in(select(walk.id).where(*walk.conditions)))
    rest = unset.order_by(source.id).limit(asked.limit - len(ids)).offset(max(0, start - int(passed)))
    return [*ids, *(row[0] for row in session.rows(rest))], int(count)


def _page(rows: Statement, value: ColumnElement[Any], unique: ColumnElement[Any], asked: Asked) -> Statement:
    """Sort, what has no value last, and cut out the page."""
    order = value.desc() if asked.order.descending else value.asc()
    return rows.order_by(order.nulls_last(), unique).limit(asked.limit).offset((asked.page - 1) * asked.limit)


def _conditions(source: Source[Any], asked: Asked) -> Iterable[ColumnElement[bool]]:
    for name, wanted in asked.filters.items():
        yield source.equals(name, wanted)
    parts = [source.holds(name, text) for name, texts in asked.search.items() for text in texts]
    if parts:
        yield or_(*parts)
    for name, bound in asked.least.items():
        yield source.compared(name)(lambda column, bound=bound: column >= bound)  # type: ignore[misc]  # bound by default
    for name, bound in asked.most.items():
        yield source.compared(name)(lambda column, bound=bound: column <= bound)  # type: ignore[misc]  # the same
