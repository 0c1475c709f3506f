"""The history of one document as endpoints, and `?at=` as a parameter; they hang on the resource's own URL."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from app.changes.history import history
from app.changes.kinds import Kind
from app.changes.work import Work
from app.core.canonical import JSON, Document, load
from app.core.clock import rfc3339
from app.core.diff import field_diff
from app.core.errors import InvalidError
from app.http.endpoint import Answer, Container, Endpoint, Given, Page, Paging, Shown, list_under
from app.http.fields import Text
from app.http.schemas import ApiSchema
from app.http.versions import Lifespan
from app.store.documents import Stored
from app.store.format1 import commit_message
from app.store.log import Event

NEWEST = 1 << 62
AT_ONCE = 500
LONGEST_SEQ = 15
STRICT = Lifespan(25)


class AtQuery(ApiSchema):
    """The moment as of which configuration is read."""

    at = Text(max_length=64, metadata={"since": 25})


def history_endpoint(
    kind: Kind,
    path: str,
    singular: str,
    right: str,
    *,
    document_id: Callable[[Given], str] = lambda given: given.path["id"],
) -> Endpoint:
    """Declare `GET <path>/history`; `document_id` reads the document's id from the path."""

    def view(work: Work, given: Given) -> Answer:
        page = given.page or Page(100)
        before = seq_of(page.after) if page.after else NEWEST
        events = history(work.session, kind, document_id(given), before=before, most=page.limit + 2)
        entries = [_entry(one, _older(events, place)) for place, one in enumerate(events[: page.limit])]
        more = str(events[page.limit - 1].seq) if len(events) > page.limit else None
        return Answer(items=entries, page=page, next=more)

    return Endpoint(
        methods=("GET",),
        path=f"{path}/history",
        action=f"{singular}History",
        summary="List every revision of one object, newest first, also after it was deleted",
        right=right,
        view=view,
        container=list_under("history"),
        lifespan=STRICT,
        id_from="path",
        paging=Paging(default=100),
    )


def revisions_endpoint(
    kind: Kind,
    path: str,
    *,
    action: str,
    right: str,
    container: Container,
    document_id: Callable[[Given], str] = lambda given: given.path["id"],
) -> Endpoint:
    """Declare Rudder's `GET <path>/revisions`: the commits that changed one document, newest first."""

    def view(work: Work, given: Given) -> Answer:
        return Answer.many([_revision(one) for one in every_event(work, kind, document_id(given))])

    return Endpoint(
        methods=("GET",),
        path=f"{path}/revisions",
        action=action,
        summary=f"List the commits that changed one {kind.label.lower()}, newest first",
        right=right,
        view=view,
        container=container,
        lifespan=Lifespan(14),
    )


def answer_past(listed: Iterable[Stored], page: Page | None) -> Answer:
    """Show documents as they were, which come by id: all of them, or the page that was asked for."""
    if page is None:
        return Answer.many(Shown(stored, bare=True) for stored in listed)
    after = (Shown(stored, bare=True) for stored in listed if stored.id > page.after)
    return Answer.paged(list(islice(after, page.limit + 1)), page)


def every_event(work: Work, kind: Kind, document_id: str) -> Iterator[Event]:
    """List the events of one document, newest first, a part at a time.

    Raises:
        NotFoundError: there never was such a document.
    """
    before = NEWEST
    while True:
        events = history(work.session, kind, document_id, before=before, most=AT_ONCE)
        yield from events
        if len(events) < AT_ONCE or events[-1].before is None:
            return
        before = events[-1].seq


def _revision(one: Event) -> Document:
    author = one.change_request.author_handle if one.change_request is not None else one.actor.handle
    message = one.reason or commit_message([one]).partition("\n")[0]
    return {"revision": one.commit, "date": rfc3339(one.time), "author": author, "message": message}


def _older(events: list[Event], place: int) -> Event | None:
    return events[place + 1] if place + 1 < len(events) else None


def _entry(one: Event, older: Event | None) -> Document:
    after = _document(one.after)
    before = _document(older.after) if older is not None and one.before is not None else None
    trail = one.change_request
    changes: list[JSON] = (
        []
        if one.type == "TenantCreated"
        else [{"path": change.path, "old": change.old, "new": change.new} for change in field_diff(before, after)]
    )
    entry: Document = {
        "revision": one.revision,
        "seq": one.seq,
        "time": rfc3339(one.time),
        "type": one.type,
        "actor": {"id": one.actor.id, "kind": one.actor.kind, "handle": one.actor.handle},
        "reason": one.reason,
        "commit": one.commit,
        "changes": changes,
    }
    if trail is not None:
        entry["changeRequest"] = {"id": trail.id, "diffHash": trail.diff_hash}
    return entry


def _document(text: str | None) -> Document | None:
    value = load(text) if text is not None else None
    return value if isinstance(value, dict) else None


def seq_of(cursor: str) -> int:
    """Read the cursor of a list that is ordered by seq.

    Raises:
        InvalidError: it is none.
    """
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= LONGEST_SEQ):
        text = f"'{cursor}' is not a cursor of this list; use meta.next of the page before"
        raise InvalidError(text, fields={"cursor": [text]})
    return int(cursor)
