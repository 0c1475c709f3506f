"""The one search of the server, as root-level routes ask for it."""

from typing import Any, Final

from flask import Request

from app.core.canonical import Document
from app.core.errors import ForbiddenError
from app.dialects.takaro.reading import read_body
from app.dialects.takaro.visit import Paged, Visit
from app.http.search import Extension, Query, Search

_PAGES: Final = ("page", "limit")


def answer(search: Search, visit: Visit, work: Any = None) -> Paged:  # noqa: ANN401  what the declaration takes
    """Answer a search; `work` is what the declaration looks into, where that is not the visit's.

    Raises:
        SearchError: it cannot be read.
        ForbiddenError: an extension shows what the person may not read.
    """
    query = read_query(search, visit)
    objects, meta = search.answer(visit.work if work is None else work, query)
    return Paged(objects, {name: value for name, value in meta.items() if name != "serverTime"})


def read_query(search: Search, visit: Visit) -> Query:
    """Read a search from body and URL.

    Raises:
        SearchError: it cannot be read.
        ForbiddenError: an extension shows what the person may not read.
    """
    query = search.read(read_body(visit.request), _pages(visit.request))
    if visit.caller is not None and any(target.right not in visit.caller.rights for target in search.reads(query)):
        raise ForbiddenError("Forbidden")
    return query


def empty(*, many: bool = False) -> Extension:
    """Declare an extension that has nothing to show here; clients ask for it, and get null or no objects."""
    return Extension(find=lambda _session, parents: [() for _ in parents], many=many, show=_nothing)


def _nothing(_work: Any, _rows: Any) -> list[Document]:  # noqa: ANN401  the signature of `Show`
    return []


def _pages(request: Request) -> Document:
    return {name: request.args[name] for name in _PAGES if name in request.args}
