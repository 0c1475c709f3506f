"""Who set one field of one object to what it is, through which change request, approved by whom and why."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from app.changes.kinds import Kind
from app.changes.work import Work
from app.core.canonical import JSON, Document, load
from app.core.clock import rfc3339
from app.core.diff import is_same, values_at
from app.core.errors import InvalidError, NotFoundError
from app.http.endpoint import Answer, Endpoint, Given, object_under
from app.http.fields import Text
from app.http.history import every_event
from app.http.schemas import ApiSchema
from app.http.versions import Lifespan
from app.store.log import Event


class WhyQuery(ApiSchema):
    """The field that is asked about."""

    path = Text(
        required=True,
        min_length=1,
        max_length=1000,
        metadata={"description": "JSON pointer of the field, such as /enabled; /calls/id=c1/report in a list"},
    )


def why_endpoint(
    kind: Kind,
    path: str,
    singular: str,
    right: str,
    *,
    document_id: Callable[[Given], str] = lambda given: given.path["id"],
) -> Endpoint:
    """Declare `GET <path>/why`; `document_id` reads the document's id from the path."""

    def view(work: Work, given: Given) -> Answer:
        pointer = str(given.query["path"])
        if not pointer.startswith("/"):
            text = f"'{pointer}' is not a path; it begins with a slash, such as /{pointer}"
            raise InvalidError(text, fields={"path": [text]})
        events = every_event(work, kind, document_id(given))
        return Answer(value=_why(events, pointer, f"{kind.label} '{document_id(given)}'"))

    return Endpoint(
        methods=("GET",),
        path=f"{path}/why",
        action=f"{singular}Why",
        summary="Say which event set one field to what it is, through which change request, approved by whom and why",
        right=right,
        view=view,
        container=object_under("why"),
        query=WhyQuery,
        lifespan=Lifespan(25),
        id_from="path",
    )


def _why(events: Iterator[Event], pointer: str, name: str) -> Document:
    present: list[JSON] | None = None
    for one, older in pairwise(_ended(events)):
        if one is None:
            break
        now = values_at(_document(one), pointer)
        present = now if present is None else present
        before = [] if older is None or one.before is None else values_at(_document(older), pointer)
        if not _are_same(before, present):
            return _shown(one, pointer, present)
    raise NotFoundError(f"{name} never had the field '{pointer}'; GET .../history shows those it has")


def _ended(events: Iterator[Event]) -> Iterator[Event | None]:
    yield from events
    yield None


def _are_same(one: list[JSON], other: list[JSON]) -> bool:
    return len(one) == len(other) and all(map(is_same, one, other))


def _shown(one: Event, pointer: str, present: list[JSON]) -> Document:
    trail = one.change_request
    event: Document = {
        "seq": one.seq,
        "time": rfc3339(one.time),
        "type": one.type,
        "actor": {"id": one.actor.id, "kind": one.actor.kind, "handle": one.actor.handle},
        "reason": one.reason,
        "commit": one.commit,
    }
    approved: list[JSON] = list(trail.approved_by) if trail is not None else []
    why: Document = {"path": pointer, "value": present[0] if present else None, "event": event, "approvedBy": approved}
    if trail is not None:
        author: Document = {"id": trail.author_id, "handle": trail.author_handle}
        why["changeRequest"] = {"id": trail.id, "diffHash": trail.diff_hash, "author": author}
    return why


def _document(one: Event) -> Document | None:
    value = load(one.after) if one.after is not None else None
    return value if isinstance(value, dict) else None
