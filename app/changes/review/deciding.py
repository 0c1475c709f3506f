"""The steps of a change request that change no document: reviews, edits, withdrawal, schedule, confirmation."""

from collections.abc import Sequence
from dataclasses import replace

from app.changes.change import Edit
from app.changes.judging import Judged, judge
from app.changes.review.case import Call, Verb
from app.changes.review.deploying import check_hash, review_of, with_review
from app.changes.review.desk import Assessment, Desk
from app.changes.review.effect import Side, diff_hash, merged
from app.changes.review.filing import Filing, Held, Proposal, file_request, opened
from app.changes.review.model import ChangeRequest, Contributor, Planned, Verdict, contributor_of, wanted_of
from app.changes.review.rules import demand
from app.changes.review.telling import modified, moved
from app.changes.review.timing import Moved
from app.core.clock import rfc3339
from app.core.context import Context
from app.core.errors import InvalidError, StepError
from app.core.values import dataclass

MOST_REVIEWS = 1000
"""A change request is read whole, so what is said about it is bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a reviewer says, and through which call where it is not that of reviews."""

    verdict: Verdict
    comment: str = ""
    path: str | None = None
    diff_hash: str | None = None
    through: Call | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What an editor changes; None leaves it as it is. `edits` take the place of all the changes there were."""

    name: str | None = None
    description: str | None = None
    editors: tuple[str, ...] | None = None
    edits: Sequence[Edit] | None = None


def propose(desk: Desk, ctx: Context, edits: Sequence[Edit], proposal: Proposal) -> Held:
    """Make a change request of edits, whether a policy asks for one or not; the view is as before afterwards.

    Raises:
        SternpostError: the edits are refused.
        StepError: they change nothing.
    """
    view = desk.place.view
    view.preload([(edit.kind, edit.id) for edit in edits])
    view.begin(ctx)
    try:
        judged = _judged(desk, edits)
        policies, effects = desk.policies(), desk.look_at(judged)
        matched = desk.matching(effects, policies, [ctx.actor.handle])
        return file_request(desk, ctx, judged, Filing(proposal, policies, effects, matched))
    finally:
        view.undo()


def _judged(desk: Desk, edits: Sequence[Edit]) -> Judged:
    place = desk.place
    judged = judge(place.view, edits, place.laws, place.sealer, place.now)
    if not judged.changes:
        raise StepError("This changes nothing: every document is so already")
    return judged


def say(desk: Desk, ctx: Context, number: int, said: Said) -> Moved:
    """Add a review, and move the change request on where it decides.

    Raises:
        UndecidedError: this person may not.
        StepError: not in this state, or not of this diff.
        InvalidError: a rejection says nothing.
    """
    before, seen = _seen(desk, ctx, number)
    verb: Verb = said.verdict
    demand(desk.case(seen, ctx, said.through), verb)
    check_hash(before, said.diff_hash, seen.digest)
    if len(before.reviews) >= MOST_REVIEWS:
        raise StepError(f"Change request {number} has {MOST_REVIEWS} reviews and takes no more; make another one")
    if said.verdict != "approve" and not said.comment.strip():
        text = f"A review of verdict {said.verdict} needs a comment: say what is wrong, or what you want to know"
        raise InvalidError(text, fields={"comment": [text]})
    person = desk.voters.standing(ctx).person
    review = review_of(
        seen, ctx, person, desk.place.now, verdict=said.verdict, comment=said.comment, path=said.path
    )  # fmt: skip
    seen = desk.reviewed(seen, with_review(seen, review))
    after = _settled(desk, seen, before)
    data = {"verdict": said.verdict, "by": ctx.actor.handle, "path": said.path}
    what = "comment" if said.verdict == "comment" else "review"
    facts = [modified(after, what, **data)]
    if after.state != before.state:
        facts.append(moved(before, after, by=ctx.actor.handle))
    return Moved(after, facts)


def _settled(desk: Desk, seen: Assessment, before: ChangeRequest) -> ChangeRequest:
    """Give the next value after a review: approved when nothing is missing any more, else back under review."""
    now, one = desk.place.now, seen.one
    if one.state == "inReview" and seen.gate.is_satisfied and seen.judged is not None:
        return replace(one, revision=before.revision + 1, updated=now, state="approved", diff_hash=seen.digest)
    if one.state in ("approved", "scheduled") and not seen.gate.is_satisfied:
        return replace(one, revision=before.revision + 1, updated=now, state="inReview", planned=Planned())
    return replace(one, revision=before.revision + 1, updated=now)


def hand_in(desk: Desk, ctx: Context, number: int) -> Moved:
    """Hand a draft in for review."""
    before, seen = _seen(desk, ctx, number)
    demand(desk.case(seen, ctx), "submit")
    after = opened(before.stepped(desk.place.now, state="inReview", diff_hash=seen.digest), seen.gate, desk.place.now)
    return Moved(after, (moved(before, after),))


def withdraw(desk: Desk, ctx: Context, number: int, verb: Verb = "withdraw") -> Moved:
    """Take one's own change request back, or (`decline`) refuse somebody else's."""
    before, seen = _seen(desk, ctx, number)
    case = desk.case(seen, ctx)
    demand(case, verb)
    state = "withdrawn" if verb == "withdraw" or case.is_mine else "rejected"
    after = before.stepped(desk.place.now, state=state, planned=Planned())
    return Moved(after, (moved(before, after, by=ctx.actor.handle, because=ctx.reason),))


def reopen(desk: Desk, ctx: Context, number: int) -> Moved:
    """Make a draft again of one that was given up."""
    before, seen = _seen(desk, ctx, number)
    demand(desk.case(seen, ctx), "reopen")
    after = before.stepped(desk.place.now, state="draft", expires=None)
    return Moved(after, (moved(before, after),))


def rename(desk: Desk, number: int, edited: Edited, *, closed: bool) -> Moved:
    """Change name and description only, which is no edit of what is asked for; `closed` ones too where it is allowed.

    Raises:
        InvalidError: nothing new is said, or the name is empty.
        StepError: it is closed.
    """
    before = desk.get(number)
    if not closed and not before.is_open:
        raise StepError(f"Change request {number} is {before.state}; only open ones can be renamed")
    name = before.name if edited.name is None else edited.name
    description = before.description if edited.description is None else edited.description
    if not name.strip():
        raise InvalidError("A change request needs a name", fields={"name": ["must not be empty"]})
    if (name, description) == (before.name, before.description):
        raise InvalidError(f"Change request {number} has this name and description already")
    after = before.stepped(desk.place.now, name=name, description=description)
    return Moved(after, (modified(after, "edit"),))


def edit(desk: Desk, ctx: Context, number: int, edited: Edited) -> Moved:
    """Change what is asked for; whoever does so counts as an author, and approvals of another diff fall.

    Raises:
        UndecidedError: only author and editors may.
        StepError: it is closed.
        SternpostError: the new changes are refused.
    """
    before, seen = _seen(desk, ctx, number)
    demand(desk.case(seen, ctx), "edit")
    members = {"name": edited.name, "description": edited.description, "invited": edited.editors}
    given = {name: value for name, value in members.items() if value is not None}
    if given.get("name") is not None and not str(given["name"]).strip():
        raise InvalidError("A change request needs a name", fields={"name": ["must not be empty"]})
    if edited.edits is None:
        after = before.stepped(desk.place.now, **given)
        return Moved(after, (modified(after, "edit"),))
    return _replaced(desk, ctx, before.stepped(desk.place.now, **given), edited.edits, "edit")


def rebase(desk: Desk, ctx: Context, number: int, prefer: Side | None) -> Moved:
    """Lay what is asked for over what is there now; what clashes is settled as `prefer` says.

    Raises:
        StepError: something clashes and nobody says which side wins.
    """
    before, seen = _seen(desk, ctx, number)
    demand(desk.case(seen, ctx), "rebase")
    if seen.merge.conflicts and prefer is None:
        shown = [one.to_json() for one in seen.merge.conflicts]
        fields = ", ".join(one.text for one in seen.merge.conflicts[:10])
        text = f"{fields} changed meanwhile; rebase with conflicts=mine or conflicts=now, or edit the change request"
        raise StepError(text, conflicts=shown)
    view = desk.place.view
    merge = merged(before.wanted, [view.find(*one.key) for one in before.wanted], prefer)
    return _replaced(desk, ctx, before.stepped(desk.place.now), merge.edits, "rebase")


def _replaced(desk: Desk, ctx: Context, one: ChangeRequest, edits: Sequence[Edit], what: str) -> Moved:
    view = desk.place.view
    view.preload([(each.kind, each.id) for each in edits])
    view.begin(ctx)
    try:
        judged = _judged(desk, edits)
        effects, policies = desk.look_at(judged), desk.policies()
        digest = diff_hash(effects.all)
        mover = contributor_of(ctx, desk.voters.standing(ctx).person)
        is_edit = digest != one.diff_hash
        wanted = tuple(wanted_of(judged.changes, judged.asked))
        after = replace(one, wanted=wanted, diff_hash=digest, base=desk.place.head)
        if is_edit:
            after = replace(after, editors=_with(after, mover))
        matched = desk.matching(effects, policies, [each.handle for each in after.contributors])
        gate = desk.gate(after, effects, matched, digest, policies)
    finally:
        view.undo()
    if after.state != "draft":
        keeps = after.state == "scheduled" and not is_edit and gate.is_satisfied
        if not keeps:
            after = replace(after, state="approved" if gate.is_satisfied else "inReview", planned=Planned())
    facts = [modified(after, what, by=ctx.actor.handle)]
    if after.state != one.state:
        facts.append(moved(one, after, by=ctx.actor.handle))
    return Moved(after, facts)


def _with(one: ChangeRequest, mover: Contributor) -> tuple[Contributor, ...]:
    if any(each.id == mover.id for each in one.contributors):
        return one.editors
    return (*one.editors, mover)


def schedule(desk: Desk, ctx: Context, number: int, at: int, planned: Planned) -> Moved:
    """Have it deployed at a time, if it may still be deployed then.

    Raises:
        InvalidError: the time is over.
    """
    before, seen = _seen(desk, ctx, number)
    demand(desk.case(seen, ctx), "schedule")
    check_hash(before, planned.diff_hash, seen.digest)
    if at <= desk.place.now:
        text = f"scheduleAt {rfc3339(at)} is over; name a time to come, or deploy now"
        raise InvalidError(text, fields={"scheduleAt": [text]})
    by = contributor_of(ctx, desk.voters.standing(ctx).person)
    plan = replace(planned, by=by, at=at, diff_hash=seen.digest)
    after = before.stepped(desk.place.now, state="scheduled", planned=plan, diff_hash=seen.digest)
    facts = [modified(after, "schedule", at=rfc3339(at), by=by.handle)]
    if before.state != "scheduled":
        facts.append(moved(before, after, by=by.handle))
    return Moved(after, facts)


def confirm(desk: Desk, ctx: Context, number: int) -> Moved:
    """Keep what was deployed for a while only."""
    before, seen = _seen(desk, ctx, number)
    demand(desk.case(seen, ctx), "confirm")
    after = before.stepped(desk.place.now, planned=replace(before.planned, confirm_by=None))
    return Moved(after, (modified(after, "confirm", by=ctx.actor.handle),))


def _seen(desk: Desk, ctx: Context, number: int) -> tuple[ChangeRequest, Assessment]:
    one = desk.get(number)
    return one, desk.assess(one, ctx)
