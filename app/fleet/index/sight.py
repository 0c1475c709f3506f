"""A fleet at one moment, or as a change would leave it: groups, rules, and what they reach."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from typing import TypeVar

from pyroaring import BitMap

from app.core.canonical import JSON, Document
from app.core.targets import ALL, GROUP, NO_SERVERS, SERVER, SERVERS, SPECIAL
from app.core.values import dataclass
from app.fleet.bundles.modes import DEFAULT
from app.fleet.index.groups import Group, read_group, spread
from app.fleet.index.nodes import Nodes
from app.fleet.index.status import Parts, Surroundings, is_applied, rule_computed
from app.fleet.index.targets import is_in, nodes_in
from app.fleet.keeping import kept_of
from app.fleet.references import items, texts
from app.fleet.targets import simple_targets
from app.store.documents import Stored

DocumentKey = tuple[str, str]
T = TypeVar("T")


@dataclass(slots=True)
class Sight:
    """What is computed from documents and nodes; whoever holds one holds the lock of its index."""

    nodes: Nodes
    groups: dict[str, Group] = field(default_factory=dict)
    members: dict[str, BitMap] = field(default_factory=dict)
    rules: dict[str, Document] = field(default_factory=dict)
    parts: Parts = field(default_factory=Parts)
    reached: dict[str, BitMap] = field(default_factory=dict)
    """The nodes of the targets of rules, as far as somebody asked."""

    def members_of(self, group: str) -> BitMap:
        """Give the members of a group, which the caller only reads; nobody is in one that does not exist."""
        return self.members.get(group, _NOBODY)

    @property
    def surroundings(self) -> Surroundings:
        """Give what the status of a rule is judged by."""
        return Surroundings(self.parts, self.groups.get, lambda group: bool(self.members_of(group)), self._node_modes)

    def _node_modes(self, rule: Document) -> Collection[str]:
        nodes = self.nodes
        if not any(nodes.in_mode.values()):
            return (DEFAULT,)
        # Not remembered as `targeted` does: a list may have 100,000 rules.
        return nodes.modes_of(nodes_in(items(rule["targets"]), self.target))

    def computed(self, rule: Document) -> dict[str, JSON]:
        """Give the computed members of a rule."""
        return rule_computed(rule, self.surroundings)

    def target(self, text: str) -> BitMap:
        """Give the nodes of a simple target, which the caller only reads."""
        nodes, name = self.nodes, SPECIAL.get(text, text)
        if name.startswith(GROUP):
            return self.members_of(name.removeprefix(GROUP))
        if name == ALL:
            return nodes.accepted
        if name == SERVERS:
            return nodes.servers
        if name == NO_SERVERS:
            return nodes.accepted - nodes.servers
        return nodes.numbers_of([name.removeprefix(SERVER)]) & nodes.servers

    def targeted(self, rule: str) -> BitMap:
        """Give the nodes of a rule's targets, whether it is applied or not; only read it."""
        known = self.reached.get(rule)
        if known is None:
            document = self.rules.get(rule)
            known = BitMap() if document is None else nodes_in(items(document["targets"]), self.target)
            self.reached[rule] = known
        return known

    def applied(self, rule: str) -> BitMap:
        """Give the nodes on which a rule is applied; only read it."""
        document = self.rules.get(rule)
        if document is None or not is_applied(document, self.surroundings):
            return _NOBODY
        return self.targeted(rule)

    def rules_on(self, number: int) -> list[str]:
        """Name the rules that are applied on a node, sorted by name and id."""
        around = self.surroundings
        return sorted(
            (rule for rule in self.targeting(number) if is_applied(self.rules[rule], around)), key=self._place
        )

    def rules_on_each(self, numbers: BitMap) -> dict[int, list[str]]:
        """Name the rules that are applied on each of some nodes, as `rules_on` does, looking at each rule once."""
        found: dict[int, list[str]] = {number: [] for number in numbers}
        for rule in sorted(self.rules, key=self._place):
            for number in self.applied(rule) & numbers:
                found[number].append(rule)
        return found

    def _place(self, rule: str) -> tuple[str, str]:
        return str(self.rules[rule]["displayName"]), rule

    def targeting(self, number: int) -> list[str]:
        """Name the rules whose targets have a node."""

        def holds(text: str) -> bool:
            name = SPECIAL.get(text, text)
            if name.startswith(GROUP):
                return number in self.members_of(name.removeprefix(GROUP))
            return number in self.target(name)

        return [rule for rule, document in self.rules.items() if is_in(items(document["targets"]), holds)]

    def policies(self) -> list[tuple[BitMap, tuple[str, ...]]]:
        """Divide the accepted nodes by the rules that are applied on them: nodes together have the same policy.

        Costs rules times different policies, not rules times nodes.
        """
        parts: list[tuple[BitMap, tuple[str, ...]]] = [(BitMap(self.nodes.accepted), ())]
        for rule in sorted(self.rules):
            nodes = self.applied(rule)
            if nodes:
                parts = [part for members, rules in parts for part in _split(members, rules, nodes, rule)]
        return parts

    def rules_with(self, kind: str, document_id: str) -> set[str]:
        """Name the rules that depend on a document: name it, or (a technique) name a directive made of it."""
        if kind == "rule":
            return {document_id}
        if kind == "group":
            return {rule for rule, one in self.rules.items() if f"{GROUP}{document_id}" in _named(one)}
        directives = {document_id}
        if kind == "technique":
            directives = {name for name, facts in self.parts.directives.items() if facts.technique == document_id}
        return {rule for rule, one in self.rules.items() if not directives.isdisjoint(texts(one["directives"]))}

    def changed(self, documents: Mapping[DocumentKey, Stored | None]) -> "Sight":
        """Give the sight with some documents as they would be; the facets of their queries are looked at already."""
        after = Sight(
            nodes=self.nodes,
            groups=dict(self.groups),
            members=dict(self.members),
            rules=dict(self.rules),
            parts=self.parts.copy(),
        )
        stale: set[str] = set()
        for (kind, document_id), stored in documents.items():
            if kind == "group":
                stale.add(document_id)
                _put(after.groups, document_id, None if stored is None else read_group(stored.document))
            elif kind == "rule":
                _put(after.rules, document_id, None if stored is None else kept_of(stored.document))
            elif kind in ("directive", "technique", "setting"):
                after.parts.put(kind, document_id, stored)
        for group in spread(after.groups, stale):
            after.members.pop(group, None)
            if group in after.groups:
                after.members[group] = after.found(group)
        return after

    def found(self, group: str) -> BitMap:
        """Look up who is in a group now; those that its query looks into are known."""
        read = self.groups[group]
        if read.query is not None:
            return self.nodes.find(read.query, self.members_of)
        return self.nodes.numbers_of(read.listed)


_NOBODY = BitMap()


def _split(
    members: BitMap, rules: tuple[str, ...], nodes: BitMap, rule: str
) -> Iterator[tuple[BitMap, tuple[str, ...]]]:
    shared = members.intersection_cardinality(nodes)
    if shared < len(members):
        yield (members - nodes if shared else members), rules
    if shared:
        yield (members & nodes if shared < len(members) else members), (*rules, rule)


def union(sets: Iterable[BitMap]) -> BitMap:
    """Unite any number of sets."""
    known = list(sets)
    return BitMap.union(*known) if known else BitMap()


def _named(rule: Document) -> set[str]:
    return set(simple_targets(items(rule["targets"])))


def _put(known: dict[str, T], key: str, value: T | None) -> None:
    if value is None:
        known.pop(key, None)
    else:
        known[key] = value
