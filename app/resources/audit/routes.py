"""Where auditors' questions are asked."""

from app.changes.work import Work
from app.core.canonical import Document
from app.http.endpoint import Answer, Endpoint, Given, Page, Paging, list_under, object_under
from app.http.history import seq_of
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.audit.answers import Found, without_second_person
from app.resources.audit.comparing import compare
from app.resources.audit.schema import CompareQuery, SpanQuery

STRICT = Lifespan(25)
DEFAULT_LIMIT = 100


def show_comparison(work: Work, given: Given) -> Answer:
    """Compare the configuration at two moments."""
    query = given.query
    after, kind = query.get("after"), query.get("kind")
    at, only = (None if value is None else str(value) for value in (after, kind))
    return Answer(value=compare(work, str(query["before"]), at, only))


def show_changes_without_second_person(work: Work, given: Given) -> Answer:
    """List the changes that only one person stood for."""
    page = given.page or Page(DEFAULT_LIMIT)
    after = seq_of(page.after) if page.after else 0
    found = without_second_person(work, given.query, after=after, most=page.limit)
    more = str(found.last) if found.more else None
    return Answer(items=found.changes, page=page, next=more, members={"examined": _examined(found)})


def _examined(found: Found) -> Document:
    return {"first": found.first, "last": found.last, "events": found.count}


ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path="/compare",
        action="compare",
        summary="Compare the configuration at two moments, field by field",
        right="event_read",
        view=show_comparison,
        container=object_under("comparison"),
        query=CompareQuery,
        lifespan=STRICT,
    ),
    Endpoint(
        methods=("GET",),
        path="/audit/answers/changes-without-second-person",
        action="changesWithoutSecondPerson",
        summary="List changes that nobody but their author approved, with the events that show it",
        right="event_read",
        view=show_changes_without_second_person,
        container=list_under("changes"),
        query=SpanQuery,
        lifespan=STRICT,
        paging=Paging(default=DEFAULT_LIMIT),
    ),
)

RESOURCE = Resource(name="audit", endpoints=ENDPOINTS)
