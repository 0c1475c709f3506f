"""Each rule about change requests is there for a reason: without it, a step would be allowed that must not be."""

from dataclasses import dataclass, replace

import pytest

from app.changes.review.case import Case, Verb
from app.changes.review.effect import Conflict
from app.changes.review.gate import Gate, Missing
from app.changes.review.model import ChangeRequest, Contributor, Planned, State, Wanted
from app.changes.review.policy import BuiltIn, Need
from app.changes.review.rules import RULES, refusal
from app.changes.review.voters import Standing
from app.core.context import Actor, Context

ANNA = Contributor(id="id-anna", handle="anna", kind="user", person="id-anna")
EVERYTHING = frozenset({"validator_write", "validator_edit", "deployer_write", "deployer_edit", "validator_read"})
REQUEST = ChangeRequest(
    id=7, state="inReview", name="Change", author=ANNA, created=1, updated=1,
    wanted=(Wanted("parameter", "p", "create", None, {"value": "1"}),),
)  # fmt: skip
SETTINGS = BuiltIn(
    is_on=True, validates_all=False, self_validation=False, self_deployment=True,
    validated=frozenset(), unsupervised=frozenset(),
)  # fmt: skip
SATISFIED = Gate((SETTINGS.policy,))


@dataclass(frozen=True)
class Asked:
    """One step that one rule alone stands in the way of."""

    rule: str
    verb: Verb
    said: str
    who: str = "rita"
    state: State = "inReview"
    rights: frozenset[str] = EVERYTHING
    person: str | None = "own"
    only_reads: bool = False
    opens: bool = True
    gate: Gate = SATISFIED
    built_in: BuiltIn = SETTINGS

    @property
    def case(self) -> Case:
        actor = Actor(f"id-{self.who}", "user", self.who)
        holds, opens = self.rights.__contains__, lambda _method, _path: self.opens
        ctx = Context("default", actor, only_reads=self.only_reads, holds=holds, opens=opens)
        person = actor.id if self.person == "own" else self.person
        standing = Standing(ctx, person, person is not None, None)
        return Case(replace(REQUEST, state=self.state), standing, self.gate, self.built_in)


def without(*rights: str) -> frozenset[str]:
    return EVERYTHING.difference(rights)


ALONE = [
    Asked("writer", "comment", "may only read; use one that may write", only_reads=True),
    Asked("caller", "deploy", "the ACL of 'rita' does not open POST /changeRequests/7/deploy", opens=False),
    Asked("reader", "comment", "may not read change requests", rights=frozenset()),
    Asked("editor", "edit", "only its author and editors may do this: anna"),
    Asked("validator", "approve", "lacks the rights for it: validator_write", rights=without("validator_write")),
    Asked("person", "approve", "speaks for no person", person=None),
    Asked("independent", "approve", "you wrote this change request, and self-validation is disabled", who="anna"),
    Asked("decliner", "decline", "lacks the rights for it: validator_edit", rights=without("validator_edit")),
    Asked("deployer", "deploy", "lacks the rights for it: deployer_write", rights=without("deployer_write")),
    Asked(
        "selfDeployment", "deploy", "self-deployment is disabled", who="anna",
        built_in=replace(SETTINGS, self_deployment=False),
    ),
    Asked("breakGlass", "breakGlass", "lacks the rights for it: deployer_all and administration_all"),
    Asked("state", "approve", "is applied, and approve needs one of", state="applied"),
    Asked("window", "confirm", "does not wait to be confirmed", state="applied"),
    Asked(
        "approved", "deploy", "is not approved; missing: 1 of security",
        gate=replace(SATISFIED, missing=(Missing(Need("security", 1), 0, ("prod",), ("carol",), False),)),
    ),
    Asked(
        "clean", "deploy", "somebody else changed the same since: rule r/enabled",
        gate=replace(SATISFIED, conflicts=(Conflict("rule", "r", "/enabled", True, False, None),)),
    ),
    Asked("valid", "deploy", "cannot be applied as it is: gone", gate=replace(SATISFIED, fault="gone")),
    Asked("thawed", "deploy", "deployments are frozen until 1970", gate=replace(SATISFIED, frozen_until=1000)),
]  # fmt: skip


@pytest.mark.parametrize("asked", ALONE, ids=[f"{asked.rule}-{asked.verb}" for asked in ALONE])
def test_without_the_rule_the_step_would_be_allowed(asked: Asked) -> None:
    refused = refusal(asked.case, asked.verb)

    assert refused is not None
    assert (refused.rule.name, asked.said in refused.text) == (asked.rule, True), refused.text
    others = tuple(rule for rule in RULES if rule.name != asked.rule)
    assert refusal(asked.case, asked.verb, others) is None


def test_every_rule_is_shown_to_be_needed() -> None:
    assert {asked.rule for asked in ALONE} == {rule.name for rule in RULES}


def test_what_is_on_trial_may_be_confirmed_and_what_is_clean_deployed() -> None:
    on_trial = Asked("window", "confirm", "", state="applied").case
    on_trial = replace(on_trial, one=replace(on_trial.one, planned=Planned(confirm_by=9)))

    assert refusal(on_trial, "confirm") is None
    assert refusal(Asked("deployer", "deploy", "").case, "deploy") is None
