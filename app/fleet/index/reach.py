"""Which nodes a change set reaches, before it and after it: a pure function of two sights of one fleet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.changes.change import Change
from app.fleet.index.sight import Sight, union
from app.fleet.index.targets import included_in
from app.fleet.targets import GROUP, SPECIAL
from app.store.documents import Stored

THROUGH_RULES: Final = ("rule", "directive", "technique")


@dataclass(frozen=True, slots=True)
class Reached:
    """Nodes by id, and what counts although it is no node: special targets, and ids that are no nodes yet."""

    ids: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()

    def __or__(self, other: "Reached") -> "Reached":
        return Reached(self.ids | other.ids, self.unseen | other.unseen)

    def __bool__(self) -> bool:
        return bool(self.ids or self.unseen)


@dataclass(frozen=True, slots=True)
class Touched:
    """What one change reaches on both sides of the whole change set, and the rules through which."""

    before: Reached = Reached()
    after: Reached = Reached()
    rules: frozenset[str] = frozenset()

    @property
    def both(self) -> Reached:
        """Everything that is or was reached."""
        return self.before | self.after


def touched(changes: Sequence[Change], before: Sight, after: Sight) -> list[Touched]:
    """Say what each change reaches, in their order: a rule its targets, a directive or technique those of its rules.

    A group reaches its members; the rules that name it, or name a group that looks into it, come with it. Disabled
    rules count: whoever enables them later changes no more than that.
    """
    return [_touched(change, before, after) for change in changes]


def reached_by(target: str, sight: Sight) -> Reached:
    """Give what a simple target reaches."""
    return _reached([target], sight)


def _touched(change: Change, before: Sight, after: Sight) -> Touched:
    rules_before = _rules(change, before) if change.before is not None else set()
    rules_after = _rules(change, after) if change.after is not None else set()
    old = _side(change, change.before, before, rules_before)
    new = _side(change, change.after, after, rules_after)
    return Touched(old, new, frozenset(rules_before | rules_after))


def _rules(change: Change, sight: Sight) -> set[str]:
    if change.kind == "group":
        groups = {change.id} | {one for one in sight.groups if change.id in _all_below(one, sight)}
        return set().union(*(sight.rules_with("group", one) for one in groups))
    return sight.rules_with(change.kind, change.id) if change.kind in THROUGH_RULES else set()


def _all_below(group: str, sight: Sight) -> set[str]:
    """Name the groups that a group looks into, directly or not."""
    found: set[str] = set()
    waiting = [group]
    while waiting:
        known = sight.groups.get(waiting.pop())
        new = known.looks_into - found if known is not None else set()
        found |= new
        waiting.extend(new)
    return found


def _side(change: Change, stored: Stored | None, sight: Sight, rules: Iterable[str]) -> Reached:
    if stored is None:
        return Reached()
    if change.kind == "group":
        return _reached([GROUP + change.id], sight)
    known = [rule for rule in rules if rule in sight.rules]
    numbers = union(sight.targeted(rule) for rule in known)
    unseen = {one for rule in known for one in _unseen(included_in(sight.rules[rule]["targets"]), sight)}
    return Reached(frozenset(sight.nodes.ids_of(numbers)), frozenset(unseen))


def _reached(targets: Sequence[str], sight: Sight) -> Reached:
    numbers = union(sight.target(one) for one in targets)
    return Reached(frozenset(sight.nodes.ids_of(numbers)), frozenset(_unseen(targets, sight)))


def _unseen(targets: Iterable[str], sight: Sight) -> Iterable[str]:
    for target in targets:
        if target in SPECIAL:
            yield target
        elif target.startswith(GROUP):
            group = sight.groups.get(target.removeprefix(GROUP))
            if group is not None and group.is_unreadable:
                yield target
            for node_id in group.listed if group is not None else ():
                if sight.nodes.number_of(node_id) is None:
                    yield node_id
