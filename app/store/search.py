"""One query over everything that can be searched: conditions, order, a page and the total, in two statements."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from sqlalchemy import ColumnElement, func, or_, select

from app.core.values import dataclass
from app.store.keys import Value
from app.store.session import TenantSession, scoped

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

    def load(self, session: TenantSession, ids: Sequence[Any]) -> Mapping[Any, Row_co]:
        """Read the rows with these ids in one statement."""


class Found(NamedTuple):
    """One page of what was found, and how much there is in all."""

    rows: Sequence[Any]
    total: int


def find(session: TenantSession, source: Source[Any], asked: Asked) -> Found:
    """Search in the session's tenant."""
    conditions = [*source.whole(), *_conditions(source, asked)]
    counting = select(func.count(source.id)).where(*conditions)
    # Conditions are worked out once, with the page; without any, counting alone is quicker.
    total = func.count().over() if asked.is_limited else scoped(counting).scalar_subquery()
    order = source.order(asked.order.key)
    page = (
        select(source.id, total)
        .where(*conditions)
        .order_by((order.desc() if asked.order.descending else order.asc()).nulls_last(), source.id)
        .limit(asked.limit)
        .offset((asked.page - 1) * asked.limit)
    )
    keys = session.rows(page)
    if not keys:
        return Found((), 0 if asked.page == 1 else int(session.rows(counting)[0][0]))
    rows = source.load(session, [row[0] for row in keys])
    return Found([rows[row[0]] for row in keys if row[0] in rows], int(keys[0][1]))


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
