"""The one table of who may do what to a change request when: `can`, the gate and every verb ask it."""

from collections.abc import Callable, Iterable
from typing import Final, Literal

from app.changes.review.case import CALLS, VERBS, Case, Verb
from app.changes.review.voters import APPROVE, BREAK_GLASS, DEPLOY
from app.core.canonical import Document
from app.core.clock import rfc3339
from app.core.errors import StepError, SternpostError, UndecidedError
from app.core.values import dataclass

About = Literal["person", "state", "gate"]

OPEN_STATES: Final = ("draft", "inReview", "approved", "scheduled")
UNDER_REVIEW: Final = ("inReview", "approved", "scheduled")
STATES: Final[dict[Verb, tuple[str, ...]]] = {
    "edit": OPEN_STATES,
    "submit": ("draft",),
    "approve": UNDER_REVIEW,
    "requestChanges": UNDER_REVIEW,
    "comment": (*OPEN_STATES, "applied", "rejected", "withdrawn", "expired"),
    "deploy": UNDER_REVIEW,
    "schedule": UNDER_REVIEW,
    "confirm": ("applied",),
    "rebase": OPEN_STATES,
    "withdraw": OPEN_STATES,
    "decline": UNDER_REVIEW,
    "reopen": ("withdrawn", "rejected", "expired"),
    "breakGlass": UNDER_REVIEW,
}
"""In which states each verb is a step."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to refuse some verbs; `fault` says it, or None. What is about the person is 403, all else 409."""

    name: str
    verbs: tuple[Verb, ...]
    about: About
    fault: Callable[[Case, Verb], str | None]


def _lacks(case: Case, rights: Iterable[str]) -> str:
    return f"'{case.standing.handle}' lacks the rights for it: {' and '.join(rights)}"


def _writer(case: Case, _verb: Verb) -> str | None:
    return f"the token of '{case.standing.handle}' may only read; use one that may write" if case.only_reads else None


def _caller(case: Case, verb: Verb) -> str | None:
    method, path = CALLS[verb] if case.through is None else case.through
    path = path.format(id=case.one.id)
    if case.standing.ctx.opens(method, path):
        return None
    return f"the ACL of '{case.standing.handle}' does not open {method} {path}"


def _validator(case: Case, _verb: Verb) -> str | None:
    return None if case.standing.holds(APPROVE) else _lacks(case, APPROVE)


def _deployer(case: Case, _verb: Verb) -> str | None:
    return None if case.standing.holds(DEPLOY) else _lacks(case, DEPLOY)


def _glass_breaker(case: Case, _verb: Verb) -> str | None:
    return None if case.standing.holds(BREAK_GLASS) else _lacks(case, ("deployer_all", "administration_all"))


def _is_person(case: Case, _verb: Verb) -> str | None:
    if case.standing.person is not None and case.standing.is_active:
        return None
    handle = case.standing.handle
    return f"'{handle}' speaks for no person, so its review counts for nobody; give the account an owner, or ask one"


def _independent(case: Case, _verb: Verb) -> str | None:
    lenient = any(not policy.independent for policy in case.gate.policies)
    if not case.is_mine or lenient:
        return None
    edited = next((e for e in case.one.editors if case.one.involves(e.person, e.id) and _is(case, e)), None)
    did = "wrote" if edited is None or _is(case, case.one.author) else "edited"
    able = sorted({handle for one in case.gate.missing for handle in one.eligible})
    remedy = f"ask {', '.join(able[:5])}" if able else "somebody else must approve it"
    return f"you {did} this change request, and self-validation is disabled; {remedy}"


def _is(case: Case, other: object) -> bool:
    person, actor = case.standing.person, case.standing.ctx.actor.id
    return getattr(other, "id", None) == actor or (person is not None and getattr(other, "person", None) == person)


def _reader(case: Case, _verb: Verb) -> str | None:
    reads = (right for right in ("validator_read", "deployer_read", "configuration_read"))
    if case.may_edit or any(case.standing.holds((right,)) for right in reads):
        return None
    return f"'{case.standing.handle}' may not read change requests; one of validator_read, deployer_read is needed"


def _editor(case: Case, _verb: Verb) -> str | None:
    if case.may_edit:
        return None
    names = ", ".join(sorted({case.one.author.handle, *case.one.invited}))
    return f"only its author and editors may do this: {names}"


def _decliner(case: Case, _verb: Verb) -> str | None:
    needed = "validator_edit" if case.one.state == "inReview" else "deployer_edit"
    return None if case.is_mine or case.standing.holds((needed,)) else _lacks(case, (needed,))


def _self_deployer(case: Case, _verb: Verb) -> str | None:
    if case.built_in.is_on and not case.built_in.self_deployment and case.is_mine:
        return "you wrote this change request, and self-deployment is disabled; somebody else must deploy it"
    return None


def _state(case: Case, verb: Verb) -> str | None:
    if case.one.state in STATES[verb]:
        return None
    return f"change request {case.one.id} is {case.one.state}, and {verb} needs one of: {', '.join(STATES[verb])}"


def _window(case: Case, _verb: Verb) -> str | None:
    if case.one.planned.confirm_by is not None or case.one.state != "applied":
        return None
    return f"change request {case.one.id} does not wait to be confirmed"


def _approved(case: Case, _verb: Verb) -> str | None:
    if case.gate.is_satisfied:
        return None
    said = [f"missing: {one.text}" for one in case.gate.missing]
    said += [f"{one.reviewer.handle} asks for changes: {one.comment}" for one in case.gate.refusing]
    return f"change request {case.one.id} is not approved; {'; '.join(said)}"


def _clean(case: Case, _verb: Verb) -> str | None:
    if not case.gate.conflicts:
        return None
    fields = ", ".join(conflict.text for conflict in case.gate.conflicts[:10])
    return f"somebody else changed the same since: {fields}; rebase change request {case.one.id} and have it reviewed"


def _valid(case: Case, _verb: Verb) -> str | None:
    fault = case.gate.fault
    return None if fault is None else f"change request {case.one.id} cannot be applied as it is: {fault}"


def _thawed(case: Case, _verb: Verb) -> str | None:
    until = case.gate.frozen_until
    return None if until is None else f"deployments are frozen until {rfc3339(until)}; schedule it for later"


RULES: Final[tuple[Rule, ...]] = (
    Rule("writer", VERBS, "person", _writer),
    Rule("caller", VERBS, "person", _caller),
    Rule("reader", ("comment",), "person", _reader),
    Rule("editor", ("edit", "submit", "rebase", "withdraw", "reopen"), "person", _editor),
    Rule("validator", ("approve", "requestChanges"), "person", _validator),
    Rule("person", ("approve", "requestChanges"), "person", _is_person),
    Rule("independent", ("approve",), "person", _independent),
    Rule("decliner", ("decline",), "person", _decliner),
    Rule("deployer", ("deploy", "schedule", "confirm"), "person", _deployer),
    Rule("selfDeployment", ("deploy", "schedule"), "person", _self_deployer),
    Rule("breakGlass", ("breakGlass",), "person", _glass_breaker),
    Rule("state", VERBS, "state", _state),
    Rule("window", ("confirm",), "state", _window),
    Rule("approved", ("deploy", "schedule"), "gate", _approved),
    Rule("clean", ("deploy", "schedule", "breakGlass"), "gate", _clean),
    Rule("valid", ("deploy", "schedule", "breakGlass"), "gate", _valid),
    Rule("thawed", ("deploy",), "gate", _thawed),
)
"""In the order in which refusals are told."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a verb is refused."""

    rule: Rule
    text: str


def refusal(case: Case, verb: Verb, rules: tuple[Rule, ...] = RULES) -> Refused | None:
    """Find the first rule that refuses a verb; None when it may be done."""
    for rule in rules:
        if verb in rule.verbs:
            text = rule.fault(case, verb)
            if text is not None:
                return Refused(rule, text)
    return None


def can(case: Case) -> Document:
    """Say of every verb whether the caller may do it now, and why not."""
    shown: Document = {}
    for verb in VERBS:
        refused = refusal(case, verb)
        shown[verb] = {"allowed": True} if refused is None else {"allowed": False, "reason": refused.text}
    return shown


def demand(case: Case, verb: Verb) -> None:
    """Refuse a verb that may not be done.

    Raises:
        UndecidedError: this person may not.
        StepError: it is no step in this state, or something is missing.
    """
    refused = refusal(case, verb)
    if refused is not None:
        raise refusing(case, verb, refused)


def refusing(case: Case, verb: Verb, refused: Refused) -> SternpostError:
    """Make the error of a refusal."""
    text = f"{verb} of change request {case.one.id} is refused: {refused.text}"
    rudder = rudder_text(case, verb, refused)
    if refused.rule.about == "person":
        return UndecidedError(text, rudder=rudder)
    allowed = [name for name in VERBS if refusal(case, name) is None]
    said = f"{text} (allowed now: {', '.join(allowed) or 'nothing'})"
    conflicts = [one.to_json() for one in case.gate.conflicts]
    return StepError(said, allowed=allowed, conflicts=conflicts, rudder=rudder)


def rudder_text(case: Case, verb: Verb, refused: Refused) -> str:
    """Say a refusal as the versions that speak Rudder's contract do (rudder-change-requests, section 6)."""
    number, status = case.one.id, STATUS[case.one.state]
    caused = f"Could not accept ChangeRequest {number}; cause was: "
    details = f"{caused}Inconsistency: Could not accept ChangeRequest {number} details cause is: "
    name = refused.rule.name
    if verb in ("decline", "withdraw"):
        done = f"could not decline ChangeRequest {number}, because status '{status}' cannot be cancelled."
        return (
            f"Could not decline ChangeRequest {number}; cause was: Inconsistency: "
            f"Could not decline ChangeRequest {number} details cause is: {done}"
        )
    if name == "state" and status in ("Deployed", "Cancelled"):
        return f"{details}ChangeRequest {number} has already been {status.lower()}."
    if name in _SELF:
        own = "You are not authorized to do that action on your own change request"
        return f"{caused}SecurityError: {own}: {_SELF[name]} is disabled."
    unauthorized = f"User is not authorized to update a '{status.lower()}' change"
    said = {"validator": unauthorized, "person": unauthorized, "deployer": unauthorized}.get(name, refused.text)
    if name == "deployer" and status == "Pending validation":
        said = f"{unauthorized} to 'deployed' state"
    return f"{caused}Inconsistency: {said}"


_SELF: Final = {"independent": "self-validation", "selfDeployment": "self-deployment"}
"""What Rudder calls the rules about one's own change requests."""

STATUS: Final[dict[str, str]] = {
    "draft": "Pending validation",
    "inReview": "Pending validation",
    "approved": "Pending deployment",
    "scheduled": "Pending deployment",
    "applied": "Deployed",
    "rejected": "Cancelled",
    "withdrawn": "Cancelled",
    "expired": "Cancelled",
}
"""What Rudder calls each state."""
