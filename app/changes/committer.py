"""The committer: the only writer of documents, events and commits."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.changes.accepting import Accepting, Task, file_away, tell
from app.changes.caching import current_policies, current_trees
from app.changes.change import Edit, Idempotency, Outcome
from app.changes.judging import Laws, judge, needed
from app.changes.kinds import Kind
from app.changes.lanes import Lane, Lanes, Plan, Ticket
from app.changes.operating import Act
from app.changes.quotas import Quotas
from app.changes.reasons import REASON_SETTINGS, settle_reason
from app.changes.recording import Fact, Recorder
from app.changes.replaying import Earlier, answered_before, answered_row, done_by
from app.changes.review.desk import Desk, Place
from app.changes.review.filing import NO_PROPOSAL, Proposal
from app.changes.review.foreseeing import foresee
from app.changes.review.policy import FIRST_KEYS
from app.changes.review.policy import KIND as POLICY
from app.changes.review.reach import NoReach, Reach
from app.changes.secrecy import Sealer
from app.changes.view import BatchView, FindNodes, no_nodes
from app.changes.watching import Watch
from app.core.canonical import Document
from app.core.clock import now_ms
from app.core.context import Context
from app.core.deadline import latest, under
from app.core.errors import ForbiddenError, NotFoundError, SternpostError
from app.core.faults import fault_point
from app.core.tenancy import refuse_inactive
from app.store.db import Database, begin_writing, commit
from app.store.secrets import KeyRing
from app.store.tenants import find_tenant, limits_of
from app.store.writes import Batch, TenantHead, lock_tenant, write


class Committer:
    """Takes change sets as values and commits them in groups, one tenant at a time.

    Thread-safe; other processes write beside it under the same lock of the tenant's row. With `commits` false no
    commit is built: the floor that the benchmark compares with. `reserved` are, by kind, ids that no document may have.
    `reach` finds the nodes that a change reaches, for its review.
    """

    def __init__(  # noqa: PLR0913  what an installation wires together, once
        self,
        database: Database,
        kinds: Sequence[Kind],
        ring: KeyRing,
        *,
        clock: Callable[[], int] = now_ms,
        reserved: Mapping[str, frozenset[str]] | None = None,
        commits: bool = True,
        reach: Reach | None = None,
    ) -> None:
        self.kinds: Mapping[str, Kind] = {kind.name: kind for kind in kinds}
        self.database = database
        self.ring = ring
        self.clock = clock
        self._laws = Laws(self.kinds, reserved or {})
        self._commits = commits
        self.reach = reach or NoReach()
        self.find_nodes: FindNodes = no_nodes  # replaced by whoever knows the fleet
        self._lanes = Lanes()

    def submit(  # noqa: PLR0913  a change set and all that may come with it
        self,
        ctx: Context,
        edits: Sequence[Edit],
        *,
        plan: Plan | None = None,
        act: Act | None = None,
        facts: Sequence[Fact] = (),
        idempotency: Idempotency | None = None,
        watch: Watch | None = None,
        proposal: Proposal = NO_PROPOSAL,
    ) -> Outcome:
        """Apply a change set whole or not at all; when this returns, the change is durable and logged.

        Where review is needed it becomes a change request instead, called as `proposal` says, and the outcome names it.
        `plan` gives more edits once nobody else can write; `facts` are logged with the change, and not without one.
        `act` writes rows beside the documents, once the edits are accepted: both are in the transaction, or neither.
        What waits for review does so without it. With `watch` every refused document is named, not the first only.

        Raises:
            SternpostError: it was refused, and nothing was changed.
        """
        ticket = Ticket(ctx, edits, idempotency, plan, facts, watch, proposal, act=act)
        return self._lanes.pass_through(ctx.tenant, ticket, self._commit)

    def perform(self, ctx: Context, task: Task, *, idempotency: Idempotency | None = None) -> Outcome:
        """Do a step of a change request that may change documents: deploy it, or what is due of it.

        Raises:
            SternpostError: it was refused, and nothing was changed.
        """
        return self._lanes.pass_through(ctx.tenant, Ticket(ctx, (), idempotency, task=task), self._commit)

    def preview(
        self, ctx: Context, edits: Sequence[Edit], *, plan: Plan | None = None, watch: Watch | None = None
    ) -> Outcome:
        """Judge a change set against the present documents and write nothing.

        Raises:
            SternpostError: it would be refused.
        """
        with self.database.connect(ctx.tenant) as connection:
            view = BatchView(connection, ctx.tenant, self.kinds, ctx, self.find_nodes)
            edits = [*edits, *(plan(view) if plan is not None else ())]
            view.preload(needed(edits, self.kinds))
            sealer = Sealer(self.ring, connection, ctx.tenant)
            judged = judge(view, edits, self._laws, sealer, self.clock(), watch)
            record = find_tenant(connection, ctx.tenant)
            Quotas(connection, ctx.tenant, record.limits if record else {}).take(judged.changes)
            shown = foresee(self.desk(connection, ctx, self.clock(), view), ctx, judged)
        return Outcome(judged.asked, judged.changes, effects=shown)

    def operate(self, ctx: Context, act: Act, *, idempotency: Idempotency | None = None) -> Document:
        """Do what is not configuration (accounts, tokens) and log it, in one transaction under the tenant's lock.

        Raises:
            SternpostError: what `act` raised, or the tenant takes no writes, or lacks a reason; nothing was written.
        """
        with self.database.writing(ctx.tenant) as connection:
            head = lock_tenant(connection, ctx.tenant)
            if head is None:
                raise NotFoundError(f"Tenant '{ctx.tenant}' was not found")
            earlier = None if idempotency is None else answered_before(connection, ctx, idempotency)
            if earlier is not None:
                return earlier
            refuse_closed(head, ctx)
            ctx = settle_reason(ctx, BatchView(connection, ctx.tenant, self.kinds, ctx).find)
            recorder = Recorder(head, None, self.kinds, Batch(), max(self.clock(), head.time))
            deed = act(connection, recorder.now)
            recorder.note(ctx, deed.facts)
            if idempotency is not None:
                recorder.batch.idempotency.append(answered_row(ctx, idempotency, deed, recorder.now))
            write(connection, head, recorder.batch)
            fault_point("operate.before")
        fault_point("operate.after")
        return deed.answer

    def log(self, ctx: Context, facts: Sequence[Fact]) -> TenantHead:
        """Log what happened without anything being changed (a refusal, an export), whatever the tenant's state is.

        Answers where the log stands then.

        Raises:
            NotFoundError: there is no such tenant.
        """
        with self.database.writing(ctx.tenant) as connection:
            head = lock_tenant(connection, ctx.tenant)
            if head is None:
                raise NotFoundError(f"Tenant '{ctx.tenant}' was not found")
            recorder = Recorder(head, None, self.kinds, Batch(), max(self.clock(), head.time))
            recorder.note(ctx, facts)
            write(connection, head, recorder.batch)
        return head

    def _commit(self, lane: Lane, tickets: Sequence[Ticket]) -> None:
        try:
            self._attempt(lane, tickets)
        except BaseException as failure:  # noqa: BLE001  whatever it was, every waiter is told
            lane.forget()
            unanswered = [ticket for ticket in tickets if ticket.answer is None]
            if len(unanswered) > 1 and isinstance(failure, Exception) and not isinstance(failure, SternpostError):
                # Neither the tenant nor the database as a whole: one change set is at fault, so find out which.
                for ticket in unanswered:
                    self._commit(lane, [ticket])
                return
            for ticket in unanswered:
                ticket.answer = failure

    def _attempt(self, lane: Lane, tickets: Sequence[Ticket]) -> None:
        deadline = latest([ticket.deadline for ticket in tickets])
        with under(deadline), self.database.connect(lane.tenant) as connection:
            begin_writing(connection)
            try:
                answers = self._transact(connection, lane, tickets)
            except BaseException:
                connection.rollback()
                raise
            fault_point("commit.before")
            commit(connection)
            fault_point("commit.after")
            for ticket, answer in zip(tickets, answers, strict=True):
                ticket.answer = answer

    def _transact(self, connection: Connection, lane: Lane, tickets: Sequence[Ticket]) -> list[Outcome | BaseException]:
        head = lock_tenant(connection, lane.tenant)
        if head is None:
            raise NotFoundError(f"Tenant '{lane.tenant}' was not found")
        fault_point("commit.locked")
        now = max(self.clock(), head.time)
        view = BatchView(connection, lane.tenant, self.kinds, tickets[0].ctx, self.find_nodes)
        known = needed((edit for ticket in tickets for edit in ticket.edits), self.kinds)
        view.preload({*known, *REASON_SETTINGS, *FIRST_KEYS})
        view.adopt(POLICY, current_policies(connection, lane, head, self.kinds))
        trees = current_trees(connection, lane, head, self.kinds) if self._commits else None
        recorder = Recorder(head, trees, self.kinds, Batch(), now)
        sealer = Sealer(self.ring, connection, lane.tenant)
        earlier = Earlier(done_by(connection, lane.tenant, tickets))
        place = Place(connection, lane.tenant, view, sealer, self._laws, self.reach, now)
        quotas = Quotas(connection, lane.tenant, limits_of(head.limits))
        accepting = Accepting(view, recorder, sealer, earlier, quotas, Desk(place), self._laws)
        answers = [self._judge_one(ticket, accepting) for ticket in tickets]
        recorder.batch.secrets.update(sealer.sealed)
        file_away(recorder.batch, place.filed)
        batch = recorder.batch
        if batch.events or batch.idempotency:
            for ticket in tickets:
                tell(ticket, "writing", len(batch.events))
            write(connection, head, batch)
            fault_point("commit.written")
            if any(event.object_kind == POLICY for event in batch.events):
                lane.policies = None
        lane.head, lane.seq = head.head, head.seq
        return answers

    def _judge_one(self, ticket: Ticket, accepting: Accepting) -> Outcome | BaseException:
        view, recorder, sealer = accepting.view, accepting.recorder, accepting.sealer
        filed = accepting.desk.place.filed
        view.begin(ticket.ctx)
        filed.mark()
        sealed = len(sealer.sealed)
        mark = recorder.trees.mark() if recorder.trees is not None else None
        try:
            answer = accepting.earlier.answer(ticket, view, sealer.connection)
            if answer is None:
                refuse_closed(recorder.head, ticket.ctx)
                # Rows that an act wrote go with its refusal; the others of the batch keep theirs.
                with nullcontext() if ticket.act is None else sealer.connection.begin_nested():
                    answer = accepting.accept(ticket)
        except DBAPIError:
            raise
        except Exception as refusal:  # noqa: BLE001  a bad change set fails alone
            view.undo()
            filed.undo()
            sealer.keep(sealed)
            if recorder.trees is not None and mark is not None:
                recorder.trees.rollback(mark)
            return refusal
        if recorder.trees is not None and mark is not None:
            recorder.trees.forget(mark)
        return answer

    def desk(self, connection: Connection, ctx: Context, now: int, view: BatchView | None = None) -> Desk:
        """Open the desk at which change requests are judged; under the tenant's lock, or to look at one."""
        view = view or BatchView(connection, ctx.tenant, self.kinds, ctx)
        sealer = Sealer(self.ring, connection, ctx.tenant)
        return Desk(Place(connection, ctx.tenant, view, sealer, self._laws, self.reach, now))


def refuse_closed(head: TenantHead, ctx: Context) -> None:
    """Refuse writes to a tenant that takes none, whoever found a way around HTTP; the system may always write.

    Raises:
        ForbiddenError: the tenant is read-only.
        DisabledError, MaintenanceError: by its state.
    """
    if ctx.actor.kind == "system":
        return
    if head.read_only:
        raise ForbiddenError(f"Tenant '{head.id}' is read-only; make the change in a tenant of your own")
    refuse_inactive(head.state)
