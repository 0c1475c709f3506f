"""Deploying a change request: judged again under the lock, its gate kept whole with what was applied."""

from dataclasses import field, replace

from app.changes.change import Outcome
from app.changes.judging import Judged
from app.changes.recording import Fact
from app.changes.review.case import ACCEPT
from app.changes.review.desk import Assessment, Desk
from app.changes.review.filing import read_facts
from app.changes.review.foreseeing import diff_of
from app.changes.review.model import ChangeRequest, Planned, Review, contributor_of
from app.changes.review.rules import STATUS, demand, refusal
from app.changes.review.telling import glass_broken, moved, trail_of
from app.core.canonical import JSON, Document
from app.core.context import Context
from app.core.errors import InvalidError, StepError
from app.core.values import dataclass
from app.store.log import ReviewTrail


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is asked of a deployment; `approve` gives one's own approval first where it is still missing.

    `diff_hash` is what the caller saw. `break_glass` goes past the reviewers.
    """

    id: int
    approve: bool = False
    comment: str = ""
    diff_hash: str | None = None
    confirm_ms: int | None = None
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class Passing:
    """A change request on its way into the documents: what is judged, by whom, and its trail."""

    before: ChangeRequest
    one: ChangeRequest
    judged: Judged
    trail: ReviewTrail
    facts: tuple[Fact, ...] = ()
    told: tuple[Fact, ...] = field(default=())


def check_hash(one: ChangeRequest, asked: str | None, current: str) -> None:
    """Refuse a decision about something else than what it would do now.

    Raises:
        StepError: what was shown is not what would be deployed.
    """
    if asked is not None and asked != current:
        text = f"Change request {one.id} would now do something else (diffHash {current}) than you saw; look again"
        raise StepError(text)


def review_of(seen: Assessment, ctx: Context, person: str | None, now: int, **said: object) -> Review:
    """Make a review that is bound to what is shown now."""
    nodes = seen.effects.nodes
    fields = {"verdict": "approve", "comment": "", "path": None, **said}
    return Review(
        id=len(seen.one.reviews) + 1,
        reviewer=contributor_of(ctx, person),
        diff_hash=seen.digest,
        nodes=tuple(sorted(nodes.named)),
        policies=tuple(policy.name for policy in seen.matched),
        time=now,
        credential=ctx.credential,
        **fields,  # type: ignore[arg-type]  # each is a field of Review
    )


def with_review(seen: Assessment, review: Review) -> ChangeRequest:
    """Add a review, and keep the diff that it is about."""
    one = seen.one
    return replace(one, reviews=(*one.reviews, review), shown={**one.shown, seen.digest: diff_of(seen.effects)})


def deploy(desk: Desk, ctx: Context, asked: Deployment) -> Passing:
    """Judge a deployment; the view holds its changes afterwards.

    Raises:
        NotFoundError: there is no such change request.
        UndecidedError: this person may not.
        StepError: it is not approved, clashes with what others changed, or is in no state for it.
        InvalidError: a glass is broken without a reason.
    """
    before = desk.get(asked.id)
    seen = desk.assess(before, ctx, keep=True)
    check_hash(before, asked.diff_hash, seen.digest)
    through = ACCEPT if asked.approve else None
    if asked.approve and _lacks_approval(seen):
        demand(desk.case(seen, ctx, through), "approve")
        seen = _approved(desk, seen, ctx, asked.comment)
    demand(desk.case(seen, ctx, through), "breakGlass" if asked.break_glass else "deploy")
    if asked.break_glass and not ctx.reason.strip():
        text = "breakGlass needs a reason; everybody who was not asked is told it"
        raise InvalidError(text, fields={"breakGlass.reason": [text]})
    return _passing(desk, seen, ctx, asked, before)


def _lacks_approval(seen: Assessment) -> bool:
    return seen.one.state == "inReview" and not seen.gate.is_satisfied


def _approved(desk: Desk, seen: Assessment, ctx: Context, comment: str) -> Assessment:
    person = desk.voters.standing(ctx).person
    review = review_of(seen, ctx, person, desk.place.now, comment=comment)
    return desk.reviewed(seen, with_review(seen, review))


def can_accept(desk: Desk, seen: Assessment, ctx: Context) -> Document:
    """Say whether `accept` would do something now: `to` names the statuses that it may be sent, else there is a reason.

    To `Pending deployment` it approves; to `Deployed` it approves where that is missing, and deploys.
    """
    case = desk.case(seen, ctx, ACCEPT)
    unapproved = refusal(case, "approve")
    to: list[JSON] = []
    if seen.one.state == "inReview" and unapproved is None:
        to.append(STATUS["approved"])
    if not _lacks_approval(seen):
        refused = refusal(case, "deploy")
    elif unapproved is None:
        refused = refusal(desk.case(_approved(desk, seen, ctx, ""), ctx, ACCEPT), "deploy")
    else:
        refused = unapproved
    if refused is None:
        to.append(STATUS["applied"])
    if to or refused is None:
        return {"allowed": True, "to": to}
    return {"allowed": False, "reason": refused.text}


def _passing(desk: Desk, seen: Assessment, ctx: Context, asked: Deployment, before: ChangeRequest) -> Passing:
    now, gate = desk.place.now, seen.gate
    confirm_ms = asked.confirm_ms
    if gate.confirm_ms is not None and not asked.break_glass:
        confirm_ms = gate.confirm_ms if confirm_ms is None else min(confirm_ms, gate.confirm_ms)
    skipped = sorted({handle for each in gate.missing for handle in each.eligible})
    planned = Planned(
        by=seen.one.planned.by or contributor_of(ctx, desk.voters.standing(ctx).person),
        at=seen.one.planned.at,
        confirm_within=confirm_ms,
        confirm_by=None if confirm_ms is None else now + confirm_ms,
        diff_hash=seen.digest,
    )
    broken = {"reason": ctx.reason, "by": ctx.actor.handle, "skipped": [*skipped]} if asked.break_glass else None
    one = seen.one.stepped(
        now,
        state="applied",
        diff_hash=seen.digest,
        evaluation=gate.to_json(),
        planned=planned,
        break_glass=broken,
    )
    trail = trail_of(one, seen.digest, sorted({review.reviewer.handle for review in gate.approvals}))
    told = (glass_broken(one, skipped, ctx.reason),) if asked.break_glass else ()
    judged = seen.judged or Judged((), ())
    return Passing(before, one, judged, trail, tuple(read_facts(one)), told)


def applied(passing: Passing, outcome: Outcome) -> tuple[ChangeRequest, list[Fact]]:
    """Say in which commit and events it was applied, and what is to be told of it."""
    span = None if outcome.first_seq is None or outcome.last_seq is None else (outcome.first_seq, outcome.last_seq)
    one = replace(passing.one, commit=outcome.commit, deployed=span)
    facts = [replace(fact.about(outcome), trail=passing.trail) for fact in passing.facts if outcome.changes]
    step = moved(passing.before, one, commit=outcome.commit)
    return one, [*facts, *(replace(fact, trail=passing.trail) for fact in (step, *passing.told))]
