"""Which nodes a change reaches, from rules, targets and static groups; dynamic groups cannot be seen yet."""

from collections.abc import Collection, Iterable, Sequence
from functools import reduce

from app.changes.change import Change
from app.changes.review.reach import NOBODY, Nodes, Reached, State
from app.core.canonical import JSON, Document
from app.fleet.references import items, texts
from app.fleet.targets import GROUP
from app.store.documents import Stored
from app.store.nodes import ROOT

ALL = frozenset({"special:all", "special:all_exceptPolicyServers"})
SERVERS = "special:all_policyServers"
POLICY_SERVER = "policyServer:"
EVERYTHING = Nodes(unseen=frozenset({"special:all"}))


class DocumentReach:
    """Computes reach from the documents alone."""

    def reached(self, changes: Sequence[Change], before: State, after: State) -> list[Reached]:
        """Find what each change reaches, in their order."""
        return [self._one(change, before, after) for change in changes]

    def is_supervised(self, nodes: Nodes, unsupervised: Collection[str], state: State) -> bool:
        """Tell whether any of the nodes is in a supervised target; what cannot be seen counts as supervised."""
        if nodes.unseen or not nodes.ids:
            return bool(nodes.unseen)
        if not set(unsupervised) >= ALL or (ROOT in nodes.ids and SERVERS not in unsupervised):
            return True
        return any(GROUP + group.id not in unsupervised and self._touches(nodes, group) for group in state.all("group"))

    def touches_group(self, nodes: Nodes, group: str, state: State) -> bool:
        """Tell whether any of the nodes is in a group; what cannot be seen may be in any."""
        stored = state.find("group", group)
        if stored is None:
            return False
        return bool(nodes.unseen) or self._touches(nodes, stored)

    @staticmethod
    def _touches(nodes: Nodes, group: Stored) -> bool:
        members = _members(group.document, group.id)
        return bool(members.unseen) if nodes.ids.isdisjoint(members.ids) else True

    def _one(self, change: Change, before: State, after: State) -> Reached:
        old, old_rules = _side(change, change.before, before)
        new, new_rules = _side(change, change.after, after)
        return Reached(old, new, old_rules | new_rules)


def _side(  # noqa: PLR0911  one line for each kind
    change: Change, stored: Stored | None, state: State
) -> tuple[Nodes, frozenset[str]]:
    """Find the nodes on one side of a change, and the rules through which they are reached."""
    if stored is None:
        return NOBODY, frozenset()
    document, kind = stored.document, change.kind
    if kind == "rule":
        return rule_nodes(document, state), frozenset({change.id})
    if kind == "directive":
        return _through(state.holders("rule", "directives", change.id), state)
    if kind == "technique":
        directives = state.holders("directive", "technique", change.id)
        rules = {rule.id: rule for one in directives for rule in state.holders("rule", "directives", one.id)}
        return _through(rules.values(), state)
    if kind == "group":
        rules = {rule.id: rule for rule in state.holders("rule", "groups", change.id)}
        return _members(document, change.id), frozenset(rules)
    if kind == "parameter":
        return EVERYTHING, frozenset()
    if kind == "instance":
        node = document.get("nodeId")
        return (Nodes(frozenset({node})) if isinstance(node, str) and node else EVERYTHING), frozenset()
    return NOBODY, frozenset()


def _through(rules: Iterable[Stored], state: State) -> tuple[Nodes, frozenset[str]]:
    listed = list(rules)
    nodes = reduce(lambda one, other: one | other, (rule_nodes(rule.document, state) for rule in listed), NOBODY)
    return nodes, frozenset(rule.id for rule in listed)


def rule_nodes(rule: Document, state: State) -> Nodes:
    """Find the nodes that a rule's targets name."""
    return _any(items(rule.get("targets")), state)


def _any(targets: Iterable[JSON], state: State) -> Nodes:
    return reduce(lambda one, other: one | other, (_target(target, state) for target in targets), NOBODY)


def _target(target: JSON, state: State) -> Nodes:
    if isinstance(target, str):
        return _simple(target, state)
    if not isinstance(target, dict):
        return NOBODY
    if "include" in target and "exclude" in target:
        inside, outside = _target(target["include"], state), _target(target["exclude"], state)
        # What is taken away is known only where it can be seen whole; in doubt a node stays in.
        return Nodes(inside.ids - outside.ids, inside.unseen)
    if "or" in target:
        return _any(items(target["or"]), state)
    if "and" in target:
        return _all(items(target["and"]), state)
    return _target(target.get("include"), state)


def _all(targets: Iterable[JSON], state: State) -> Nodes:
    """Intersect: a part that can be seen whole bounds all of it, whatever the others are."""
    parts = [_target(target, state) for target in targets]
    seen = [part.ids for part in parts if not part.unseen]
    if seen:
        return Nodes(frozenset.intersection(*seen))
    return reduce(lambda one, other: one | other, parts, NOBODY)


def _simple(target: str, state: State) -> Nodes:
    if target.startswith(GROUP):
        group = state.find("group", target.removeprefix(GROUP))
        return NOBODY if group is None else _members(group.document, group.id)
    if target.startswith(POLICY_SERVER):
        return Nodes(frozenset({target.removeprefix(POLICY_SERVER)}))
    return Nodes(unseen=frozenset({target}))


def _members(group: Document, group_id: str) -> Nodes:
    if group.get("dynamic") is True:
        return Nodes(unseen=frozenset({GROUP + group_id}))
    return Nodes(frozenset(texts(group.get("nodeIds"))))
