"""Proofs of the log: the newest signed checkpoint, and the verification of a range."""

from typing import TYPE_CHECKING

from app.changes.work import Work
from app.core.canonical import Document
from app.core.errors import InvalidError
from app.http.endpoint import Answer, Endpoint, Given, object_under
from app.http.fields import Number
from app.http.schemas import ApiSchema
from app.http.versions import Lifespan
from app.store.checkpoints import newest_checkpoint

if TYPE_CHECKING:
    from app.verify.ranges import Checked

STRICT = Lifespan(25)
MOST_AT_ONCE = 100_000
"""Events that one call verifies; `next` says where the following one begins."""


class RangeQuery(ApiSchema):
    """A range of the log."""

    first = Number(data_key="from", least=1, metadata={"description": "first seq; 1 if not given"})
    last = Number(data_key="to", least=1, metadata={"description": "last seq; the newest if not given"})


def show_checkpoint(work: Work, _given: Given) -> Answer:
    """Sign where the log stands now."""
    ring = work.committer.ring
    keys: Document = dict(ring.public_keys())
    made = newest_checkpoint(work.session, ring)
    return Answer(value={"checkpoint": made.shown(), "publicKeys": keys})


def verify_events(work: Work, given: Given) -> Answer:
    """Check a range of the log, by the program that `sternpost verify` is."""
    from app.verify.ranges import check_range  # noqa: PLC0415  a program of its own, loaded by who proves something
    from app.verify.signed import read_keys  # noqa: PLC0415  as above

    newest = work.session.head().seq
    first, last = _range(given, newest)
    until = min(last, first + MOST_AT_ONCE - 1)
    work.session.release()
    keys = read_keys("".join(work.committer.ring.public_keys().values()))
    with work.session.database.connect(work.ctx.tenant) as connection:
        checked = check_range(connection, work.ctx.tenant, first, until, keys)
    return Answer(items=[_shown(first, until, last, checked)])


def _shown(first: int, until: int, last: int, checked: "Checked") -> Document:
    return {
        "from": first,
        "to": until,
        "count": checked.count,
        "retired": checked.retired,
        "valid": checked.fault is None,
        "firstBad": None if checked.fault is None else {"seq": checked.bad_seq, "reason": checked.fault},
        "lastHash": checked.last_hash,
        "anchoredTo": checked.anchored or None,
        "next": until + 1 if until < last else None,
    }


def _range(given: Given, newest: int) -> tuple[int, int]:
    first, last = int(str(given.query.get("first", 1))), int(str(given.query.get("last", newest)))
    for name, seq in (("from", first), ("to", last)):
        if seq > newest:
            text = f"Event {seq} has not happened; this tenant has the events 1 to {newest}"
            raise InvalidError(text, fields={name: [text]})
    if first > last:
        text = f"'from' ({first}) is after 'to' ({last}); exchange them"
        raise InvalidError(text, fields={"from": [text]})
    return first, last


PROOFS = (
    Endpoint(
        methods=("GET",),
        path="/events/checkpoint",
        action="eventsCheckpoint",
        summary="Sign where the log stands now; keep the answer, and no later change of the log can hide from you",
        right="event_read",
        view=show_checkpoint,
        lifespan=STRICT,
        errors=(404,),
    ),
    Endpoint(
        methods=("GET",),
        path="/events/verify",
        action="verifyEvents",
        summary="Verify a range of the log: content, chain and checkpoints; names the first event that is wrong",
        right="event_read",
        view=verify_events,
        container=object_under("verification"),
        query=RangeQuery,
        lifespan=STRICT,
    ),
)
