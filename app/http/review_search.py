"""Where change requests are searched, and how a search puts them and their authors into what names them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, select

from app.changes.review.model import Contributor, change_request_of
from app.changes.review.rules import STATUS
from app.core.canonical import Document
from app.http.search import Extension, Related
from app.store.change_requests import Record
from app.store.keys import Value
from app.store.review_tables import ChangeRequestObject, ChangeRequestRow
from app.store.session import TENANT, TenantSession
from app.store.sources import Table

_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "id": ChangeRequestRow.id.expression,
    "name": ChangeRequestRow.name.expression,
    "displayName": ChangeRequestRow.name.expression,
    "description": ChangeRequestRow.description.expression,
    "state": ChangeRequestRow.state.expression,
    "status": case(*((ChangeRequestRow.state == state, status) for state, status in STATUS.items()), else_=""),
    "author": ChangeRequestRow.author.expression,
    "revision": ChangeRequestRow.revision.expression,
    "createdAt": ChangeRequestRow.created.expression,
    "updatedAt": ChangeRequestRow.updated.expression,
}


def _changing(column: ColumnElement[Any]) -> Callable[[Sequence[Value]], Select[Any]]:
    """Find those that change a document with one of the values."""
    return lambda values: select(ChangeRequestObject.change_request).where(
        ChangeRequestObject.tenant == TENANT, column.in_(values)
    )


REQUESTS_TABLE: Final = Table(
    id=ChangeRequestRow.id.expression,
    columns=_COLUMNS,
    read=lambda row: change_request_of(Record(*row[1:])),
    selected=tuple(ChangeRequestRow.__table__.c[name] for name in Record._fields),
    related={
        "kind": _changing(ChangeRequestObject.kind.expression),
        "object": _changing(ChangeRequestObject.object.expression),
    },
)


def requests_with(number_of: Callable[[Any], int | None]) -> Callable[[TenantSession, Sequence[Any]], Related]:
    """Find the change request that each parent names, in one statement; a number without one is left out."""

    def related(session: TenantSession, parents: Sequence[Any]) -> Related:
        numbers = [number_of(parent) for parent in parents]
        wanted = sorted({number for number in numbers if number is not None})
        found = REQUESTS_TABLE.load(session, wanted) if wanted else {}
        return [[found[number]] if number in found else [] for number in numbers]

    return related


def person_json(one: Contributor) -> Document:
    """Name who had a hand in a change request; no address, whoever asks."""
    return {"id": one.id, "kind": one.kind, "handle": one.handle, "name": one.name or one.handle}


AUTHOR: Final = Extension(
    find=lambda _session, requests: [[one.author] for one in requests],
    show=lambda _work, people: [person_json(one) for one in people],
)
"""The author of a change request, without a statement: it is part of the row."""
