"""`POST /<resource>/search`: one implementation over what each resource declares."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from typing import Any, Final, NamedTuple

from app.changes.kinds import Kind
from app.changes.work import Work
from app.core.canonical import JSON, Document, load
from app.core.clock import now_ms, rfc3339
from app.core.values import dataclass
from app.http.answers import spliced
from app.http.endpoint import ARRAY, Answer, Endpoint, Given, Needed, Shown
from app.http.fields import Text
from app.http.schemas import ApiSchema
from app.http.search_errors import SearchError
from app.http.search_query import read_search
from app.http.versions import Lifespan
from app.store.documents import Stored, some_documents
from app.store.keys import Key
from app.store.listed import find_listed
from app.store.search import BY_ID, Asked, Order, Source, find
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


Show = Callable[[Work, Sequence[Any]], Sequence[Document]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What `extend` puts into an object: the rows related to each parent, found in one statement.

    `target` names the searchable whose objects they are: it says how they look and who may read them. `show` and
    `reads` say so where they are of no single one. With `many` they are a list. `find_in` takes the place of `find`
    where more than the session is needed.
    """

    find: Callable[[TenantSession, Sequence[Any]], Related] | None = None
    find_in: Callable[[Work, Sequence[Any]], Related] | None = None
    target: str = ""
    many: bool = False
    show: Show | None = None
    reads: tuple[str, ...] = ()


def _nowhere(_work: Work) -> Source[Any]:
    raise TypeError("the declaration of a search says where to look")


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """A resource that can be searched: where, with what right, by which keys, and what can be put into its objects.

    `name` is the plural in `extend` and in the action's name. `extensions` has every allowed path; the parent of a
    nested one is among them. `order` is what a page is sorted by when nothing else is asked for. `listed` gives all
    objects of a resource of which there are few, each with a member for every key; they are searched in memory.
    """

    name: str
    path: str
    right: str | tuple[str, ...]
    show: Show
    keys: Mapping[str, Key] = field(default_factory=dict)
    source: Callable[[Work], Source[Any]] = _nowhere
    listed: Callable[[Any], Sequence[Document]] | None = None
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    order: Order = BY_ID


def joined_searches(searchables: Sequence[Searchable]) -> Mapping[str, "Search"]:
    """Make the searches of resources that show each other's objects, by name.

    Raises:
        KeyError: an extension names a searchable that is not there.
    """
    by_name = {one.name: one for one in searchables}
    return {
        name: Search(one, {path: _joined(each, by_name) for path, each in one.extensions.items()})
        for name, one in by_name.items()
    }


def search_endpoints(searchables: Sequence[Searchable]) -> tuple[Endpoint, ...]:
    """Declare the searches of all resources, which show each other's objects."""
    return tuple(_endpoint(search) for search in joined_searches(searchables).values())


@dataclass(frozen=True, slots=True)
class Joined:
    """An extension with what it needs of its targets: how they look, and who may see them."""

    extension: Extension
    show: Show
    reads: tuple[Searchable, ...]


def _joined(one: Extension, by_name: Mapping[str, Searchable]) -> Joined:
    targets = [by_name[name] for name in (one.reads or ((one.target,) if one.target else ()))]
    return Joined(one, one.show or targets[0].show, tuple(targets))


@dataclass(frozen=True, slots=True)
class Search:
    """The search of one resource, with its extensions."""

    one: Searchable
    extensions: Mapping[str, Joined]

    def read(self, body: JSON, url: Mapping[str, JSON]) -> "Query":
        """Read a search.

        Raises:
            SearchError: what cannot be read, all of it.
        """
        return Query(*read_search(body, url, self.one.keys, self.extensions, self.one.order))

    def reads(self, query: "Query") -> Iterable[Searchable]:
        """Name the resources that whoever asks must be allowed to list too."""
        return [target for path in query.extend for target in self.extensions[path].reads]

    def answer(self, work: Any, query: "Query") -> tuple[list[Document], Document]:  # noqa: ANN401  what the declaration takes
        """Give the objects of a page, and what the envelope says of it."""
        one, asked = self.one, query.asked
        if one.listed is not None:
            found = find_listed(one.listed(work), one.keys, asked)
        else:
            found = find(work.session, one.source(work), asked)
        shown = one.show(work, found.rows)
        held = [Held(row, document) for row, document in zip(found.rows, shown, strict=True)]
        _extend(work, held, {path: self.extensions[path] for path in query.extend})
        meta: Document = {"page": asked.page, "limit": asked.limit, "total": found.total}
        return [each.shown for each in held], {**meta, "serverTime": rfc3339(now_ms())}


class Query(NamedTuple):
    """A search that was read: what is asked for, and the paths to extend by, parents first."""

    asked: Asked
    extend: tuple[str, ...]


def _reading(one: Searchable) -> Needed:
    """Name the call that lists a resource, which whoever sees its objects must be allowed to make."""
    listing = Endpoint(
        methods=("GET",), path=one.path, action="", summary="", right=one.right, view=lambda *_: Answer()
    )
    return Needed(listing, tuple(one.path.removeprefix("/").split("/")))


def _endpoint(search: Search) -> Endpoint:
    one, extensions = search.one, search.extensions

    def needs(_work: Work, given: Given) -> Iterable[Needed]:
        query = given.known["search"] = search.read(given.body, given.query)
        return [_reading(target) for target in search.reads(query)]

    def view(work: Work, given: Given) -> Answer:
        shown, meta = search.answer(work, given.known["search"])
        return Answer(items=shown, members={"meta": meta})

    return Endpoint(
        methods=("POST",),
        path=f"{one.path}/search",
        action=f"search{one.name[:1].upper()}{one.name[1:]}",
        summary=f"Search by {', '.join(one.keys)}" + (f"; extend by {', '.join(extensions)}" if extensions else ""),
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


def _extend(work: Work, held: Sequence[Held], extensions: Mapping[str, Joined]) -> None:
    """Put the related objects in, a level after the other; nothing is read for no parents."""
    levels: dict[str, Sequence[Held]] = {"": held}
    count = 0
    for path in sorted(extensions, key=lambda path: (path.count("."), path)):
        above, _, name = path.rpartition(".")
        parents, joined = levels[above], extensions[path]
        related = _related(work, joined.extension, [parent.row for parent in parents]) if parents else []
        count += sum(map(len, related))
        check_count(count, f"extend up to '{path}'")
        rows = [row for found in related for row in found]
        shown = iter(joined.show(work, rows))
        level: list[Held] = []
        for parent, found in zip(parents, related, strict=True):
            below = [Held(row, document) for row, document in zip(found, islice(shown, len(found)), strict=True)]
            objects: list[JSON] = [each.shown for each in below]
            parent.shown[name] = objects if joined.extension.many else (objects[0] if objects else None)
            level.extend(below)
        levels[path] = level


def _related(work: Work, one: Extension, rows: Sequence[Any]) -> Related:
    if one.find_in is not None:
        return one.find_in(work, rows)
    if one.find is None:
        raise TypeError("an extension says how its objects are found")
    return one.find(work.session, rows)


def check_count(count: int, what: str) -> None:
    """Refuse to put more than so many objects into one answer.

    Raises:
        SearchError: they are more.
    """
    if count > MOST_RELATED:
        raise SearchError(f"{what} brings {count} related objects; at most {MOST_RELATED} are sent at once")


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
        check_count(sum(map(len, named)), f"extend to {kind}")
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


def documents_searchable(kind: Kind, one: Searchable, *, hidden: str | None = None) -> Searchable:
    """Complete the declaration of a kind's search; documents whose flag `hidden` is true are not found."""
    source = Documents(kind.name, kind.keys, hidden)
    return replace(one, keys=source.keys, source=lambda _work: source)
