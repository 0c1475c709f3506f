"""Compares a log with signed checkpoints while it is walked, and says how far they reach."""

from collections.abc import Iterable

from app.verify.fault import LOST, Fault
from app.verify.signed import Anchor


class Anchors:
    """The checkpoints of one tenant, in order; each must be what the log says at its event."""

    def __init__(self, tenant: str, anchors: Iterable[Anchor]) -> None:
        self._tenant = tenant
        self._left = sorted(anchors, key=lambda anchor: anchor.seq, reverse=True)
        self.reached = 0
        self.count = 0

    def skip(self, seq: int) -> None:
        """Leave out the checkpoints up to an event: what they speak of is not at hand."""
        while self._left and self._left[-1].seq <= seq:
            self._left.pop()

    def compare(self, seq: int, hash_: str, head: str | None) -> None:
        """Compare the checkpoints of one event with what the log says there.

        Raises:
            Fault: the log was written anew since, or it had another head.
        """
        self.skip(seq - 1)
        while self._left and self._left[-1].seq == seq:
            anchor = self._left.pop()
            if anchor.hash != hash_:
                raise Fault(
                    f"Event {seq} of tenant '{self._tenant}' has hash {hash_[:12]}..., but the checkpoint signed by "
                    f"{anchor.key_id} says {anchor.hash[:12]}...: the log up to there was written anew; {LOST}"
                )
            if anchor.head != head:
                raise Fault(
                    f"At event {seq} of tenant '{self._tenant}' the head is {head}, but the checkpoint signed by "
                    f"{anchor.key_id} says {anchor.head}: commits were taken out; {LOST}"
                )
            self.reached, self.count = seq, self.count + 1

    def finish(self, last: int) -> None:
        """See that no checkpoint speaks of events after the last.

        Raises:
            Fault: one does.
        """
        if self._left:
            furthest = self._left[0]
            raise Fault(
                f"The log of tenant '{self._tenant}' ends at event {last}, but a checkpoint signed by "
                f"{furthest.key_id} tells of event {furthest.seq}: "
                f"events {last + 1} to {furthest.seq} were cut off; {LOST}"
            )

    def said(self, last: int) -> str:
        """Say which events are anchored, and which are not yet."""
        if not self.reached:
            return "not yet anchored"
        checkpoints = f"{self.count} checkpoint" + ("s" if self.count > 1 else "")
        if self.reached == last:
            return f"anchored by {checkpoints}"
        return f"events 1 to {self.reached} anchored by {checkpoints}, {self.reached + 1} to {last} not yet anchored"


MOST_SPANS = 5


class Spans:
    """The unbroken runs of events in a file, and how far into each one a checkpoint reaches."""

    def __init__(self) -> None:
        self._start = 0
        self.anchored: list[list[int]] = []

    def begin(self, seq: int) -> None:
        """Begin a run: what is before this event is not in the file."""
        self._start = seq

    def anchor(self, seq: int) -> None:
        """Note that a checkpoint vouches for this event, and so for all of its run before it."""
        if self.anchored and self.anchored[-1][0] == self._start:
            self.anchored[-1][1] = seq
        else:
            self.anchored.append([self._start, seq])

    def said(self, last: int) -> str:
        """Say which events are anchored, and which are not yet."""
        if not self.anchored:
            return "not yet anchored"
        shown = ", ".join(f"{first} to {end}" for first, end in self.anchored[:MOST_SPANS])
        more = f" and {len(self.anchored) - MOST_SPANS} further runs" if len(self.anchored) > MOST_SPANS else ""
        reached = self.anchored[-1][1]
        rest = f", those after {reached} not yet" if reached < last else ""
        return f"events {shown}{more} anchored{rest}"
