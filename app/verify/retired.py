"""The events that a log says it retired: where rows are missing, and what the chain was across them."""

from collections.abc import Iterable
from typing import Any

from app.core.values import dataclass
from app.verify.bytes import read
from app.verify.events import Row, event_hash

TYPE = "EventsRetired"


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that were retired, as a later event of the log says; `told` is that event's seq."""

    first: int
    last: int
    prev_hash: str
    last_hash: str
    told: int


def gaps_of(rows: Iterable[Row]) -> dict[int, Gap]:
    """Read, by first seq, what `EventsRetired` events say; one whose own content was changed tells nothing."""
    found: dict[int, Gap] = {}
    for row in rows:
        if row["type"] == TYPE and row["data"] is not None and event_hash(row) == row["hash"]:
            for told in read(row["data"]).get("ranges", []):
                gap = _gap(told, row["seq"])
                if gap.first <= gap.last < gap.told and told["count"] == gap.last - gap.first + 1:
                    found[gap.first] = gap
    return found


def _gap(told: dict[str, Any], seq: int) -> Gap:
    return Gap(told["first"], told["last"], told["firstPrevHash"], told["lastHash"], seq)
