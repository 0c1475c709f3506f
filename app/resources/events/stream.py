"""The log as it grows: server-sent events, resumed where a client broke off."""

from collections.abc import Callable, Iterator
from typing import Final

from app.changes.work import Work
from app.core.errors import InvalidError
from app.http.endpoint import TEXT, Answer, Endpoint, Given
from app.http.envelope import dump
from app.http.versions import Lifespan
from app.resources.events import service
from app.resources.events.rows import event_row
from app.resources.events.schema import StreamQuery

AT_ONCE: Final = 200
PACE_S: Final = 0.5
HEARTBEATS_EVERY: Final = 30
"""Pauses after which a comment is sent, so that a client that is gone is noticed."""
LONGEST: Final = 600
"""Pauses after which a stream ends; the client comes again by itself, and its credential is looked at anew."""
RETRY_MS: Final = 1000


def stream_events(work: Work, given: Given) -> Answer:
    """Send each event as soon as it is logged."""
    filters = {name: value for name, value in given.query.items() if name != "after"}
    after = _begin(work, given)
    following = service.Following(work.session, filters)
    pieces = _pieces(work, following, after, work.terms.pause)
    return Answer(raw=pieces, content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _begin(work: Work, given: Given) -> int:
    """Read after which event to begin; what the client saw last wins over what its URL says."""
    newest = work.session.head().seq
    seen = given.last_event_id
    if seen is not None and not (seen.isascii() and seen.isdigit() and len(seen) <= service.LONGEST_SEQ):
        raise InvalidError(f"Last-Event-ID '{seen[:40]}' is no seq of this stream; leave it out, or send the last id")
    after = int(seen) if seen is not None else int(str(given.query.get("after", newest)))
    if after > newest:
        text = f"Event {after} has not happened yet; the last one is {newest}"
        raise InvalidError(text, fields={"after": [text]})
    return after


def _pieces(work: Work, following: service.Following, after: int, pause: Callable[[float], bool]) -> Iterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    for count in range(1, LONGEST + 1):
        until = work.session.head().seq
        while after < until:
            part = following.part(after=after, until=until, most=AT_ONCE)
            after = part[-1].seq if len(part) == AT_ONCE else until
            bodies, names = service.replaced_bodies(work.session, part), service.credential_names(work.session, part)
            for one in part:
                yield f"id: {one.seq}\ndata: {dump(event_row(one, bodies.get(one.seq), names))}\n\n".encode()
        work.session.release()
        if count % HEARTBEATS_EVERY == 0:
            # The id moves on although nothing passed the filter, so that a client resumes where the log is.
            yield f"id: {after}\n:\n\n".encode()
        if pause(PACE_S):
            return


STREAM = Endpoint(
    methods=("GET",),
    path="/events/stream",
    action="streamEvents",
    summary="Follow the log as server-sent events, each as GET /events shows it; resumes by Last-Event-ID",
    right="event_read",
    view=stream_events,
    container=TEXT,
    query=StreamQuery,
    lifespan=Lifespan(25),
    media_type="text/event-stream",
    streams=True,
)
