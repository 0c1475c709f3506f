"""Timed acts: expiry, scheduled deployment, and taking back what nobody confirmed; each harmless when repeated."""

from collections.abc import Sequence
from dataclasses import replace

from app.changes.judging import Judged, judge
from app.changes.recording import Fact
from app.changes.review.deploying import Deployment, Passing, deploy
from app.changes.review.desk import Desk
from app.changes.review.effect import merged
from app.changes.review.model import ChangeRequest, Planned
from app.changes.review.telling import modified, moved, trail_of
from app.changes.review.undoing import inverse_of
from app.core.clock import rfc3339
from app.core.context import Actor, Context
from app.core.errors import SternpostError
from app.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Due:
    """Do what is due of a change request, if it still is."""

    id: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A change request that went on without a change of documents."""

    one: ChangeRequest
    facts: Sequence[Fact]


def act_on(desk: Desk, ctx: Context, asked: Due) -> Passing | Moved | None:
    """Do what is due under the lock; None when nothing is any more."""
    one, now = desk.get(asked.id), desk.place.now
    if one.due is None or one.due > now:
        return None
    if one.state == "applied":
        return _take_back(desk, ctx, one)
    if one.expires is not None and one.expires <= now:
        after = one.stepped(now, state="expired", planned=Planned())
        return Moved(after, (moved(one, after, because="its time is over"),))
    return _deploy(desk, ctx, one)


def _deploy(desk: Desk, ctx: Context, one: ChangeRequest) -> Passing | Moved:
    by = one.planned.by
    behalf = None if by is None else Actor(id=by.id, kind="user" if by.kind == "user" else "account", handle=by.handle)
    ctx = replace(ctx, on_behalf_of=behalf, reason=one.reason)
    view = desk.place.view
    asked = Deployment(id=one.id, diff_hash=one.planned.diff_hash, confirm_ms=one.planned.confirm_within)
    try:
        return deploy(desk, ctx, asked)
    except SternpostError as refused:
        view.undo()
        return _put_off(desk, one, refused.message)


def _put_off(desk: Desk, one: ChangeRequest, because: str) -> Moved:
    """Wait for the end of a freeze; whatever else is in the way is for people to see."""
    now = desk.place.now
    gate = desk.assess(one, Context.system(desk.place.tenant, "Look why it cannot be deployed")).gate
    if gate.frozen_until is not None and gate.is_satisfied and not gate.conflicts and gate.fault is None:
        after = one.stepped(now, planned=replace(one.planned, at=gate.frozen_until))
        return Moved(after, (modified(after, "schedule", at=rfc3339(gate.frozen_until), because=because),))
    after = one.stepped(now, state="inReview", planned=Planned())
    return Moved(after, (moved(one, after, because=because),))


def _take_back(desk: Desk, ctx: Context, one: ChangeRequest) -> Passing | Moved:
    """Undo a change request forward: what others changed since in other fields stays."""
    place, now = desk.place, desk.place.now
    done = one.stepped(now, planned=replace(one.planned, confirm_by=None))
    wanted = inverse_of(place.connection, place.tenant, one)
    view = place.view
    merge = merged(wanted, [view.find(*each.key) for each in wanted])
    because = "nobody confirmed it in time"
    left = [conflict.text for conflict in merge.conflicts]
    view.begin(ctx)
    try:
        judged = judge(view, merge.edits, place.laws, place.sealer, now) if merge.edits else Judged((), ())
    except SternpostError as fault:
        view.undo()
        return Moved(done, (modified(done, "confirm", because=because, failed=fault.message),))
    if not judged.changes:
        return Moved(done, (modified(done, "confirm", because=because, kept=[*left]),))
    told = modified(done, "confirm", because=because, kept=[*left])
    return Passing(one, replace(done, reverted_by=0), judged, trail_of(one, one.diff_hash), (), (told,))


def back_to_review(desk: Desk) -> list[Moved]:
    """Send every scheduled change request back: what protects the tenant is another thing now."""
    found = []
    for one in desk.in_state("scheduled"):
        after = one.stepped(desk.place.now, state="inReview", planned=Planned())
        found.append(Moved(after, (moved(one, after, because="the rules of review were changed"),)))
    return found
