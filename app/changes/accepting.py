"""One change set under the lock: judged, held for review or written down; and the steps of change requests."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.changes.change import Edit, Outcome, held_change
from app.changes.judging import Judged, Laws, judge, needed
from app.changes.kinds import Kind
from app.changes.lanes import Ticket
from app.changes.quotas import Quotas
from app.changes.reasons import settle_reason
from app.changes.recording import Fact, Recorder
from app.changes.replaying import Earlier
from app.changes.review.deploying import Deployment, Passing, applied, deploy
from app.changes.review.desk import Desk
from app.changes.review.filing import Held, admit, number
from app.changes.review.matching import lowers_protection
from app.changes.review.model import ChangeRequest, Filed, record_of
from app.changes.review.telling import added
from app.changes.review.timing import Due, Moved, act_on, back_to_review
from app.changes.secrecy import Sealer
from app.changes.view import BatchView
from app.changes.watching import Step
from app.core.context import Context
from app.core.values import dataclass
from app.store.writes import Batch

Task = Deployment | Due


@dataclass(slots=True)
class Accepting:
    """What the change sets of one batch are judged with, one after the other."""

    view: BatchView
    recorder: Recorder
    sealer: Sealer
    earlier: Earlier
    quotas: Quotas
    desk: Desk
    laws: Laws

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Every kind of document."""
        return self.laws.kinds

    def accept(self, ticket: Ticket) -> Outcome:
        """Do what a ticket asks for, or raise; the caller undoes what a refused one left in memory.

        Raises:
            SternpostError: it is refused.
        """
        ctx = settle_reason(ticket.ctx, self.view.find)
        if ticket.task is not None:
            answer = self._perform(ticket, ticket.task, ctx)
        else:
            judged = judge(self.view, self._edits(ticket), self.laws, self.sealer, self.recorder.now, ticket.watch)
            held = admit(self.desk, ctx, judged, ticket.proposal, ticket.facts)
            if held is not None:
                answer = self._hold(ticket, held, judged, ctx)
            else:
                told = () if ticket.act is None else ticket.act(self.sealer.connection, self.recorder.now).facts
                answer = self._write(ticket, judged, ctx)
                self.recorder.note(ctx, [fact.about(answer) for fact in ticket.facts if answer.changes])
                self.recorder.note(ctx, told)
        self.earlier.remember(ticket, answer)
        return answer

    def _write(self, ticket: Ticket, judged: Judged, ctx: Context, passing: Passing | None = None) -> Outcome:
        self.quotas.take(judged.changes)
        tell(ticket, "recording", len(judged.changes))
        # Taking back is no deployment of the change request: `?at=cr:N` is the state after that.
        trail = None if passing is None or passing.before.state == "applied" else passing.trail
        answer = self.recorder.record(ctx, judged, trail=trail, idempotency=ticket.idempotency)
        if any(lowers_protection(change) for change in answer.changes):
            for sent in back_to_review(self.desk):
                if passing is None or sent.one.id != passing.one.id:
                    self._move(sent, ctx)
        return answer

    def _hold(self, ticket: Ticket, held: Held, judged: Judged, ctx: Context) -> Outcome:
        """Undo the change set and file it; the secrets that came with it are kept."""
        self.quotas.refuse(judged.changes)
        self.view.undo()
        self.desk.place.head = self.recorder.head.head
        one = number(self.desk, held)
        self.recorder.note(ctx, [added(one)])
        text = str(one.id)
        asked = tuple(held_change(change, text) for change in judged.asked)
        answer = Outcome(asked, (), change_request=text, gate=held.gate.to_json())
        if ticket.idempotency is not None:
            self.recorder.remember(ctx, ticket.idempotency, answer)
        return answer

    def _perform(self, ticket: Ticket, task: Task, ctx: Context) -> Outcome:
        done = deploy(self.desk, ctx, task) if isinstance(task, Deployment) else act_on(self.desk, ctx, task)
        if isinstance(done, Moved):
            self._move(done, ctx)
        if not isinstance(done, Passing):
            return Outcome((), ())
        return self._pass(ticket, done, ctx)

    def _pass(self, ticket: Ticket, passing: Passing, ctx: Context) -> Outcome:
        outcome = self._write(ticket, passing.judged, ctx, passing)
        if passing.before.state == "applied":
            one: ChangeRequest = replace(passing.one, reverted_by=outcome.first_seq)
            facts: Sequence[Fact] = passing.told
        else:
            one, facts = applied(passing, outcome)
        self.desk.place.filed.put(one)
        self.recorder.note(ctx, facts)
        return replace(outcome, change_request=str(one.id))

    def _move(self, moved: Moved, ctx: Context) -> None:
        self.desk.place.filed.put(moved.one)
        self.recorder.note(ctx, moved.facts)

    def _edits(self, ticket: Ticket) -> Sequence[Edit]:
        if ticket.plan is None:
            return ticket.edits
        edits = [*ticket.edits, *ticket.plan(self.view)]
        self.view.preload(needed(edits, self.kinds))
        return edits


def tell(ticket: Ticket, step: Step, total: int) -> None:
    """Say how far a large change set is."""
    if ticket.watch is not None:
        ticket.watch.progress(step, 0, total)


def file_away(batch: Batch, filed: Filed) -> None:
    """Add the change requests of a batch to what it writes."""
    for one in filed.changed.values():
        batch.change_requests.append(record_of(one))
        batch.change_request_objects.update((one.id, *wanted.key) for wanted in one.wanted)
