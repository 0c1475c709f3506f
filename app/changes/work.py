"""What a service function is given: who asks, a reading session of their tenant, and the way to change things."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from app.changes.accepting import Task
from app.changes.change import Edit, Idempotency, Outcome
from app.changes.committer import Committer
from app.changes.following import Derivation, Followers
from app.changes.lanes import Plan
from app.changes.listing import Listings
from app.changes.noting import Notes
from app.changes.operating import Act
from app.changes.recording import Fact
from app.changes.review.filing import NO_PROPOSAL, Proposal
from app.changes.tenants import Suffix, random_suffix
from app.changes.watching import Watch
from app.core.canonical import Document
from app.core.clock import just_sleep
from app.core.context import Context
from app.core.outbound import PUBLIC_ONLY, Reach
from app.core.values import dataclass
from app.store.git.writer import GitWriter
from app.store.session import Seen, TenantSession
from app.store.writes import TenantHead

T = TypeVar("T")


def _nothing(_tenant: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator allows: whether anybody may register, and the URL under which people reach the server.

    `suffix` draws what a new tenant's id ends with; `removed` is told of each tenant that ended, for its repository;
    `reach` says which machines webhooks may be at. `pause` waits so many seconds and tells whether the server is about
    to end, for answers that have no end.
    """

    registration: bool = False
    public_url: str = ""
    suffix: Suffix = random_suffix
    removed: Callable[[str], None] = _nothing
    reach: Reach = PUBLIC_ONLY
    pause: Callable[[float], bool] = just_sleep


@dataclass(slots=True)
class Work:
    """One caller's business; `session` only reads, and changes go through `submit`.

    Who reads the repository asks `git` to catch up first. `proposal` says what a write is called if it has to wait for
    review; `waiting` is the outcome of one that did, `foreseen` what a dry run found out.
    """

    ctx: Context
    session: TenantSession
    committer: Committer
    followers: Followers
    listings: Listings
    notes: Notes
    git: GitWriter
    data_dir: Path
    idempotency: Idempotency | None = None
    dry_run: bool = False
    watch: Watch | None = None
    terms: Terms = Terms()
    proposal: Proposal = NO_PROPOSAL
    waiting: Outcome | None = None
    foreseen: Document | None = None

    def within(self, ctx: Context) -> "Work":
        """Open the business of somebody who was just found out to be the caller (a login); `release` it as well."""
        self.session.release()
        return replace(self, ctx=ctx, session=TenantSession(self.session.database, ctx.tenant), idempotency=None)

    def note_later(self, fact: Fact) -> None:
        """Log something off the request's path; equal facts of a moment become one with a count."""
        self.notes.note(self.ctx, fact)

    def remember(self, key: str, digest: str) -> None:
        """Answer a repeated request from the log: `key` is the caller's, `digest` identifies the request."""
        self.idempotency = Idempotency(key, digest)

    def submit(
        self, edits: Sequence[Edit], *, plan: Plan | None = None, act: Act | None = None, facts: Sequence[Fact] = ()
    ) -> Outcome:
        """Change configuration, or only judge the change when the caller asked for a dry run.

        `plan` gives more edits once nobody else can write; `facts` are logged with the change, and not without one.
        `act` writes rows in the same transaction, unless the change waits for review.
        Where the work is watched, every refused document is named, not the first only.

        Raises:
            SternpostError: it was refused, and nothing was changed.
        """
        self.session.release()
        if self.dry_run:
            outcome = self.committer.preview(self.ctx, edits, plan=plan, watch=self.watch)
            self.foreseen = outcome.effects
            return outcome
        outcome = self.committer.submit(
            self.ctx,
            edits,
            plan=plan,
            act=act,
            facts=facts,
            idempotency=self.idempotency,
            watch=self.watch,
            proposal=self.proposal,
        )
        if outcome.change_request is not None:
            self.waiting = outcome
        return outcome

    def perform(self, task: Task) -> Outcome:
        """Do a step of a change request that may change documents.

        Raises:
            SternpostError: it was refused, and nothing was changed.
        """
        self.session.release()
        return self.committer.perform(self.ctx, task, idempotency=self.idempotency)

    def operate(self, act: Act) -> Document:
        """Do what is no change of configuration, and log it.

        Raises:
            SternpostError: it was refused, and nothing was done.
        """
        self.session.release()
        return self.committer.operate(self.ctx, act, idempotency=self.idempotency)

    def log(self, fact: Fact) -> TenantHead:
        """Log what the caller does without changing anything, before it is done; answers where the log stands then."""
        self.session.release()
        return self.committer.log(self.ctx, [fact])

    def derived(self, derivation: Derivation[T]) -> T:
        """Give a value derived from the tenant's documents, as of now; only read it."""
        return self.followers.get(self.session, derivation)

    def foresee(self, seen: Seen) -> None:
        """Take what was read along with the caller's credential."""
        self.session.foresee(seen)

    def release(self) -> None:
        """Give the connection back."""
        self.session.release()

    def preview(self, edits: Sequence[Edit]) -> Outcome:
        """Judge a change and write nothing."""
        return self.committer.preview(self.ctx, edits)
