"""Turning an accepted change set into events, a commit and the rows to write."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.changes.change import Change, Idempotency, Outcome
from app.changes.judging import Judged
from app.changes.kinds import Kind
from app.core.canonical import Document, canonical
from app.core.context import Actor, Context
from app.core.values import dataclass
from app.store.documents import Stored
from app.store.format1 import body_hash, commit_bytes, event_hash, event_type, private_digest
from app.store.git.objects import commit_sha
from app.store.git.trees import Trees
from app.store.keys import Declared
from app.store.log import Event, Party, Private, ReviewTrail
from app.store.log import Outcome as LogOutcome
from app.store.writes import Batch, Row, TenantHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened and is not a change of configuration: an account made, a token renewed.

    `trail` is the change request that it is about, or that it came through.
    """

    type: str
    kind: str | None = None
    id: str | None = None
    name: str | None = None
    data: Document | None = None
    outcome: LogOutcome = "success"
    trail: ReviewTrail | None = None

    def about(self, outcome: Outcome) -> "Fact":
        """Say in which commit and events the change was made that this fact explains."""
        made: Document = {"commit": outcome.commit, "first": outcome.first_seq, "last": outcome.last_seq}
        return replace(self, data={**(self.data or {}), "made": made})


@dataclass(slots=True)
class Recorder:
    """Adds accepted change sets of one tenant to a batch, moving the tenant's head on in memory.

    `trees` is None where no commits are wanted, which only a benchmark's floor is.
    """

    head: TenantHead
    trees: Trees | None
    kinds: Mapping[str, Kind]
    batch: Batch
    now: int

    def record(
        self, ctx: Context, judged: Judged, *, trail: ReviewTrail | None = None, idempotency: Idempotency | None = None
    ) -> Outcome:
        """Number the events, build the commit, hash the events, and collect the rows."""
        if not judged.changes:
            outcome = Outcome(asked=judged.asked, changes=())
        else:
            # All that can fail comes first: a failure must leave head and batch as they were.
            moved = [self._moved_fields(change) for change in judged.changes]
            drafts = self._drafts(ctx, judged.changes, trail)
            commit = self._commit(judged.changes, drafts)
            self._chain(drafts, commit)
            outcome = self._outcome(judged, commit, drafts)
            for change, (gone, held) in zip(outcome.changes, moved, strict=True):
                self._collect(change, gone, held)
        if idempotency is not None:
            self.remember(ctx, idempotency, outcome)
        return outcome

    def remember(self, ctx: Context, idempotency: Idempotency, outcome: Outcome) -> None:
        """Note what a request with an Idempotency-Key did that changed no document."""
        self.batch.idempotency.append(self._done(ctx, idempotency, outcome))

    def note(self, ctx: Context, facts: Sequence[Fact]) -> None:
        """Add events that changed no configuration, so have no commit."""
        if not facts:
            return
        private = _private(ctx)
        digest = private_digest(private) if private else None
        behalf = _party(ctx.on_behalf_of) if ctx.on_behalf_of else None
        for fact in facts:
            event = Event(
                tenant=self.head.id,
                seq=self.head.seq + 1,
                time=self.now,
                type=fact.type,
                actor=_party(ctx.actor),
                credential=ctx.credential,
                on_behalf_of=behalf,
                object_kind=fact.kind,
                object_id=fact.id,
                object_name=fact.name,
                data=canonical(fact.data).decode() if fact.data is not None else None,
                reason=ctx.reason,
                request_id=ctx.source.request_id,
                change_request=fact.trail,
                outcome=fact.outcome,
                private=private,
                private_digest=digest,
                prev_hash=self.head.hash,
            )
            event = event._replace(hash=event_hash(event))
            self.batch.events.append(event)
            self.head.seq, self.head.time, self.head.hash = event.seq, self.now, event.hash

    def _drafts(self, ctx: Context, changes: Sequence[Change], trail: ReviewTrail | None) -> list[Event]:
        private = _private(ctx)
        digest = private_digest(private) if private else None
        actor, behalf = _party(ctx.actor), _party(ctx.on_behalf_of) if ctx.on_behalf_of else None
        drafts = []
        for seq, change in enumerate(changes, self.head.seq + 1):
            shown = change.shown
            drafts.append(
                Event(
                    tenant=self.head.id,
                    seq=seq,
                    time=self.now,
                    type=event_type(change.kind, change.action),
                    actor=actor,
                    credential=ctx.credential,
                    on_behalf_of=behalf,
                    object_kind=change.kind,
                    object_id=change.id,
                    object_name=shown.name,
                    revision=change.after.revision if change.after else None,
                    before=body_hash(change.before.body) if change.before else None,
                    after=change.after.body if change.after else None,
                    reason=ctx.reason,
                    request_id=ctx.source.request_id,
                    change_request=trail,
                    private=private,
                    private_digest=digest,
                )
            )
        return drafts

    def _commit(self, changes: Sequence[Change], drafts: Sequence[Event]) -> str:
        if self.trees is None:
            return "0" * 40
        for change in changes:
            blob = change.after.blob if change.after else None
            self.trees.put(self.kinds[change.kind].folder, change.id, blob)
        return commit_sha(commit_bytes(drafts, tree=self.trees.root(), parent=self.head.head))

    def _chain(self, drafts: Sequence[Event], commit: str) -> None:
        # The head moves only when every event is hashed: a failure in between must leave it where it was.
        chained, last = [], self.head.hash
        for draft in drafts:
            event = draft._replace(commit=commit, prev_hash=last)
            event = event._replace(hash=event_hash(event))
            chained.append(event)
            last = event.hash
        self.batch.events.extend(chained)
        self.head.seq, self.head.time, self.head.head, self.head.hash = drafts[-1].seq, self.now, commit, last

    def _outcome(self, judged: Judged, commit: str, drafts: Sequence[Event]) -> Outcome:
        changes = tuple(_at_commit(change, commit) for change in judged.changes)
        done = {(change.kind, change.id): change for change in changes}
        asked = tuple(done.get((change.kind, change.id), change) for change in judged.asked)
        return Outcome(asked, changes, commit, drafts[0].seq, drafts[-1].seq)

    def _moved_fields(self, change: Change) -> tuple[set[Declared], set[Declared]]:
        kind, before, after = self.kinds[change.kind], change.before, change.after
        if before is not None and after is not None:
            return kind.moved_values(before.document, after.document)
        return (
            set() if before is None else kind.values(before.document),
            set() if after is None else kind.values(after.document),
        )

    def _collect(self, change: Change, gone: set[Declared], held: set[Declared]) -> None:
        key = (change.kind, change.id)
        if change.after is None:
            self.batch.remove(key)
        else:
            in_place = change.before is not None and change.before.name == change.after.name
            self.batch.put(key, _row(self.head.id, change.after), in_place=in_place)
        for value in gone:
            self.batch.set_field(change.kind, change.id, value, holds=False)
        for value in held:
            self.batch.set_field(change.kind, change.id, value, holds=True)

    def _done(self, ctx: Context, idempotency: Idempotency, outcome: Outcome) -> Row:
        made: Document = {"asked": [[change.kind, change.id] for change in outcome.asked]}
        if outcome.change_request is not None:
            made["changeRequest"] = outcome.change_request
        return {
            "tenant": self.head.id,
            "actor": ctx.actor.id,
            "key": idempotency.key,
            "digest": idempotency.digest,
            "first_seq": outcome.first_seq,
            "last_seq": outcome.last_seq,
            "made": canonical(made).decode(),
            "created": self.now,
        }


def _at_commit(change: Change, commit: str) -> Change:
    return (
        change
        if change.after is None
        else Change(change.kind, change.id, change.before, change.after._replace(commit=commit))
    )


def _row(tenant: str, stored: Stored) -> Row:
    return {
        "tenant": tenant,
        "kind": stored.kind,
        "id": stored.id,
        "name": stored.name,
        "body": stored.body,
        "blob": stored.blob,
        "revision": stored.revision,
        "commit_id": stored.commit,
        "created": stored.created,
        "updated": stored.updated,
    }


def _party(actor: Actor) -> Party:
    return Party(actor.handle, actor.id, actor.kind)


def _private(ctx: Context) -> Private | None:
    source, name = ctx.source, ctx.actor.name or None
    if source.ip is None and source.user_agent is None and name is None:
        return None
    return Private(salt=secrets.token_hex(16), ip=source.ip, name=name, user_agent=source.user_agent)
