"""`POST /<resource>/search`: one implementation over what each resource declares."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from app.changes.kinds import Kind
from app.changes.work import Work
from app.core.canonical import JSON, Document, load
from app.core.clock import now_ms, rfc3339
from app.http.answers import spliced
from app.http.endpoint import ARRAY, Answer, Endpoint, Given, Needed, Shown
from app.http.fields import Text
from app.http.schemas import ApiSchema
from app.http.search_errors import SearchError
from app.http.search_query import read_search
from app.http.versions import Lifespan
from app.store.documents import Stored, some_documents
from app.store.keys import Key
from app.store.search import Source, find
from app.store.session import TenantSession
from app.store.sources import Documents, documents_holding

MOST_RELATED: Final = 20_000
"""Related objects in one answer."""


class PageQuery(ApiSchema):
    """The page may stand in the URL; the body wins."""

    page = Text(metadata={"description": "which page, from 1"})
    limit = Text(metadata={"description": "objects on a page, 1 to 1000"})


@dataclass(frozen=True, slots=True)
class Held:
    """One object of an answer under way: what it was made of, and what will be shown of it."""

    row: Any
    shown: Document


Related = Sequence[Sequence[Any]]
"""For each parent, the rows that are related to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What `extend` puts into an object: the rows related to each parent, found in one statement.

    `read` is the endpoint by which the related objects are read otherwise: whoever may not use it may not extend.
    `show` makes the objects; with `many` they are a list.
    """

    read: Endpoint
    find: Callable[[TenantSession, Sequence[Any]], Related]
    show: Callable[[Work, Sequence[Any]], Sequence[Document]]
    many: bool = False


def _nowhere(_work: Work) -> Source[Any]:
    raise TypeError("the declaration of a search says where to look")


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """A resource that can be searched: where, with what right, by which keys, and what can be put into its objects.

    `extensions` has every allowed path; the parent of a nested one is among them.
    """

    path: str
    action: str
    right: str
    show: Callable[[Work, Sequence[Any]], Sequence[Document]]
    keys: Mapping[str, Key] = field(default_factory=dict)
    source: Callable[[Work], Source[Any]] = _nowhere
    extensions: Mapping[str, Extension] = field(default_factory=dict)


def search_endpoint(one: Searchable) -> Endpoint:
    """Declare the search of a resource."""

    def view(work: Work, given: Given) -> Answer:
        asked, extend = read_search(given.body, given.query, one.keys, one.extensions)
        found = find(work.session, one.source(work), asked)
        shown = one.show(work, found.rows)
        held = [Held(row, document) for row, document in zip(found.rows, shown, strict=True)]
        _extend(one, work, held, extend)
        meta: Document = {"page": asked.page, "limit": asked.limit, "total": found.total}
        return Answer(items=[each.shown for each in held], members={"meta": {**meta, "serverTime": rfc3339(now_ms())}})

    def needs(_work: Work, given: Given) -> Iterable[Needed]:
        _, extend = read_search(given.body, given.query, one.keys, one.extensions)
        reads = (one.extensions[path].read for path in extend)
        return [Needed(read, tuple(read.path.removeprefix("/").split("/"))) for read in reads]

    return Endpoint(
        methods=("POST",),
        path=f"{one.path}/search",
        action=one.action,
        summary=f"Search by {', '.join(one.keys)}"
        + (f"; extend by {', '.join(one.extensions)}" if one.extensions else ""),
        right=one.right,
        view=view,
        container=ARRAY,
        lifespan=Lifespan(25),
        query=PageQuery,
        json_only=True,
        body_optional=True,
        search_errors=True,
        write=False,
        needs=needs,
    )


def _extend(one: Searchable, work: Work, held: Sequence[Held], paths: Sequence[str]) -> None:
    """Put the related objects in, a level after the other; nothing is read for no parents."""
    levels: dict[str, Sequence[Held]] = {"": held}
    count = 0
    for path in sorted(paths, key=lambda path: (path.count("."), path)):
        above, _, name = path.rpartition(".")
        parents, extension = levels[above], one.extensions[path]
        related = extension.find(work.session, [parent.row for parent in parents]) if parents else []
        count += sum(map(len, related))
        if count > MOST_RELATED:
            raise SearchError(
                f"extend '{path}' brings {count} related objects; at most {MOST_RELATED} are sent at once"
            )
        rows = [row for found in related for row in found]
        shown = iter(extension.show(work, rows))
        level: list[Held] = []
        for parent, found in zip(parents, related, strict=True):
            below = [Held(row, document) for row, document in zip(found, islice(shown, len(found)), strict=True)]
            objects: list[JSON] = [each.shown for each in below]
            parent.shown[name] = objects if extension.many else (objects[0] if objects else None)
            level.extend(below)
        levels[path] = level


def reading(path: str, right: str) -> Endpoint:
    """Name the endpoint that lists a resource, for the rights of an extension."""
    return Endpoint(methods=("GET",), path=path, action="", summary="", right=right, view=lambda *_: Answer())


def show_documents(
    computed: Callable[[Work], Callable[[Stored], Mapping[str, JSON]]] | None = None,
) -> Callable[[Work, Sequence[Stored]], list[Document]]:
    """Show stored documents as their details do in version 25."""

    def show(work: Work, rows: Sequence[Stored]) -> list[Document]:
        members = computed(work) if computed is not None and rows else None
        texts = (spliced(Shown(row, members(row)) if members is not None else row) for row in rows)
        return [document for text in texts if isinstance(document := load(text), dict)]

    return show


def by_ids(
    kind: str, ids_of: Callable[[Document], Iterable[str]]
) -> Callable[[TenantSession, Sequence[Stored]], Related]:
    """Find the documents that the parents name; ids without a document are left out."""

    def related(session: TenantSession, parents: Sequence[Stored]) -> Related:
        named = [list(dict.fromkeys(ids_of(parent.document))) for parent in parents]
        found = some_documents(session, {(kind, one) for ids in named for one in ids})
        return [[found[kind, one] for one in ids if (kind, one) in found] for ids in named]

    return related


def by_value(
    kind: str, field_name: str, value_of: Callable[[Stored], str]
) -> Callable[[TenantSession, Sequence[Stored]], Related]:
    """Find the documents of a kind that hold each parent's value under a declared name, by id."""

    def related(session: TenantSession, parents: Sequence[Stored]) -> Related:
        values = [value_of(parent) for parent in parents]
        found: dict[str, list[Stored]] = {}
        for value, stored in documents_holding(session, kind, field_name, sorted(set(values))):
            found.setdefault(value, []).append(stored)
        return [found.get(value, []) for value in values]

    return related


def documents_searchable(kind: Kind, one: Searchable) -> Searchable:
    """Complete the declaration of a kind's search with where its documents are found, and by which keys."""
    source = Documents(kind.name, kind.keys)
    return replace(one, keys=source.keys, source=lambda _work: source)
