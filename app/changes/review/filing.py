"""Making a change request of a judged change set."""

from collections.abc import Sequence
from dataclasses import replace

from app.changes.change import Change
from app.changes.judging import Judged
from app.changes.recording import Fact
from app.changes.review.desk import Desk
from app.changes.review.effect import diff_hash
from app.changes.review.gate import Gate
from app.changes.review.matching import Effects, fields_of
from app.changes.review.model import ChangeRequest, contributor_of, wanted_of
from app.changes.review.policy import Policies, Policy
from app.core.canonical import JSON, Document
from app.core.context import Context
from app.core.errors import InvalidError
from app.core.values import dataclass

LONGEST_NAME = 255
MOST_CHANGES = 10_000

_NAMED = {
    "rule": "{verb} rule '{name}' ({id}) by API request",
    "directive": "{verb} directive '{name}' ({id}) from API",
    "group": "{verb} group '{name}' from API",
    "parameter": "{verb} parameter '{name}' from API",
}
"""Rudder's default names, by kind."""
_VERBS = {"create": "create", "modify": "update", "delete": "delete"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a caller says of the change request that a write may become; `draft` keeps it from its reviewers."""

    name: str = ""
    description: str = ""
    draft: bool = False
    editors: tuple[str, ...] = ()
    reverts: int | None = None


NO_PROPOSAL = Proposal()


@dataclass(frozen=True, slots=True)
class Held:
    """A change set that waits, and the gate it waits at."""

    one: ChangeRequest
    gate: Gate
    effects: Effects


def admit(desk: Desk, ctx: Context, judged: Judged, proposal: Proposal, facts: Sequence[Fact]) -> Held | None:
    """Make a change request of a write that needs review; None lets it pass. The view holds the change set."""
    if not judged.changes or ctx.actor.kind == "system":
        return None
    policies = desk.policies()
    if policies.is_idle:
        return None
    effects = desk.look_at(judged)
    matched = desk.matching(effects, policies, [ctx.actor.handle])
    held = file_request(desk, ctx, judged, Filing(proposal, policies, effects, matched, tuple(facts)))
    waits = any(policy.needs for policy in matched) or held.gate.frozen_until is not None
    return held if waits else None


@dataclass(frozen=True, slots=True)
class Filing:
    """What is known of a change set when it is made a change request."""

    proposal: Proposal
    policies: Policies
    effects: Effects
    matched: tuple[Policy, ...]
    facts: tuple[Fact, ...] = ()


def file_request(desk: Desk, ctx: Context, judged: Judged, filing: Filing) -> Held:
    """Make a change request, numbered later; the view holds the change set.

    Raises:
        InvalidError: it has too many changes.
    """
    if len(judged.changes) > MOST_CHANGES:
        raise InvalidError(f"A change request takes at most {MOST_CHANGES} documents; send {MOST_CHANGES} at once")
    standing, now, proposal = desk.voters.standing(ctx), desk.place.now, filing.proposal
    one = ChangeRequest(
        id=0,
        state="draft" if proposal.draft else "inReview",
        name=(proposal.name or default_name(judged.asked or judged.changes))[:LONGEST_NAME],
        description=proposal.description,
        author=contributor_of(ctx, standing.person),
        created=now,
        updated=now,
        wanted=tuple(wanted_of(judged.changes, judged.asked)),
        reason=ctx.reason,
        invited=proposal.editors,
        facts=tuple(_kept(fact) for fact in filing.facts),
        diff_hash=diff_hash(filing.effects.all),
        reverts=proposal.reverts,
    )
    gate = desk.gate(one, filing.effects, filing.matched, one.diff_hash, filing.policies)
    return Held(opened(one, gate, now), gate, filing.effects)


def number(desk: Desk, held: Held) -> ChangeRequest:
    """Give it its id and file it."""
    one = replace(held.one, id=desk.next_number(), base=desk.place.head)
    desk.place.filed.put(one)
    return one


def opened(one: ChangeRequest, gate: Gate, now: int) -> ChangeRequest:
    """Give one that is handed in its life and its first state: approved when nothing is missing."""
    expires = None if gate.expires_ms is None else now + gate.expires_ms
    if one.state == "draft":
        return replace(one, expires=expires)
    return replace(one, expires=expires, state="approved" if gate.is_satisfied else "inReview")


def default_name(changes: Sequence[Change]) -> str:
    """Name a change request as Rudder does."""
    if len(changes) != 1:
        return f"Change {len(changes)} documents from API"
    change = changes[0]
    verb, kind = _VERBS[change.action], change.kind
    fields = fields_of(change)
    if change.action == "modify" and [one.path for one in fields] == ["/enabled"]:
        verb = "enable" if fields[0].new is True else "disable"
    shown = change.after or change.before
    name = change.id if shown is None else shown.name
    return _NAMED.get(kind, "{verb} {kind} '{name}' from API").format(verb=verb, kind=kind, name=name, id=change.id)


def _kept(fact: Fact) -> Document:
    data: JSON = fact.data
    return {"type": fact.type, "kind": fact.kind, "id": fact.id, "name": fact.name, "data": data}


def read_facts(one: ChangeRequest) -> list[Fact]:
    """Give the events that its change set brings with it."""
    found = []
    for kept in one.facts:
        data = kept["data"]
        kind, object_id, name = (None if kept[key] is None else str(kept[key]) for key in ("kind", "id", "name"))
        said = data if isinstance(data, dict) else None
        found.append(Fact(type=str(kept["type"]), kind=kind, id=object_id, name=name, data=said))
    return found
