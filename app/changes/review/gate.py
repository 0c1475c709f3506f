"""The gate: which policies a change request falls under, what is missing, and what stands in the way."""

from collections.abc import Iterable, Sequence

from app.changes.review.effect import Conflict
from app.changes.review.freezing import frozen_until
from app.changes.review.matching import Effects
from app.changes.review.model import ChangeRequest, Review
from app.changes.review.policy import Need, Policies, Policy, strictest
from app.changes.review.reach import State
from app.changes.review.voters import Voters
from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Missing:
    """Approvals that are still needed: how many more, whose, because of which policies."""

    need: Need
    have: int
    policies: tuple[str, ...]
    eligible: tuple[str, ...]
    is_unsatisfiable: bool

    @property
    def text(self) -> str:
        """Say it in a sentence."""
        more = Need(self.need.team, self.need.least - self.have).text
        who = f"may be given by {', '.join(self.eligible[:5])}" if self.eligible else "nobody may give it"
        return f"{more} for policy {', '.join(self.policies)} ({who})"

    def to_json(self) -> Document:
        """Show it."""
        shown: Document = {
            "need": self.need.text,
            "have": self.have,
            "because": ", ".join(self.policies),
            "eligible": [*self.eligible],
        }
        return {**shown, "unsatisfiable": True} if self.is_unsatisfiable else shown


@dataclass(frozen=True, slots=True)
class Gate:
    """What a change request waits for; satisfied when nothing is missing and nobody asks for changes."""

    policies: tuple[Policy, ...]
    missing: tuple[Missing, ...] = ()
    refusing: tuple[Review, ...] = ()
    approvals: tuple[Review, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    fault: str | None = None
    frozen_until: int | None = None

    @property
    def is_satisfied(self) -> bool:
        """Tell whether everybody who must agree has agreed."""
        return not self.missing and not self.refusing

    @property
    def confirm_ms(self) -> int | None:
        """The shortest time to confirm in that a policy asks for."""
        asked = [policy.confirm_ms for policy in self.policies if policy.confirm_ms is not None]
        return min(asked) if asked else None

    @property
    def expires_ms(self) -> int | None:
        """The shortest life that a policy gives."""
        asked = [policy.expires_ms for policy in self.policies if policy.expires_ms is not None]
        return min(asked) if asked else None

    @property
    def is_unsatisfiable(self) -> bool:
        """Tell whether a policy asks for more people than there are."""
        return any(one.is_unsatisfiable for one in self.missing)

    def to_json(self) -> Document:
        """Show it, as it is kept with a deployment too."""
        blocked: list[JSON] = [*self._blocked_by()]
        return {
            "satisfied": self.is_satisfied,
            "missing": [one.to_json() for one in self.missing],
            "blockedBy": blocked,
            "policies": [policy.name for policy in self.policies],
            "approvals": [
                {"reviewer": one.reviewer.handle, "diffHash": one.diff_hash, "time": rfc3339(one.time)}
                for one in self.approvals
            ],
            "unsatisfiable": self.is_unsatisfiable,
        }

    def _blocked_by(self) -> Iterable[Document]:
        if self.frozen_until is not None:
            yield {"type": "freeze", "until": rfc3339(self.frozen_until)}
        if self.conflicts:
            yield {"type": "conflict", "conflicts": [one.to_json() for one in self.conflicts]}
        if self.fault is not None:
            yield {"type": "invalid", "because": self.fault}
        for review in self.refusing:
            yield {"type": "changesRequested", "by": review.reviewer.handle, "comment": review.comment}


@dataclass(frozen=True, slots=True)
class Bench:
    """What a gate is judged with: the policies in force, the people, and the documents before the change."""

    policies: Policies
    voters: Voters
    state: State
    now: int


def judge_gate(one: ChangeRequest, effects: Effects, matched: Sequence[Policy], digest: str, bench: Bench) -> Gate:
    """Count approvals against what the policies ask for."""
    valid = _valid(one, effects, matched, digest, bench.voters)
    approvals = [review for review in valid if review.verdict == "approve"]
    refusing = [review for review in valid if review.verdict == "requestChanges"]
    missing: list[Missing] = []
    for need, policies in strictest(matched).values():
        lack = _lacking(one, need, policies, approvals, bench)
        if lack is not None:
            missing.append(lack)
    freezes = [freeze for policy in matched for freeze in policy.freezes]
    return Gate(
        policies=tuple(matched),
        missing=tuple(missing),
        refusing=tuple(refusing),
        approvals=tuple(approvals),
        frozen_until=frozen_until(freezes, bench.now),
    )


def latest_by_person(reviews: Iterable[Review]) -> dict[str, Review]:
    """Give what each person said last; comments say nothing about it."""
    said: dict[str, Review] = {}
    for review in reviews:
        if review.verdict != "comment" and review.reviewer.person is not None:
            said[review.reviewer.person] = review
    return said


def _valid(
    one: ChangeRequest, effects: Effects, matched: Sequence[Policy], digest: str, voters: Voters
) -> list[Review]:
    """List what is still to be reckoned with: said of this very diff, by people who may still say it.

    An approval falls too when a node outside its set makes a policy match that it was not given under.
    """
    nodes = effects.nodes
    reached, names = nodes.named, {policy.id for policy in matched}
    found = []
    for review in latest_by_person(one.reviews).values():
        known = {name.rpartition("@")[0] for name in review.policies}
        widened = not reached <= set(review.nodes) and not names <= known
        if review.diff_hash == digest and not widened and voters.still_counts(review):
            found.append(review)
    return found


def _lacking(
    one: ChangeRequest, need: Need, policies: Sequence[Policy], approvals: Sequence[Review], bench: Bench
) -> Missing | None:
    independent = any(policy.independent for policy in policies)
    members = None if need.team is None else bench.voters.members(need.team, bench.state)

    def counts(person: str) -> bool:
        if independent and any(each.person == person for each in one.contributors):
            return False
        return members is None or person in members

    given = {str(review.reviewer.person) for review in approvals if counts(str(review.reviewer.person))}
    if len(given) >= need.least:
        return None
    able = [user for user in bench.voters.eligible(need.team, bench.state) if counts(user.id)]
    left = tuple(user.username for user in able if user.id not in given)
    names = tuple(policy.id for policy in policies)
    return Missing(need, len(given), names, left, is_unsatisfiable=len(given) + len(left) < need.least)
