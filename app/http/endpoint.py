"""What a resource declares once per endpoint, what its view is given, and what it answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final, Literal, NamedTuple

from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.http.schemas import ApiSchema
from app.http.seams import StoredLike
from app.http.uploads import Upload, Uploaded
from app.http.versions import ALWAYS, Era, Lifespan

PUBLIC: Final = "public"
"""The right of an endpoint that needs no credential; said aloud, because a missing right stops the start."""

ANYBODY: Final = "any_rights"
"""The right of an endpoint that is open to every valid credential."""

READ_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


NO_MEMBERS: Final[Mapping[str, JSON]] = {}


class Shown(NamedTuple):
    """A stored document in an answer; `computed` members are added to it, `bare` leaves out ours (for `?at=`).

    A tuple, because a long list makes one for each object.
    """

    stored: StoredLike
    computed: Mapping[str, JSON] = NO_MEMBERS
    bare: bool = False


Item = Shown | StoredLike | Document
"""One object of an answer; a stored document without more stands for itself."""


@dataclass(frozen=True, slots=True)
class Container:
    """How `data` is shaped; `name` is its one key, `wrap` a further key around each object."""

    shape: Literal["list", "object", "bare", "none", "text"]
    name: str = ""
    wrap: str = ""


def list_under(name: str, *, wrap: str = "") -> Container:
    """Shape `{"rules": [...]}`, for many and for one; with `wrap` each element is `{wrap: object}`."""
    return Container("list", name, wrap)


def object_under(name: str) -> Container:
    """Shape `{"ruleCategories": {...}}`."""
    return Container("object", name)


BARE: Final = Container("bare")
"""The value stands in `data` itself."""
ARRAY: Final = Container("list")
"""`data` is the list itself."""
NOTHING: Final = Container("none")
"""No `data` at all."""
TEXT: Final = Container("text")
"""`text/plain` without an envelope."""


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a list that was asked for: at most `limit` objects with ids after `after`."""

    limit: int
    after: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """An endpoint's pages, in the strict era: the whole list when `default` is None and no `limit` is given."""

    default: int | None = None
    most: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a request says, read and checked.

    `fields` has the input that was sent, by the schema's Python names; `document` the same by the names in which
    documents are stored, ready for an `Edit`. A field that was not sent, or sent as null, is in neither.
    `body` is the JSON of an endpoint that declares no input schema but `json_only`, `text` a body of its `text_types`,
    `upload` the file of one that declares an upload. `last_event_id` is where a client's stream broke off. `known` is
    what `needs` found out, for the view.
    """

    path: Mapping[str, str]
    era: Era
    fields: Document = field(default_factory=dict)
    document: Document = field(default_factory=dict)
    query: Document = field(default_factory=dict)
    body: JSON = None
    text: str | None = None
    upload: Uploaded | None = None
    page: Page | None = None
    reason: str = ""
    change_request_name: str = ""
    change_request_description: str = ""
    if_match: int | None = None
    dry_run: bool = False
    last_event_id: str | None = None
    known: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a view has to say; the envelope, the version's shape and the status are made of it.

    `items` fill the container (one for `object`); `written` is the inside of a list as JSON already, in pieces, for the
    strict era only; `value` fills a bare one or a text. `id` is the envelope's, where the endpoint takes it from the
    result. `pieces` fill the container with JSON that is the same in every version, for what is too large to be held:
    the elements of a list, or the one object. `raw` is the body of a `TEXT` answer that is no text (a file, a stream),
    of `content_type`. `action` and `container` replace the endpoint's (a clone, a rollback). `next` is the last key of
    a page that has a successor. `members` go into the envelope after `data` in every version. `failed` says "error"
    although there is `data`.
    """

    items: Iterable[Item] = ()
    written: Iterable[bytes] | None = None
    pieces: Iterable[str] | None = None
    value: JSON = None
    id: str | None = None
    revision: str | int | None = None
    action: str | None = None
    page: Page | None = None
    next: str | None = None
    members: Mapping[str, JSON] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    raw: bytes | Iterator[bytes] | None = None
    container: Container | None = None
    failed: bool = False

    @classmethod
    def one(cls, item: Item, *, action: str | None = None) -> "Answer":
        """Show one object; its id and revision are those of the stored document."""
        if isinstance(item, dict):
            return cls(items=(item,), id=_text(item.get("id")), action=action)
        stored, _, bare = item if isinstance(item, Shown) else Shown(item)
        return cls(items=(item,), id=stored.id, revision=None if bare else stored.revision, action=action)

    @classmethod
    def many(cls, items: Iterable[Item]) -> "Answer":
        """Show a whole list; it may be an iterator, which is sent as it goes."""
        return cls(items=items)

    @classmethod
    def paged(cls, items: Sequence[Item], page: Page) -> "Answer":
        """Show one page; give one object more than `page.limit`, so that it is known whether another page follows."""
        shown = items[: page.limit]
        more = len(items) > page.limit
        return cls(items=shown, page=page, next=_key(shown[-1]) if more else None)

    @classmethod
    def plain(cls, value: JSON, *, id: str | None = None) -> "Answer":  # noqa: A002  the envelope's name for it
        """Answer a value that stands in `data` itself, or a text."""
        return cls(value=value, id=id)


class Needed(NamedTuple):
    """Another call that a caller must be allowed to make; `segments` are those of its path, without version."""

    endpoint: "Endpoint"
    segments: tuple[str, ...]


View = Callable[[Any, Given], Answer]
"""`(work, given) -> Answer`; the first is the server's `Work`, which this layer never looks into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One action of the API, declared once; everything else follows from it.

    `right` is one right or several of which any opens; `PUBLIC` needs no credential. `partial` input may lack required
    fields (updates). `id_from` says whose id the envelope carries: the result's (success only), the path's (errors
    too), or none. `write` is derived from the methods unless given. `unreadable` is what Rudder's texts put before an
    error of the input. `state` names what a collection's answer depends on; a client that holds the answer of the
    same state gets 304. `dry_run` promises that the view looks at `given.dry_run`. `errors` are the statuses that the
    view adds to those of every endpoint, for the documents. `streams` are free of the request's time limit.
    `media_type` is that of a `TEXT` answer which is a file; `other_media_types` are those it may have instead.
    `body_optional` lets a `json_only` action without input schema be called without a body. `search_errors` puts
    errors into `meta.error` too, as clients of search read them (contract/search.md, section 4).
    `text_types` are further media types of the body, which the view gets as it is. `upload` is a file that must be
    sent; the other input comes with it in the form, or in the URL.
    `needs` names further calls that the caller must be allowed to make, where that depends on what is asked for; they
    are checked before the view runs.
    `creates` makes the status 201 for the tenant API. `configuration` opens a read to a tenant's key alone though its
    right is none of configuration. `half_done` says that an error may come with data: what was done, and what was not.
    `bare` leaves out the envelope: a success is the answer's value, a 400 the map of
    the wrong fields. `greets` names the credentials (WSGI variables) that a `PUBLIC` endpoint listens to.
    `gate` refuses before the input is looked at. `document` is the kind of the document that the path's `id` names: it
    is read together with the credential.
    """

    methods: tuple[str, ...]
    path: str
    action: str
    summary: str
    right: str | tuple[str, ...] | None
    view: View
    container: Container = BARE
    input: type[ApiSchema] | None = None
    partial: bool = False
    json_only: bool = False
    query: type[ApiSchema] | None = None
    output: type[ApiSchema] | None = None
    lifespan: Lifespan = ALWAYS
    id_from: Literal["result", "path"] | None = None
    write: bool | None = None
    unreadable: str = ""
    paging: Paging | None = None
    state: Callable[[Any, Given], str] | None = None
    dry_run: bool = False
    errors: tuple[int, ...] = ()
    streams: bool = False
    creates: bool = False
    configuration: bool = False
    half_done: bool = False
    bare: bool = False
    body_optional: bool = False
    search_errors: bool = False
    text_types: tuple[str, ...] = ()
    media_type: str | None = None
    other_media_types: tuple[str, ...] = ()
    upload: Upload | None = None
    needs: Callable[[Any, Given], Iterable[Needed]] | None = None
    greets: tuple[str, ...] = ()
    gate: Callable[[Any], None] | None = None
    document: str | None = None

    @property
    def writes(self) -> bool:
        """Say whether the action changes anything."""
        return not READ_METHODS.issuperset(self.methods) if self.write is None else self.write

    @property
    def rights(self) -> tuple[str, ...]:
        """The rights of which any one opens the endpoint."""
        if self.right is None:
            return ()
        return (self.right,) if isinstance(self.right, str) else self.right

    def __str__(self) -> str:
        return f"{'|'.join(self.methods)} {self.path}"


def _text(value: JSON) -> str | None:
    return None if value is None else str(value)


def _key(item: Item) -> str:
    if isinstance(item, dict):
        return str(item["id"])
    return item.stored.id if isinstance(item, Shown) else item.id
