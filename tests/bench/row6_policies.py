"""Row 6: the policies of a whole fleet, against plain Python sets; and one changed rule."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from app.fleet.index.keeping import Keeper
from app.fleet.index.nodes import Nodes
from app.fleet.index.sight import Sight
from app.fleet.references import items
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.fleets import DIRECTIVES, RULES, documents, node_of, rule_of
from tests.bench.ground import Ground

_SAMPLED = 20


def measure(ground: Ground) -> Iterator[Figure]:
    """Compute who must run what from nothing but what nodes and documents say, both ways."""
    nodes = ground.size.counts[-1]
    say(f"Row 6: policies of {nodes:,} nodes")
    keeper, plain = _kept(nodes), _Plain(nodes)
    seeds = count(1_000)

    def full() -> int:
        keeper.sight.reached.clear()
        keeper.settle(None)
        return len({plain.ordered(_directives(keeper, rules)) for _, rules in keeper.sight.policies()})

    def one_rule() -> int:
        changed = rule_of(3, next(seeds))
        keeper.take("rule", changed.id, changed)
        keeper.settle({})
        return len(keeper.sight.applied(changed.id))

    taken = side_by_side(
        3, {"full": full, "plain": plain.policies, "sets": plain.nodes_by_rule, "rule": one_rule}, waits=False
    )
    whole = taken["sets"] + (taken["plain"] - taken["sets"]) * nodes / len(plain.sample)
    yield Figure(
        row="6",
        what=f"policies of {nodes:,} nodes, {RULES} rules, {DIRECTIVES:,} directives",
        figure=duration(taken["full"]),
        naive=duration(whole),
        **at_most(taken["full"] / whole, 1 / 20),
    )
    yield Figure(
        row="6",
        what="one changed rule, against all of them",
        figure=duration(taken["rule"]),
        floor=duration(taken["full"]),
        **at_most(taken["rule"] / taken["full"], 1 / 30),
    )


def _kept(nodes: int) -> Keeper:
    sight = Sight(Nodes())
    keeper = Keeper(sight)
    for stored in documents():
        keeper.take(stored.kind, stored.id, stored)
    sight.nodes.watch(set().union(*(one.query.facets for one in sight.groups.values() if one.query is not None)))
    for number in range(nodes):
        sight.nodes.put(node_of(number))
    return keeper


def _directives(keeper: Keeper, rules: Iterable[str]) -> set[str]:
    known = keeper.sight.rules
    return {str(one) for rule in rules for one in items(known[rule]["directives"])}


class _Plain:
    """The same with sets of ids, from an index of the same attributes.

    What is done for each node is done for every 20th one: for all of 100,000 it takes 8 minutes and 9 GB.
    """

    def __init__(self, nodes: int) -> None:
        self.holding: dict[tuple[str, str], set[str]] = {}
        self.sample = [f"node-{number:06}" for number in range(0, nodes, _SAMPLED)]
        for number in range(nodes):
            node = node_of(number)
            system: Any = node.inventory["os"]
            self.holding.setdefault(("osName", system["name"]), set()).add(node.id)
            for one in node.properties:
                self.holding.setdefault(("name.value", f"{one['name']}={one['value']}"), set()).add(node.id)
        self.documents: dict[str, list[Any]] = {"group": [], "rule": [], "directive": []}
        for stored in documents():
            self.documents[stored.kind].append(stored.document)
        self.priorities = {one["id"]: one["priority"] for one in self.documents["directive"]}

    def policies(self) -> int:
        """Give each node of the sample its directives in order."""
        told: dict[str, set[str]] = {node: set() for node in self.sample}
        for rule, nodes in zip(self.documents["rule"], self.nodes_by_rule(), strict=True):
            for node, directives in told.items():
                if node in nodes:
                    directives.update(rule["directives"])
        return len({self.ordered(one) for one in told.values()})

    def nodes_by_rule(self) -> list[set[str]]:
        """Find the nodes of each rule."""
        members = {one["id"]: self._members(one["query"]) for one in self.documents["group"]}
        found = []
        for rule in self.documents["rule"]:
            (target,) = rule["targets"]
            included = set().union(*(members[one.removeprefix("group:")] for one in target["include"]["or"]))
            excluded = set().union(*(members[one.removeprefix("group:")] for one in target["exclude"]["or"]))
            found.append(included - excluded)
        return found

    def ordered(self, directives: Iterable[str]) -> tuple[str, ...]:
        """Put directives into the order of their priorities."""
        return tuple(sorted(directives, key=lambda name: (self.priorities[name], name)))

    def _members(self, query: Any) -> set[str]:
        sets = [self.holding.get((line["attribute"], line["value"]), set()) for line in query["where"]]
        return set().union(*sets) if query["composition"] == "or" else set.intersection(*sets)
