"""Reads the events of an exported file one after the other: content, order, chain and checkpoints."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.values import dataclass
from app.verify.anchors import Spans
from app.verify.bytes import read_with_writer
from app.verify.events import Row, event_hash
from app.verify.fault import Fault
from app.verify.signed import Anchor

MOST_GAPS = 1000
ANOTHER = "ask for another export and compare"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Reading:
    """Where the reading of an export stands; its memory does not grow with the events.

    `gaps` are the first runs of seqs that are not in the file, as many as a manifest lists.
    """

    witnessed: Mapping[str, Sequence[Anchor]]
    spans: Spans = field(default_factory=Spans)
    anchors: dict[int, list[Anchor]] = field(default_factory=lambda: defaultdict(list))
    tenant: str | None = None
    count: int = 0
    first: int | None = None
    first_prev_hash: str | None = None
    last: int = 0
    hash: str | None = None
    gaps: list[list[int]] = field(default_factory=list)
    gap_count: int = 0
    missing: int = 0

    def take(self, line: str, number: int) -> None:
        """Check one event and its link to the one before.

        Raises:
            Fault: it was changed, or does not follow.
        """
        row = _row(line, number)
        seq, said, where = row["seq"], row["hash"], f"Event {row['seq']} (line {number})"
        if self.tenant is None:
            self._begin(row)
        own = event_hash(row)
        if own != said:
            raise Fault(f"{where} was changed: its content gives hash {own[:12]}..., it says {said[:12]}...; {ANOTHER}")
        if row["tenant"] != self.tenant or seq <= self.last:
            raise Fault(f"{where} is out of order: it comes after event {self.last}; {ANOTHER}")
        if seq == self.last + 1 and self.count and row["prev_hash"] != self.hash:
            raise Fault(f"{where} does not follow event {self.last}, which has another hash; {ANOTHER}")
        self.note_gap(seq)
        self.count, self.last, self.hash = self.count + 1, seq, said
        for anchor in self.anchors.pop(seq, ()):
            self._compare(anchor, where, said)

    def note_gap(self, seq: int) -> None:
        """Count the seqs that are not in the file before this one."""
        if seq == self.last + 1 and self.count:
            return
        self.spans.begin(seq)
        if seq > self.last + 1:
            self.gap_count, self.missing = self.gap_count + 1, self.missing + seq - self.last - 1
            if len(self.gaps) < MOST_GAPS:
                self.gaps.append([self.last + 1, seq - 1])

    def _begin(self, row: Row) -> None:
        self.tenant, self.first, self.first_prev_hash = row["tenant"], row["seq"], row["prev_hash"]
        for anchor in self.witnessed.get(row["tenant"], ()):
            self.anchors[anchor.seq].append(anchor)

    def _compare(self, anchor: Anchor, where: str, said: str) -> None:
        if anchor.hash != said:
            raise Fault(
                f"{where} has hash {said[:12]}..., but the checkpoint signed by {anchor.key_id} says "
                f"{anchor.hash[:12]}...: the log up to there was written anew; ask who runs the server"
            )
        self.spans.anchor(anchor.seq)


def _row(line: str, number: int) -> Row:
    """Read an exported event as the row that was hashed.

    Raises:
        Fault: it is none.
    """
    try:
        shown, write = read_with_writer(line)
        return _as_row(shown, write)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Fault(f"Line {number} is no exported event; {ANOTHER}") from None


def _as_row(shown: dict[str, Any], write: Callable[[Any], str]) -> Row:
    subject, credential, actor = shown["object"] or {}, shown["credential"] or {}, shown["actor"]

    def text(name: str) -> str | None:
        return None if shown[name] is None else write(shown[name])

    return {
        "tenant": shown["tenant"],
        "seq": _whole(shown["seq"]),
        "format": shown["format"],
        "time": _milliseconds(shown["time"]),
        "type": shown["type"],
        "outcome": shown["outcome"],
        "actor_handle": actor["handle"],
        "actor_id": actor["id"],
        "actor_kind": actor["kind"],
        "credential": credential.get("id"),
        "on_behalf_of": text("onBehalfOf"),
        "object_kind": subject.get("kind"),
        "object_id": subject.get("id"),
        "object_name": subject.get("name"),
        "revision": shown["revision"],
        "before": shown["beforeHash"],
        "after": text("after"),
        "data": text("data"),
        "reason": shown["reason"],
        "request_id": shown["source"]["requestId"],
        "change_request": text("changeRequest"),
        "commit_id": shown["commit"],
        "prev_hash": str(shown["prevHash"]),
        "hash": str(shown["hash"]),
        "private_digest": shown["privateDigest"],
    }


def _whole(value: Any) -> int:  # noqa: ANN401  any JSON
    if not isinstance(value, int):
        raise TypeError("a seq is an integer")
    return value


def _milliseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)
