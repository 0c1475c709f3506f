"""How many events there were over time: bars of one width, each with the moments that `GET /events` takes."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final

from sqlalchemy import Select, bindparam, func, select

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.values import dataclass
from app.http.endpoint import Answer, Endpoint, Given, object_under
from app.http.versions import Lifespan
from app.resources.events import service
from app.resources.events.schema import HistogramQuery
from app.store.session import TENANT, TenantSession
from app.store.tables import EventRecord

USUAL_BARS: Final = 30
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
WIDTHS_MS: Final = (
    *(minutes * MINUTE_MS for minutes in (1, 5, 15)),
    *(hours * HOUR_MS for hours in (1, 3, 6, 12)),
    *(days * DAY_MS for days in (1, 2, 7, 14, 28, 91, 364)),
)
"""How wide a bar may be; they start at whole minutes, hours and days of UTC."""

_SPAN_NAMES: Final = ("since", "until", "bars")
_FIRST: Final = select(EventRecord.time).order_by(EventRecord.seq).limit(1)


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars from `starts[0]` on, each as wide as the next start is away, the last up to `end` (all ms, `end` out)."""

    starts: tuple[int, ...]
    width_ms: int
    end: int

    @classmethod
    def between(cls, first: int, end: int, most: int) -> "Bars":
        """Divide a span of time into at most so many bars of one of the usual widths."""
        width = next((one for one in WIDTHS_MS if (end - 1) // one - first // one < most), 0)
        width = width or ((end - first) // most // DAY_MS + 1) * 2 * DAY_MS
        inner = range((first // width + 1) * width, end, width)
        return cls((first, *inner), width, end)

    def spans(self) -> Iterator[tuple[int, int]]:
        """Give the first and the last moment of each."""
        ends = (*self.starts[1:], self.end)
        yield from ((start, end - 1) for start, end in zip(self.starts, ends, strict=True))


def show_histogram(work: Work, given: Given) -> Answer:
    """Count the events that every filter lets through, by time."""
    filters = {name: value for name, value in given.query.items() if name != "bars"}
    session, now = work.session, work.committer.clock()
    since, until = service.find_moment(filters, "since"), service.find_moment(filters, "until")
    end = min(now, until if until is not None else now) + 1
    row = session.find(_FIRST)
    first = max(int(row[0]) if row is not None else now, since or 0)
    if first >= end:
        return Answer(value={"widthSeconds": 0, "total": 0, "bars": []})
    asked = given.query.get("bars")
    bars = Bars.between(first, end, asked if isinstance(asked, int) else USUAL_BARS)
    counts = _counted(session, bars, filters)
    shown: list[JSON] = [
        {"from": rfc3339(start), "to": rfc3339(last), "count": count}
        for (start, last), count in zip(bars.spans(), counts, strict=True)
    ]
    return Answer(value={"widthSeconds": bars.width_ms // 1000, "total": sum(counts), "bars": shown})


def _counted(session: TenantSession, bars: Bars, filters: Document) -> list[int]:
    """Count the events of each bar.

    Where only a span of time is asked for, the numbers of the events at its edges tell, however long the log is; so
    what was retired since counts too.
    """
    if set(filters) <= set(_SPAN_NAMES):
        row = session.find(_edges(len(bars.starts) + 1), _moments((*bars.starts, bars.end)))
        newest = session.head().seq + 1
        seqs = [int(seq) if seq is not None else newest for seq in (row or ())]
        return [last - first for first, last in pairwise(seqs)]
    conditions = service.matching(session, {**filters, "since": rfc3339(bars.starts[0])})
    place = EventRecord.time // bindparam("width")
    counted = select(place.label("place"), func.count()).where(*conditions).group_by("place")
    found = {int(row[0]): int(row[1]) for row in session.rows(counted, {"width": bars.width_ms})}
    return [found.get(start // bars.width_ms, 0) for start in bars.starts]


@cache
def _edges(count: int) -> Select[*tuple[int, ...]]:
    """Ask for the first event from each of so many moments on."""
    firsts = [
        select(EventRecord.seq)
        .where(EventRecord.tenant == TENANT, EventRecord.time >= bindparam(f"moment{place}"))
        .order_by(EventRecord.time, EventRecord.seq)
        .limit(1)
        .scalar_subquery()
        for place in range(count)
    ]
    return select(*firsts)


def _moments(moments: tuple[int, ...]) -> dict[str, object]:
    return {f"moment{place}": moment for place, moment in enumerate(moments)}


HISTOGRAM = Endpoint(
    methods=("GET",),
    path="/events/histogram",
    action="eventsHistogram",
    summary="Count events over time, with the filters of GET /events but a part of a text",
    right="event_read",
    view=show_histogram,
    container=object_under("histogram"),
    query=HistogramQuery,
    lifespan=Lifespan(25),
)
