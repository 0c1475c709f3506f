"""A change request as a value, and how it is written into its row."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Any, Literal, cast

import orjson

from app.changes.change import Action, Change
from app.core.canonical import JSON, Document, canonical
from app.core.context import Context
from app.core.values import dataclass
from app.store.change_requests import OPEN, Record
from app.store.log import Party

State = Literal["draft", "inReview", "approved", "scheduled", "applied", "rejected", "withdrawn", "expired"]
Verdict = Literal["approve", "requestChanges", "comment"]

KIND = "changeRequest"
"""What events about a change request name as the kind of their object."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One change that is asked for: the document when it was asked for, and as it is to be; None where there is none.

    `cascaded` changes follow from others by themselves. `force` deletes what uses the document too.
    """

    kind: str
    id: str
    action: Action
    before: Document | None
    after: Document | None
    cascaded: bool = False
    force: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What is changed."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """Who had a hand in what is asked for: an actor, and the person behind it (None for an ownerless account)."""

    id: str
    handle: str
    kind: str
    person: str | None
    name: str = ""

    @property
    def party(self) -> Party:
        """The actor as the log names it."""
        return Party(self.handle, self.id, self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What one reviewer said at one time, bound to what was shown: the hash, the nodes reached, the policies in force.

    `nodes` are those that were reached, targets that cannot be seen whole among them.
    """

    id: int
    reviewer: Contributor
    verdict: Verdict
    comment: str
    path: str | None
    diff_hash: str
    nodes: tuple[str, ...]
    policies: tuple[str, ...]
    time: int
    credential: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How a deployment was asked for: when, by whom, and how long it then waits to be confirmed, in milliseconds."""

    by: Contributor | None = None
    at: int | None = None
    confirm_within: int | None = None
    confirm_by: int | None = None
    diff_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """A change request; a new value is made for each step, and the old one stays as it was.

    `facts` are events that the change set brings with it when it is deployed. `evaluation` is the gate as it was
    judged at the deployment, whole. `deployed` holds (first seq, last seq), `reverts` the id of the one that this one
    takes back. `shown` has, by hash, each diff that a reviewer has seen.
    """

    id: int
    state: State
    revision: int = 1
    name: str
    description: str = ""
    author: Contributor
    created: int
    updated: int
    expires: int | None = None
    wanted: tuple[Wanted, ...]
    reason: str = ""
    editors: tuple[Contributor, ...] = ()
    invited: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()
    planned: Planned = Planned()
    facts: tuple[Document, ...] = ()
    base: str | None = None
    diff_hash: str = ""
    evaluation: Document | None = None
    commit: str | None = None
    deployed: tuple[int, int] | None = None
    reverts: int | None = None
    reverted_by: int | None = None
    break_glass: Document | None = None
    shown: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Tell whether it may still be deployed."""
        return self.state in OPEN

    @property
    def contributors(self) -> tuple[Contributor, ...]:
        """Everybody whose work is in it."""
        return (self.author, *self.editors)

    @property
    def due(self) -> int | None:
        """When the next timed act is to be done."""
        if self.state == "applied":
            return self.planned.confirm_by
        if not self.is_open:
            return None
        times = (self.expires, self.planned.at if self.state == "scheduled" else None)
        return min((time for time in times if time is not None), default=None)

    def involves(self, person: str | None, actor: str) -> bool:
        """Tell whether somebody had a hand in it, under whatever account."""
        return any(one.id == actor or (person is not None and one.person == person) for one in self.contributors)

    def stepped(self, now: int, **members: Any) -> "ChangeRequest":  # noqa: ANN401  the fields of this class
        """Make the next value of it."""
        return replace(self, revision=self.revision + 1, updated=now, **members)


@dataclass(slots=True)
class Filed:
    """The change requests that a batch has touched so far; `undo` goes back to the last `mark`."""

    found: dict[int, ChangeRequest] = field(default_factory=dict)
    changed: dict[int, ChangeRequest] = field(default_factory=dict)
    newest: int | None = None
    _marked: tuple[dict[int, ChangeRequest], int | None] = field(default_factory=lambda: ({}, None))

    def put(self, one: ChangeRequest) -> None:
        """Take the next value of one."""
        self.changed[one.id] = one

    def mark(self) -> None:
        """Remember where a change set began."""
        self._marked = (dict(self.changed), self.newest)

    def undo(self) -> None:
        """Put back what the change set did."""
        self.changed, self.newest = dict(self._marked[0]), self._marked[1]


def contributor_of(ctx: Context, person: str | None) -> Contributor:
    """Name the caller as one who has a hand in it."""
    actor = ctx.actor
    return Contributor(id=actor.id, handle=actor.handle, kind=actor.kind, person=person, name=actor.name)


def wanted_of(changes: Iterable[Change], asked: Iterable[Change]) -> Iterator[Wanted]:
    """List what a judged change set changes; what was not asked for was brought along."""
    named = {(change.kind, change.id) for change in asked}
    for change in changes:
        before = None if change.before is None else change.before.document
        after = None if change.after is None else change.after.document
        cascaded = (change.kind, change.id) not in named
        yield Wanted(change.kind, change.id, change.action, before, after, cascaded, change.force)


def record_of(one: ChangeRequest) -> Record:
    """Write a change request as its row."""
    body: Document = {
        "author": _party(one.author),
        "base": one.base,
        "breakGlass": one.break_glass,
        "commit": one.commit,
        "deployed": None if one.deployed is None else [*one.deployed],
        "diffHash": one.diff_hash,
        "editors": [_party(editor) for editor in one.editors],
        "evaluation": one.evaluation,
        "expires": one.expires,
        "facts": [*one.facts],
        "invited": [*one.invited],
        "planned": _planned(one.planned),
        "reason": one.reason,
        "revertedBy": one.reverted_by,
        "reverts": one.reverts,
        "shown": {**one.shown},
        "reviews": [_review(review) for review in one.reviews],
        "wanted": [_wanted(wanted) for wanted in one.wanted],
    }
    return Record(
        one.id, one.state, one.revision, one.name, one.description, one.author.id,
        one.created, one.updated, one.due, canonical(body).decode(),
    )  # fmt: skip


def change_request_of(record: Record) -> ChangeRequest:
    """Read a row."""
    body: dict[str, Any] = orjson.loads(record.body)
    return ChangeRequest(
        id=record.id,
        state=cast("State", record.state),
        revision=record.revision,
        name=record.name,
        description=record.description,
        author=Contributor(**body["author"]),
        created=record.created,
        updated=record.updated,
        expires=body["expires"],
        wanted=tuple(Wanted(**one) for one in body["wanted"]),
        reason=body["reason"],
        editors=tuple(Contributor(**one) for one in body["editors"]),
        invited=tuple(body["invited"]),
        reviews=tuple(_read_review(one) for one in body["reviews"]),
        planned=_read_planned(body["planned"]),
        facts=tuple(body["facts"]),
        base=body["base"],
        diff_hash=body["diffHash"],
        evaluation=body["evaluation"],
        commit=body["commit"],
        deployed=None if body["deployed"] is None else tuple(body["deployed"]),
        reverts=body["reverts"],
        reverted_by=body["revertedBy"],
        break_glass=body["breakGlass"],
        shown=body["shown"],
    )


def _party(one: Contributor) -> JSON:
    return {"id": one.id, "handle": one.handle, "kind": one.kind, "person": one.person, "name": one.name}


def _wanted(one: Wanted) -> JSON:
    return {
        "kind": one.kind,
        "id": one.id,
        "action": one.action,
        "before": one.before,
        "after": one.after,
        "cascaded": one.cascaded,
        "force": one.force,
    }


def _review(one: Review) -> JSON:
    return {
        "id": one.id,
        "reviewer": _party(one.reviewer),
        "verdict": one.verdict,
        "comment": one.comment,
        "path": one.path,
        "diff_hash": one.diff_hash,
        "nodes": [*one.nodes],
        "policies": [*one.policies],
        "time": one.time,
        "credential": one.credential,
    }


def _read_review(value: dict[str, Any]) -> Review:
    sets = {"nodes": tuple(value["nodes"]), "policies": tuple(value["policies"])}
    return Review(**{**value, **sets, "reviewer": Contributor(**value["reviewer"])})


def _planned(one: Planned) -> JSON:
    return {
        "by": None if one.by is None else _party(one.by),
        "at": one.at,
        "confirm_within": one.confirm_within,
        "confirm_by": one.confirm_by,
        "diff_hash": one.diff_hash,
    }


def _read_planned(value: dict[str, Any]) -> Planned:
    return Planned(**{**value, "by": None if value["by"] is None else Contributor(**value["by"])})
