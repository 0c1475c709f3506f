"""Where the event log is reached."""

from collections.abc import Iterable, Mapping, Sequence

from app.changes.rollback import Side, edit_towards, roll_back, state_beside
from app.changes.work import Work
from app.core.canonical import Document
from app.http.endpoint import Answer, Endpoint, Given, Needed, Page, Paging, list_under
from app.http.history import NEWEST, seq_of
from app.http.resource import Resource
from app.http.review_search import AUTHOR
from app.http.search import Extension, Searchable, show_documents
from app.http.versions import Lifespan
from app.http.writing import Writing
from app.resources.events import service
from app.resources.events.exporting import EXPORT
from app.resources.events.extending import (
    SEARCHED_KINDS,
    find_change_requests,
    find_objects,
    find_roles_of_actors,
    show_actors,
)
from app.resources.events.histogram import HISTOGRAM
from app.resources.events.proof import PROOFS
from app.resources.events.rows import document_of, event_row, whole_event
from app.resources.events.schema import EventFilter, RollbackInput
from app.resources.events.stream import STREAM
from app.store.log import Event
from app.store.search import Order

STRICT = Lifespan(25)
EVENTS = list_under("events")
DEFAULT_LIMIT = 100


def list_events(work: Work, given: Given) -> Answer:
    """Show one page of the log."""
    page = given.page or Page(DEFAULT_LIMIT)
    before = seq_of(page.after) if page.after else NEWEST
    events, stopped_at = service.find_events(work.session, given.query, before=before, most=page.limit + 1)
    shown = events[: page.limit]
    bodies = service.replaced_bodies(work.session, shown)
    names = service.credential_names(work.session, shown)
    items = [event_row(one, bodies.get(one.seq), names) for one in shown]
    if len(events) > page.limit:
        return Answer(items=items, page=page, next=str(shown[-1].seq))
    if stopped_at is None:
        return Answer(items=items, page=page)
    # A search for a text that has read its share goes on from there with the next page, found something or not.
    return Answer(items=items, page=page, next=str(stopped_at), members={"examined": {"first": stopped_at}})


def show_event(work: Work, given: Given) -> Answer:
    """Show one event whole."""
    one = service.get_event(work.session, given.path["seq"])
    body = service.replaced_bodies(work.session, [one]).get(one.seq)
    names = service.credential_names(work.session, [one])
    return Answer(items=[{**whole_event(one, body, names), "before": document_of(body)}])


def show_found(work: Work, events: Sequence[Event]) -> list[Document]:
    """Show the events that a search found."""
    bodies = service.replaced_bodies(work.session, events)
    names = service.credential_names(work.session, events)
    return [event_row(one, bodies.get(one.seq), names) for one in events]


def newest(work: Work, _given: Given) -> str:
    """Name the state that every page depends on."""
    return f"events-{work.session.head().seq}"


SEARCH = Searchable(
    name="events",
    path="/events",
    right="event_read",
    show=show_found,
    keys=service.KEYS,
    source=lambda _work: service.SOURCE,
    order=Order("seq", descending=True),
    extensions={
        "actor": Extension(find=lambda _session, events: [[one] for one in events], show=show_actors),
        "actor.roles": Extension(find=find_roles_of_actors, target="roles", many=True),
        "changeRequest": Extension(find=find_change_requests, target="changeRequests"),
        "changeRequest.author": AUTHOR,
        "object": Extension(find=find_objects, show=show_documents(), reads=tuple(SEARCHED_KINDS.values())),
    },
)

ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path="/events",
        action="listEvents",
        summary="List events, newest first; new ones never shift a page",
        right="event_read",
        view=list_events,
        container=EVENTS,
        query=EventFilter,
        lifespan=STRICT,
        paging=Paging(default=DEFAULT_LIMIT),
        state=newest,
    ),
    Endpoint(
        methods=("GET",),
        path="/events/{seq}",
        action="eventDetails",
        summary="Show one event with the document before and after; works after the object is gone",
        right="event_read",
        view=show_event,
        container=EVENTS,
        lifespan=STRICT,
        id_from="path",
    ),
)


def rollback_endpoint(writings: Mapping[str, Writing]) -> Endpoint:
    """Declare the way back, for documents of the kinds that are given with how each is written."""

    def needs(work: Work, given: Given) -> Iterable[Needed]:
        one = service.get_event(work.session, given.path["seq"])
        edit = edit_towards(work.session, one, state_beside(work.session, one, _side(given)), None)
        action = "modify" if edit is None else edit.action
        yield writings[str(one.object_kind)].needed(action, str(one.object_id))

    def view(work: Work, given: Given) -> Answer:
        one = service.get_event(work.session, given.path["seq"])
        change = roll_back(work, one, _side(given), given.if_match)
        return writings[change.kind].answer(work, change)

    return Endpoint(
        methods=("POST",),
        path="/events/{seq}/rollback",
        action="rollbackEvent",
        summary="Bring the document of one event back to what it was before or after it",
        right="event_read",
        view=view,
        input=RollbackInput,
        lifespan=STRICT,
        id_from="result",
        write=True,
        dry_run=True,
        needs=needs,
        errors=(404, 409, 412),
    )


def _side(given: Given) -> Side:
    return "before" if given.fields["to"] == "before" else "after"


def events_resource(writings: Mapping[str, Writing]) -> Resource:
    """Make the resource; `writings` says, by kind, how the documents that events are about are written."""
    endpoints = (*ENDPOINTS, HISTOGRAM, *PROOFS, EXPORT, STREAM, rollback_endpoint(writings))
    return Resource(name="events", endpoints=endpoints, searchables=(SEARCH,))
