"""Checks a part of one tenant's log: each event, its link to the one before, and the checkpoints that reach into it."""

from sqlalchemy import Connection

from app.core.values import dataclass
from app.verify.anchors import Anchors
from app.verify.fault import Fault
from app.verify.log import Walk, check_link
from app.verify.retired import gaps_of
from app.verify.rows import CHECKPOINTS, EVENT, HEAD_BEFORE, RANGE, RETIREMENTS, find, rows
from app.verify.signed import Anchor, Keys, anchor_of


@dataclass(frozen=True, slots=True)
class Checked:
    """What a range turned out to be: up to which event it is sound, and the first that is not.

    `count` are the events that are there, `retired` those that the log says it retired. `anchored` is the last event
    of the range that a checkpoint vouches for, 0 for none.
    """

    count: int
    retired: int
    anchored: int
    last_hash: str
    bad_seq: int | None = None
    fault: str | None = None


def check_range(connection: Connection, tenant: str, first: int, last: int, keys: Keys) -> Checked:
    """Check the events `first` to `last`, which this tenant has numbered; memory does not grow with them."""
    walk, count = Walk(tenant), 0
    try:
        _start(connection, walk, first)
        walk.anchors = Anchors(tenant, _anchors(connection, tenant, (first, last), keys))
        with rows(connection, RANGE, tenant=tenant, first=first, last=last) as found:
            for row in found:
                check_link(walk, row)
                walk.go_on(row)
                count += 1
        _end(walk, last)
    except Fault as fault:
        return Checked(count, walk.retired, 0, walk.hash, walk.seq + 1, str(fault))
    return Checked(count, walk.retired, walk.anchors.reached, walk.hash)


def _start(connection: Connection, walk: Walk, first: int) -> None:
    """Stand before the first event, or at the end of the retired ones among which it was."""
    with rows(connection, RETIREMENTS, tenant=walk.tenant) as told:
        walk.gaps = gaps_of(told)
    around = next((gap for gap in walk.gaps.values() if gap.first <= first - 1 <= gap.last), None)
    before = find(connection, EVENT, tenant=walk.tenant, seq=first - 1) if first > 1 else None
    if around is not None and before is None:
        walk.retired = around.last - first + 1
        walk.seq, walk.hash = around.last, around.last_hash
    elif before is not None:
        walk.seq, walk.time, walk.hash = before["seq"], before["time"], before["hash"]
    elif first > 1:
        walk.seq = first - 2
        raise walk.fault(first - 1, "is missing, so the range has no beginning")
    head = find(connection, HEAD_BEFORE, tenant=walk.tenant, seq=walk.seq)
    walk.tip = None if head is None else head["commit_id"]


def _end(walk: Walk, last: int) -> None:
    """See that nothing is missing up to the last event, but what was retired."""
    while walk.seq < last:
        gap = walk.gaps.get(walk.seq + 1)
        if gap is None or gap.prev_hash != walk.hash:
            raise walk.fault(walk.seq + 1, "is missing")
        walk.retired += min(gap.last, last) - gap.first + 1
        walk.seq, walk.hash = gap.last, gap.last_hash


def _anchors(connection: Connection, tenant: str, span: tuple[int, int], keys: Keys) -> list[Anchor]:
    with rows(connection, CHECKPOINTS, tenant=tenant) as found:
        return [anchor_of(keys, row) for row in found if span[0] <= row["seq"] <= span[1]]
