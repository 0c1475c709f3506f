"""Which nodes a change set reaches, before it and after it: a pure function of two sights of one fleet."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from app.changes.change import Change
from app.changes.review.reach import EVERYTHING, NOBODY, Nodes, Reached
from app.core.canonical import JSON
from app.core.targets import EVERY_NODE, GROUP, SPECIAL
from app.fleet.index.sight import Sight, union
from app.fleet.index.targets import is_in, nodes_in
from app.fleet.references import items
from app.fleet.targets import simple_targets
from app.store.documents import Stored

THROUGH_RULES: Final = ("rule", "directive", "technique")


def touched(changes: Sequence[Change], before: Sight, after: Sight) -> list[Reached]:
    """Say what each change reaches, in their order: a rule its targets, a directive or technique those of its rules.

    A group reaches its members; the rules that name it, or name a group that looks into it, come with it. Disabled
    rules count: whoever enables them later changes no more than that. A parameter may be used anywhere.
    """
    return [_touched(change, before, after) for change in changes]


def counted(found: Iterable[Reached], before: Sight, after: Sight) -> dict[str, tuple[int, int]]:
    """Count, by group, the nodes that are reached before and after; groups without any are left out."""
    listed = list(found)
    old = before.nodes.numbers_of({one for reached in listed for one in reached.before.ids})
    new = after.nodes.numbers_of({one for reached in listed for one in reached.after.ids})
    counts = {}
    for group in sorted(before.members.keys() | after.members.keys()):
        sides = (
            before.members_of(group).intersection_cardinality(old),
            after.members_of(group).intersection_cardinality(new),
        )
        if any(sides):
            counts[group] = sides
    return counts


def members_of(group: str, sight: Sight) -> frozenset[str]:
    """Name the members of a group, and the ids that it lists and that are no nodes yet."""
    known = sight.groups.get(group)
    listed = known.listed if known is not None else frozenset[str]()
    return listed.union(sight.nodes.ids_of(sight.members_of(group)))


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
        return NOBODY
    if change.kind == "group":
        return _named(members_of(change.id, sight), _unseen(GROUP + change.id, sight), sight)
    if change.kind == "parameter":
        return EVERYTHING
    if change.kind == "instance":
        node = stored.document.get("nodeId")
        return _named({node}, (), sight) if isinstance(node, str) and node else EVERYTHING
    known = [items(sight.rules[rule]["targets"]) for rule in rules if rule in sight.rules]
    ids = sight.nodes.ids_of(union(nodes_in(targets, sight.target) for targets in known))
    unborn = (one for targets in known for one in _unborn(targets, sight))
    unseen = (one for targets in known for one in _unseen({"or": targets}, sight))
    return _named({*ids, *unborn}, unseen, sight)


def _named(ids: Collection[str], unseen: Iterable[str], sight: Sight) -> Nodes:
    """Add to nodes, some of which may not be there yet, the groups that any of them is in."""
    numbers = sight.nodes.numbers_of(ids)
    groups = {group for group, members in sight.members.items() if members.intersect(numbers)}
    if len(numbers) < len(ids):
        groups.update(group for group, read in sight.groups.items() if not read.listed.isdisjoint(ids))
    return Nodes(frozenset(ids), frozenset(unseen), frozenset(groups))


def _unborn(targets: Sequence[JSON], sight: Sight) -> Iterable[str]:
    """Name the listed ids that are no nodes yet and would be reached if they were."""
    groups = [sight.groups.get(text.removeprefix(GROUP)) for text in simple_targets(targets) if text.startswith(GROUP)]
    listed = {one for group in groups if group is not None for one in group.listed}
    for node_id in listed:
        if sight.nodes.number_of(node_id) is None and is_in(targets, lambda text: _would_hold(text, node_id, sight)):  # noqa: B023  asked at once
            yield node_id


def _would_hold(target: str, node_id: str, sight: Sight) -> bool:
    group = sight.groups.get(target.removeprefix(GROUP)) if target.startswith(GROUP) else None
    if group is not None:
        return node_id in group.listed
    return SPECIAL.get(target) in EVERY_NODE


def _unseen(composition: JSON, sight: Sight) -> set[str]:
    """Name what of a target counts although no node is in it; a part without any bounds what it is cut with."""
    if isinstance(composition, str):
        group = sight.groups.get(composition.removeprefix(GROUP)) if composition.startswith(GROUP) else None
        return {composition} if composition in SPECIAL or (group is not None and group.is_unreadable) else set()
    if not isinstance(composition, dict):
        return set()
    if "include" in composition:
        return _unseen(composition["include"], sight)
    if "and" in composition:
        parts = [_unseen(part, sight) for part in items(composition["and"])]
        return set().union(*parts) if all(parts) else set()
    return set().union(*(_unseen(part, sight) for part in items(composition.get("or"))))
