"""Which nodes a change set reaches, before it and after it: a pure function of two sights of one fleet."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from pyroaring import BitMap

from app.changes.change import Change
from app.changes.review.reach import Nodes, Reached
from app.fleet.index.sight import Sight, union
from app.fleet.index.targets import included_in
from app.fleet.targets import GROUP, SPECIAL
from app.store.documents import Stored

THROUGH_RULES: Final = ("rule", "directive", "technique")


def touched(changes: Sequence[Change], before: Sight, after: Sight) -> list[Reached]:
    """Say what each change reaches, in their order: a rule its targets, a directive or technique those of its rules.

    A group reaches its members; the rules that name it, or name a group that looks into it, come with it. Disabled
    rules count: whoever enables them later changes no more than that.
    """
    return [_touched(change, before, after) for change in changes]


def reached_by(target: str, sight: Sight) -> Nodes:
    """Give what a simple target reaches."""
    return _reached([target], sight)


def _touched(change: Change, before: Sight, after: Sight) -> Reached:
    rules_before = _rules(change, before) if change.before is not None else set()
    rules_after = _rules(change, after) if change.after is not None else set()
    old = _side(change, change.before, before, rules_before)
    new = _side(change, change.after, after, rules_after)
    return Reached(old, new, frozenset(rules_before | rules_after))


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


def _side(change: Change, stored: Stored | None, sight: Sight, rules: Iterable[str]) -> Nodes:
    if stored is None:
        return Nodes()
    if change.kind == "group":
        return _reached([GROUP + change.id], sight)
    known = [rule for rule in rules if rule in sight.rules]
    numbers = union(sight.targeted(rule) for rule in known)
    return _named(numbers, {one for rule in known for one in included_in(sight.rules[rule]["targets"])}, sight)


def _reached(targets: Collection[str], sight: Sight) -> Nodes:
    return _named(union(sight.target(one) for one in targets), targets, sight)


def _named(numbers: BitMap, targets: Iterable[str], sight: Sight) -> Nodes:
    """Name the nodes with these numbers, and what their targets include beside them."""
    groups = {group for group, members in sight.members.items() if members.intersect(numbers)}
    unseen: set[str] = set()
    absent: set[str] = set()
    for target in targets:
        if target in SPECIAL:
            unseen.add(target)
        elif target.startswith(GROUP):
            group = target.removeprefix(GROUP)
            read = sight.groups.get(group)
            if read is None:
                continue
            if read.is_unreadable:
                unseen.add(target)
            listed = [one for one in read.listed if sight.nodes.number_of(one) is None]
            absent.update(listed)
            groups.update([group] if listed else ())
    return Nodes(frozenset(sight.nodes.ids_of(numbers)), frozenset(unseen), frozenset(absent), frozenset(groups))
