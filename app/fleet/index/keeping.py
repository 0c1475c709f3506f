"""Keeps the sight of a fleet current as nodes and documents change."""

from collections.abc import Mapping
from typing import Final

from pyroaring import BitMap

from app.core.canonical import Document
from app.core.targets import GROUP, SPECIAL
from app.fleet.criteria.asking import finds
from app.fleet.index.groups import Group, order_of, read_group, spread
from app.fleet.index.nodes import Told
from app.fleet.index.sight import Sight
from app.fleet.keeping import kept_of
from app.fleet.references import items
from app.fleet.targets import simple_targets
from app.store.documents import Stored

ONE_BY_ONE: Final = 200
"""Changed nodes that are asked one by one; more are looked up together."""


class Keeper:
    """Takes changes into a sight; between `take` and `settle` the sight is not to be read."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self._stale: set[str] = set()
        self._order: list[str] = []
        self._listing: dict[str, set[str]] = {}
        self._targets: dict[str, frozenset[str]] = {}
        self._same: dict[frozenset[str], frozenset[str]] = {}

    def take(self, kind: str, document_id: str, stored: Stored | None) -> None:
        """Take a document as it is now; None when it is gone."""
        if kind == "group":
            self._take_group(document_id, None if stored is None else read_group(stored.document))
        elif kind == "rule":
            self.take_rule(document_id, None if stored is None else kept_of(stored.document))
        else:
            self.sight.parts.put(kind, document_id, stored)

    def take_rule(self, rule_id: str, rule: Document | None) -> None:
        """Take what is kept of a rule as it is now; None when it is gone."""
        self.sight.reached.pop(rule_id, None)
        if rule is None:
            self.sight.rules.pop(rule_id, None)
            self._targets.pop(rule_id, None)
        else:
            self.sight.rules[rule_id] = rule
            named = frozenset(simple_targets(items(rule["targets"])))
            self._targets[rule_id] = self._same.setdefault(named, named)

    def settle(self, touched: Mapping[int, Told] | None) -> set[str]:
        """Bring all that is computed up to date after these nodes changed (None: any number of them).

        Gives the groups whose members changed.
        """
        sight = self.sight
        sight.nodes.publish()
        together = touched is None or len(touched) > ONE_BY_ONE
        stale = set(sight.groups) | self._stale if together else set(spread(sight.groups, self._stale))
        if self._stale:
            self._order = order_of(sight.groups)
        self._stale = set()
        changed = {one for one in stale - sight.groups.keys() if sight.members.pop(one, None)}
        for group in self._order:
            if group in stale:
                found = sight.found(group)
                if found != sight.members.get(group):
                    changed.add(group)
                sight.members[group] = found
            elif self._ask_each(group, touched or {}):
                changed.add(group)
        self._forget_reached(changed, nodes_changed=touched is None or bool(touched))
        return changed

    def _take_group(self, group_id: str, group: Group | None) -> None:
        groups = self.sight.groups
        known = groups.pop(group_id, None)
        for node_id in known.listed if known is not None else ():
            self._listing[node_id].discard(group_id)
        if group is not None:
            groups[group_id] = group
            for node_id in group.listed:
                self._listing.setdefault(node_id, set()).add(group_id)
        self._stale.add(group_id)

    def _ask_each(self, group_id: str, touched: Mapping[int, Told]) -> bool:
        """Ask every one of these nodes; tell whether anything changed."""
        return sum(self._ask(group_id, number, told) for number, told in touched.items()) > 0

    def _ask(self, group_id: str, number: int, told: Told) -> bool:
        """Ask one node whether it is in a group now; tell whether that changed."""
        sight = self.sight
        nodes, group = sight.nodes, sight.groups[group_id]
        was = number in sight.members[group_id]
        if number not in nodes.accepted:
            holds = False
        elif group.query is None:
            holds = group_id in self._listing.get(nodes.id_of(number), ())
        else:
            holds = finds(
                group.query,
                told.__getitem__,
                is_server=number in nodes.servers,
                is_in=lambda other: number in sight.members_of(other),
            )
        if holds != was:
            # A set of its own, because whoever was given the one before may still read it.
            sight.members[group_id] = sight.members[group_id] ^ BitMap([number])
        return holds != was

    def _forget_reached(self, changed: set[str], *, nodes_changed: bool) -> None:
        """Forget the nodes of the rules whose targets may have other nodes now."""
        if not changed and not nodes_changed:
            return
        moved = {f"{GROUP}{group}" for group in changed}
        for rule in list(self.sight.reached):
            targets = self._targets.get(rule, frozenset())
            special = nodes_changed and any(one in SPECIAL or not one.startswith(GROUP) for one in targets)
            if special or not targets.isdisjoint(moved):
                del self.sight.reached[rule]
