"""Makes the bundle of any node of a tenant, as things are or as a change would leave them."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pyroaring import BitMap

from app.changes.work import Work
from app.core.errors import ConflictError
from app.core.values import dataclass
from app.fleet.bundles.compiling import Bundle, compile_bundle
from app.fleet.bundles.facts import UNMANAGED, Configuration, NodeFacts
from app.fleet.bundles.sharing import UNMANAGED_LIKENESS, Likeness
from app.fleet.fleet import Fleet
from app.fleet.index.groups import ancestors
from app.fleet.index.sight import DocumentKey, Sight
from app.fleet.inheriting import Level, inherited
from app.fleet.policies.sources import SOURCES, Sources
from app.store.documents import Stored
from app.store.hosts import Host
from app.store.nodes import Node
from app.store.secrets import held_tags

_OS = {"os.name": "name", "os.version": "version", "os.fullname": "fullName", "os.kernelversion": "kernelVersion"}
Held = Callable[[Collection[str]], set[str]]
"""Tells for which of these tags the tenant holds a value."""
Load = Callable[[Sequence[str]], Mapping[str, Node]]
"""Reads nodes with their inventories, by id."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A group that says properties of its members."""

    level: Level
    members: BitMap


@dataclass(frozen=True, slots=True)
class Bundler:
    """The tenant as seen at one moment; only used inside `bundling`, which holds the locks of what it reads."""

    sight: Sight
    sources: Sources
    configuration: Configuration
    inherited_by_all: Level
    saying: Sequence[Saying]
    held: Held

    @classmethod
    def over(cls, sight: Sight, sources: Sources, held: Held) -> "Bundler":
        """Read what all bundles share."""
        said = Level("global", "", "Global parameter", tuple(sources.said.values()))
        return cls(sight, sources, sources.configuration(), said, list(_saying(sight)), held)

    def changed(self, documents: Mapping[DocumentKey, Stored | None]) -> "Bundler":
        """Give the tenant as it would be with some documents; the facets of their queries are looked at already."""
        return Bundler.over(self.sight.changed(documents), self.sources.changed(documents), self.held)

    def bundle(self, node: Node) -> Bundle:
        """Compile the bundle of a node.

        Raises:
            ConflictError: the node is not accepted.
        """
        number = self.sight.nodes.number_of(node.id)
        if number is None:
            raise ConflictError(f"Node '{node.id}' is {node.status}, so it has no policy; accept it first")
        return self._bundle(node, number, self.sight.rules_on(number))

    def bundles(self, hosts: Sequence[Host], load: Load) -> dict[str, Bundle]:
        """Compile the bundles of many nodes, by id; those that are not accepted any more are left out.

        Of many nodes that are like each other the values of one are looked at. Nodes whose policies depend on their
        inventories are read with `load`.
        """
        numbers = {one.id: number for one in hosts if (number := self.sight.nodes.number_of(one.id)) is not None}
        rules = {number: tuple(found) for number, found in self.sight.rules_on_each(BitMap(numbers.values())).items()}
        known: dict[Hashable, Bundle] = {}
        found: dict[str, Bundle] = {}
        alone: list[str] = []
        for host in hosts:
            number = numbers.get(host.id)
            if number is None:
                continue
            likeness = self._likeness(host, number, rules[number])
            if likeness is None:
                alone.append(host.id)
                continue
            bundle = known.get(likeness)
            if bundle is None:
                bundle = self.sources.shared.find(likeness)
                if bundle is None or bundle.secrets:
                    bundle = self._bundle(host.node(), number, rules[number], likeness)
                known[likeness] = bundle
            found[host.id] = bundle
        for node in load(alone).values() if alone else ():
            found[node.id] = self._bundle(node, numbers[node.id], rules[numbers[node.id]])
        return found

    def _likeness(self, host: Host, number: int, rules: tuple[str, ...]) -> Likeness | None:
        """Say which nodes have the same bundle as this one; None where that takes its inventory or its instances."""
        if self.configuration.hosted.on(host.id):
            return None
        if host.state in UNMANAGED:
            return UNMANAGED_LIKENESS
        reads = self.sources.shared.reads_properties(self.configuration, rules)
        if reads is None:
            return None
        if not reads:
            return Likeness(rules, host.policy_mode, is_managed=True, said="", groups=())
        groups = tuple(one.level.id for one in self.saying if number in one.members)
        return Likeness(rules, host.policy_mode, is_managed=True, said=host.said, groups=groups)

    def _bundle(self, node: Node, number: int, rules: Sequence[str], likeness: Likeness | None = None) -> Bundle:
        facts = self._facts(node, number)
        bundle = self.sources.shared.bundle(self.configuration, facts, rules, likeness)
        held = self.held(bundle.secrets) if bundle.secrets else set()
        if held.issuperset(bundle.secrets):
            return bundle
        # Again, without the directives whose secrets are still to be set.
        return compile_bundle(replace(self.configuration, held=held), facts, rules)

    def _facts(self, node: Node, number: int) -> NodeFacts:
        found = node.inventory.get("os")
        system = found if isinstance(found, dict) else {}
        attributes = {name: str(system[member]) for name, member in _OS.items() if system.get(member) is not None}
        levels = [self.inherited_by_all, *(one.level for one in self.saying if number in one.members)]
        levels.append(Level("node", node.id, node.hostname, tuple(node.properties)))
        return NodeFacts(
            id=node.id,
            hostname=node.hostname,
            mode=node.policy_mode,
            state=node.state,
            properties={one.name: one.value for one in inherited(levels)},
            attributes={"id": node.id, "hostname": node.hostname, "policyserver": node.policy_server, **attributes},
        )


def _saying(sight: Sight) -> Iterator[Saying]:
    for name, group in sorted(sight.groups.items()):
        if group.enabled and group.properties:
            level = Level("group", name, group.name, group.properties, frozenset(ancestors(sight.groups, name)))
            yield Saying(level, sight.members_of(name))


@contextmanager
def bundling(work: Work) -> Iterator[Bundler]:
    """See the caller's tenant as it is now, and keep it so meanwhile."""
    sources = work.derived(SOURCES)
    fleet = Fleet.of(work)
    with fleet.index.reading(work.session, fleet.epoch) as sight, sources.reading():
        yield Bundler.over(sight, sources, lambda tags: held_tags(work.session, tags))
