"""Which policies a change set falls under, by what it touches and whom that reaches, before and after it."""

from collections.abc import Iterable, Sequence
from functools import reduce

from app.changes.change import Change
from app.changes.review.policy import KIND, REVIEW_SETTINGS, TEAM, BuiltIn, Policies, Policy, path_matches
from app.changes.review.reach import NOBODY, Nodes, Reached, State
from app.core.diff import FieldChange, field_diff
from app.core.values import dataclass

_BY_REACH = frozenset({"rule", "directive", "technique", "group", "instance"})


@dataclass(frozen=True, slots=True)
class Effect:
    """One change of a judged set: its fields, and whom it reaches."""

    change: Change
    fields: tuple[FieldChange, ...]
    reached: Reached


@dataclass(frozen=True, slots=True)
class Effects:
    """A judged change set as it is seen by policies, with the states around it."""

    all: tuple[Effect, ...]
    before: State
    after: State

    @property
    def nodes(self) -> Nodes:
        """Every node that is or was reached."""
        return reduce(lambda one, other: one | other, (effect.reached.both for effect in self.all), NOBODY)


def effects_of(changes: Sequence[Change], reached: Sequence[Reached], before: State, after: State) -> Effects:
    """Look at a judged change set, of which it is known whom each change reaches."""
    found = (Effect(change, fields_of(change), one) for change, one in zip(changes, reached, strict=True))
    return Effects(tuple(found), before, after)


def fields_of(change: Change) -> tuple[FieldChange, ...]:
    """List the fields that a change changes."""
    before = None if change.before is None else change.before.document
    after = None if change.after is None else change.after.document
    return tuple(field_diff(before, after))


def matching(effects: Effects, policies: Policies, *, is_exempt: bool) -> list[Policy]:
    """List the policies that a change set falls under, the built-in one first; `is_exempt` frees from that one only."""
    found = [policy for policy in policies.own if _matches(effects, policy)]
    if not is_exempt and needs_validation(effects, policies.built_in):
        found.insert(0, policies.built_in.policy)
    return found


def needs_validation(effects: Effects, built_in: BuiltIn) -> bool:
    """Decide as Rudder does (rudder-change-requests, section 2), for every kind."""
    if not built_in.is_on:
        return False
    return built_in.validates_all or any(_is_validated(one, built_in) for one in effects.all)


def _is_validated(effect: Effect, built_in: BuiltIn) -> bool:
    change = effect.change
    if change.kind == "parameter" or lowers_protection(change):
        return True
    if change.kind not in _BY_REACH:
        return False
    sides = (effect.reached.before, effect.reached.after)
    return any(nodes.are_supervised(built_in.unsupervised) for nodes in sides)


def lowers_protection(change: Change) -> bool:
    """Tell whether a change is one of what review itself consists of."""
    return change.kind in (KIND, TEAM) or (change.kind == "setting" and change.id in REVIEW_SETTINGS)


def _matches(effects: Effects, policy: Policy) -> bool:
    touched: list[Effect] = []
    for one in effects.all:
        if _guards_itself(one.change, policy):
            return True
        if _is_touched(one, policy):
            touched.append(one)
    return bool(touched) and _reaches_enough(touched, policy.match.at_least)


def _guards_itself(change: Change, policy: Policy) -> bool:
    """A policy covers every change of itself and of the teams it counts on."""
    return (change.kind == KIND and change.id == policy.id) or (change.kind == TEAM and change.id in policy.teams)


def _is_touched(effect: Effect, policy: Policy) -> bool:
    match, change = policy.match, effect.change
    if match.kinds and change.kind not in match.kinds:
        return False
    if match.paths and not any(path_matches(glob, one.path) for glob in match.paths for one in effect.fields):
        return False
    return not match.groups or _in_groups(effect, match.groups)


def _in_groups(effect: Effect, groups: Iterable[str]) -> bool:
    # Membership on either side counts: a group that is rewritten to lose its nodes still had them.
    change, reached = effect.change, effect.reached.both
    return any((change.kind == "group" and change.id == group) or reached.are_in(group) for group in groups)


def _reaches_enough(touched: Sequence[Effect], least: int) -> bool:
    if least == 0:
        return True
    nodes = reduce(lambda one, other: one | other, (one.reached.both for one in touched), NOBODY)
    return bool(nodes.unseen) or len(nodes.ids) >= least
