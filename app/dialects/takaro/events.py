"""Events: the log of a tenant."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from flask import Response
from sqlalchemy import ColumnElement, Select, Text, case, cast, null, select

from app.changes.work import Work
from app.core.canonical import JSON, Document, canonical, load
from app.core.clock import now_ms, rfc3339
from app.core.errors import InvalidError, NotFoundError
from app.dialects.takaro.ids import event_uuid, seq_of
from app.dialects.takaro.searching import answer, empty, read_query
from app.dialects.takaro.users import USERS
from app.dialects.takaro.visit import Paged, Route, Visit
from app.http.search import Extension, Query, Searchable, joined_searches
from app.people.searching import users_table
from app.resources.events.service import get_event
from app.store.events import COLUMNS, event
from app.store.keys import Key, Value
from app.store.log import Event
from app.store.search import Order
from app.store.session import TENANT, TenantSession
from app.store.sources import Table
from app.store.tables import EventRecord

READ = "READ_EVENTS"
MOST_DAYS: Final = 90
DAY_MS: Final = 86_400_000
PAGE: Final = 1000
FOREIGN: Final = ("moduleId", "playerId", "gameserverId", "actingModuleId")
_EXPORTED: Final = ("id", "createdAt", "eventName", "actingUserId", "userId", "meta")


def event_json(one: Event) -> Document:
    """Show an event; who it is about and who did it are named where they are people."""
    return {
        "id": event_uuid(one.tenant, one.seq),
        "eventName": one.type,
        "userId": _about(one),
        "actingUserId": one.actor.id if one.actor.kind == "user" else None,
        **dict.fromkeys(FOREIGN),
        "meta": _meta(one),
        "createdAt": rfc3339(one.time),
        "updatedAt": rfc3339(one.time),
    }


def search(visit: Visit) -> Paged:
    """Find events, newest first."""
    return answer(SEARCH, visit)


def show(visit: Visit) -> JSON:
    """Show an event."""
    seq = seq_of(visit.work.ctx.tenant, visit.ids["id"])
    if seq is None:
        raise NotFoundError(f"Event '{visit.ids['id']}' was not found")
    return event_json(get_event(visit.work.session, str(seq)))


def export(visit: Visit) -> Response:
    """Send the events that a search finds, of at most 90 days, as CSV."""
    query = _spanned(read_query(SEARCH, visit))
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(_EXPORTED)
    for found in _pages(visit.work, query):
        lines.writerows([_cell(one[name]) for name in _EXPORTED] for one in found)
    today = datetime.fromtimestamp(now_ms() / 1000, UTC).date().isoformat()
    headers = {"Content-Disposition": f'attachment; filename="events_{today}.csv"', "Cache-Control": "no-store"}
    return Response(file.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


def _spanned(query: Query) -> Query:
    """Give the query a span of time: the one that it asks for, or the last 90 days.

    Raises:
        InvalidError: it asks for a longer one.
    """
    asked = query.asked
    until = asked.most.get("createdAt", now_ms())
    since = asked.least.get("createdAt", until - MOST_DAYS * DAY_MS)
    if until - since > MOST_DAYS * DAY_MS:
        raise InvalidError(f"At most {MOST_DAYS} days are exported at once; give a later greaterThan.createdAt")
    span: Mapping[str, float] = {**asked.least, "createdAt": since}
    return Query(replace(asked, least=span, most={**asked.most, "createdAt": until}, limit=PAGE), ())


def _pages(work: Work, query: Query) -> Iterator[list[Document]]:
    page = 1
    while True:
        found, meta = SEARCH.answer(work, Query(replace(query.asked, page=page), ()))
        yield found
        if page * PAGE >= int(str(meta["total"])):
            return
        page += 1


def _cell(value: JSON) -> str:
    """Write a value so that no spreadsheet takes it for a formula."""
    text = "" if value is None else value if isinstance(value, str) else canonical(value).decode()
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _about(one: Event) -> str | None:
    return one.object_id if one.object_kind == "user" else None


def _meta(one: Event) -> Document:
    data = None if one.data is None else load(one.data)
    return {
        "seq": one.seq,
        "actor": {"id": one.actor.id, "kind": one.actor.kind, "handle": one.actor.handle},
        "object": {"kind": one.object_kind, "id": one.object_id, "name": one.object_name} if one.object_id else None,
        "outcome": one.outcome,
        "reason": one.reason,
        "commit": one.commit,
        "data": data,
        "hash": one.hash,
    }


def _show_found(_work: Work, events: Sequence[Event]) -> list[Document]:
    return [event_json(one) for one in events]


def _users(session: TenantSession, events: Sequence[Event]) -> Sequence[Sequence[Any]]:
    """Find whom each event is about, in one statement."""
    ids = sorted({about for one in events if (about := _about(one)) is not None})
    users = users_table().load(session, ids) if ids else {}
    return [[users[about]] if (about := _about(one)) in users else [] for one in events]


_SEQ: Final = EventRecord.seq.expression
_NONE: Final[ColumnElement[Any]] = cast(null(), Text)
_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "id": _SEQ,
    "eventName": EventRecord.type.expression,
    "userId": case((EventRecord.object_kind == "user", EventRecord.object_id), else_=None),
    "actingUserId": case((EventRecord.actor_kind == "user", EventRecord.actor_id), else_=None),
    "createdAt": EventRecord.time.expression,
    "updatedAt": EventRecord.time.expression,
    **dict.fromkeys(FOREIGN, _NONE),
}


def _source(work: Work) -> Table:
    def numbered(values: Sequence[Value]) -> Select[Any]:
        seqs = [seq for value in values if (seq := seq_of(work.ctx.tenant, str(value))) is not None]
        return select(EventRecord.seq).where(EventRecord.tenant == TENANT, EventRecord.seq.in_(seqs))

    return Table(id=_SEQ, columns=_COLUMNS, selected=COLUMNS, read=lambda row: event(row[1:]), related={"id": numbered})


_KEYS: Final = (
    *(Key(name, "uuid") for name in ("id", "userId", "actingUserId", *FOREIGN)),
    Key("eventName"),
    Key("createdAt", "date"),
    Key("updatedAt", "date"),
)
SEARCH: Final = joined_searches(
    [
        Searchable(
            name="events",
            path="/event",
            right="event_read",
            show=_show_found,
            keys={key.name: key for key in _KEYS},
            source=_source,
            order=Order("id", descending=True),
            extensions={
                "user": Extension(find=_users, target="users"),
                **{name: empty() for name in ("player", "gameServer", "module")},
            },
        ),
        USERS,
    ]
)["events"]

ROUTES: Final = (
    Route("POST", "/event/search", "Find events, newest first", search, READ),
    Route("POST", "/event/export", "Send events as CSV", export, READ),
    Route("GET", "/event/{id}", "Show an event", show, READ),
)
