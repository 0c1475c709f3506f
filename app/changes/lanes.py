"""Group commit: writers of one tenant hand in their change sets, and one of them commits for all who wait."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import field

from app.changes.change import Edit, Idempotency, Outcome
from app.changes.kinds import View
from app.changes.operating import Act
from app.changes.recording import Fact
from app.changes.review.deploying import Deployment
from app.changes.review.filing import NO_PROPOSAL, Proposal
from app.changes.review.timing import Due
from app.changes.watching import Watch
from app.core.context import Context
from app.core.deadline import OVERDUE, Deadline, present
from app.core.errors import OverdueError
from app.core.values import dataclass
from app.store.documents import Stored
from app.store.git.trees import Trees

Plan = Callable[[View], Sequence[Edit]]
"""Edits that depend on the present documents: made under the lock, when nobody can change these any more."""

MAX_BATCH_EDITS = 2_000
"""A batch ends when it holds this many edits, so that no writer waits for ever behind large ones."""


@dataclass(slots=True, eq=False)
class Ticket:
    """One change set on its way: `answer` is the outcome or the refusal once `done` is set.

    `plan` adds edits under the lock; `facts` are logged right after the change, where there is one. `proposal` says
    what it is called if it has to wait; a `task` is a step of a change request instead of edits. `act` writes rows
    beside the documents that change.
    """

    ctx: Context
    edits: Sequence[Edit]
    idempotency: Idempotency | None = None
    plan: Plan | None = None
    facts: Sequence[Fact] = ()
    watch: Watch | None = None
    proposal: Proposal = NO_PROPOSAL
    task: Deployment | Due | None = None
    act: Act | None = None
    answer: Outcome | BaseException | None = None
    woken: threading.Event = field(default_factory=threading.Event)
    deadline: Deadline = field(default_factory=present)


@dataclass(slots=True, eq=False)
class Lane:
    """The queue of one tenant, and its trees and review policies as of commit `head` after event `seq`."""

    tenant: str
    waiting: deque[Ticket] = field(default_factory=deque)
    busy: bool = False
    trees: Trees | None = None
    head: str | None = None
    seq: int = 0
    policies: list[Stored] | None = None

    def forget(self) -> None:
        """Drop what is cached; the next batch reads it again."""
        self.trees = self.policies = None


class Lanes:
    """The lanes of this process; those of idle tenants beyond `most` lose their cached trees."""

    def __init__(self, most: int = 64) -> None:
        self._lanes: OrderedDict[str, Lane] = OrderedDict()
        self._most = most
        self._mutex = threading.Lock()

    def pass_through(self, tenant: str, ticket: Ticket, commit: Callable[[Lane, Sequence[Ticket]], None]) -> Outcome:
        """Wait until a batch has taken the ticket; the writer who finds the lane free commits for those behind it.

        `commit` gives every ticket of its batch an answer and never raises.

        Raises:
            SternpostError: why this change set was refused.
        """
        with self._mutex:
            lane = self._lane(tenant)
            lane.waiting.append(ticket)
            leads = not lane.busy
            lane.busy = True
        if not leads and not ticket.woken.wait(ticket.deadline.left_s()):
            self._withdraw(lane, ticket)
        if ticket.answer is None:
            self._lead(lane, commit)
        if isinstance(ticket.answer, Outcome):
            return ticket.answer
        if ticket.answer is None:
            raise RuntimeError("The batch left a change set without an answer")
        raise ticket.answer

    def _withdraw(self, lane: Lane, ticket: Ticket) -> None:
        """Take a ticket back whose time is up; one that a batch has taken, or that leads the next, gets its answer."""
        with self._mutex:
            if ticket in lane.waiting and not ticket.woken.is_set():
                lane.waiting.remove(ticket)
                raise OverdueError(OVERDUE)
        ticket.woken.wait()

    def _lead(self, lane: Lane, commit: Callable[[Lane, Sequence[Ticket]], None]) -> None:
        with self._mutex:
            batch = _take(lane.waiting)
        try:
            commit(lane, batch)
        finally:
            with self._mutex:
                if lane.waiting:
                    lane.waiting[0].woken.set()
                else:
                    lane.busy = False
            for ticket in batch:
                ticket.woken.set()

    def _lane(self, tenant: str) -> Lane:
        lane = self._lanes.get(tenant)
        if lane is None:
            lane = self._lanes[tenant] = Lane(tenant)
        self._lanes.move_to_end(tenant)
        if len(self._lanes) > self._most:
            idle = next((name for name, other in self._lanes.items() if not other.busy and other is not lane), None)
            if idle is not None:
                del self._lanes[idle]
        return lane


def _take(waiting: deque[Ticket]) -> list[Ticket]:
    batch, edits = [waiting.popleft()], 0
    edits = len(batch[0].edits)
    while waiting and edits + len(waiting[0].edits) <= MAX_BATCH_EDITS:
        batch.append(waiting.popleft())
        edits += len(batch[-1].edits)
    return batch
