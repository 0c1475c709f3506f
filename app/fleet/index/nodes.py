"""The accepted nodes as numbers, with what queries ask of them."""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from pyroaring import BitMap

from app.fleet.bundles.modes import AUDIT, DEFAULT, ENFORCE
from app.fleet.criteria.comparing import Value
from app.fleet.criteria.compiling import Facet, InGroup, Query, Term, elements_of
from app.fleet.index.postings import Postings
from app.store.nodes import Node

Told = Mapping[Facet, AbstractSet[Value]]
"""What one node has of each facet."""
Members = Callable[[str], BitMap]
"""Gives the nodes of a group."""


class Nodes:
    """Numbers for nodes, given once and never again; facets are looked at from when somebody first asks for them."""

    def __init__(self) -> None:
        self.accepted = BitMap()
        self.servers = BitMap()
        self.in_mode: dict[str, BitMap] = {mode: BitMap() for mode in (AUDIT, ENFORCE)}
        """Nodes that say in which mode they run; the others leave it to directives and to the tenant."""
        self._numbers: dict[str, int] = {}
        self._ids: list[str] = []
        self._order: list[str] = []
        self._postings: dict[Facet, Postings] = {}
        self._unseen: list[BitMap] = []

    @property
    def facets(self) -> set[Facet]:
        """Name the facets that are looked at."""
        return set(self._postings)

    def watch(self, facets: Iterable[Facet]) -> None:
        """Look at more facets; the caller puts every node again afterwards."""
        for facet in facets:
            self._postings.setdefault(facet, Postings())

    def forget(self, facets: Iterable[Facet]) -> None:
        """Look at facets no longer."""
        for facet in facets:
            self._postings.pop(facet, None)

    def put(self, node: Node, facets: Iterable[Facet] | None = None) -> tuple[int, Told]:
        """Take a node as it is now; give its number and what it has of each facet (nothing where it does not count)."""
        number = self._number(node.id)
        counts = node.status == "accepted"
        self.accepted = self._with(self.accepted, number, holds=counts)
        self.servers = self._with(self.servers, number, holds=counts and node.is_policy_server)
        for mode, known in self.in_mode.items():
            self.in_mode[mode] = self._with(known, number, holds=counts and node.policy_mode == mode)
        told = {facet: elements_of(facet, node) if counts else set() for facet in facets or self._postings}
        for facet, elements in told.items():
            self._postings[facet].put(number, elements)
        return number, told

    def publish(self) -> None:
        """Let others read what was put: from now on a set that changes is another one."""
        self._unseen = []

    def modes_of(self, numbers: BitMap) -> set[str]:
        """Name the modes that any of these nodes is in; that of no nodes is `default`."""
        found = {mode for mode, known in self.in_mode.items() if known.intersect(numbers)}
        said = sum(known.intersection_cardinality(numbers) for known in self.in_mode.values())
        return found if said and said == len(numbers) else {*found, DEFAULT}

    def number_of(self, node_id: str) -> int | None:
        """Give the number of an accepted node."""
        number = self._numbers.get(node_id)
        return number if number is not None and number in self.accepted else None

    def id_of(self, number: int) -> str:
        """Give the id of a number."""
        return self._ids[number]

    def numbers_of(self, ids: Iterable[str]) -> BitMap:
        """Give the numbers of those ids that are accepted nodes."""
        known = (self._numbers.get(one) for one in ids)
        return BitMap([one for one in known if one is not None]) & self.accepted

    def ids_of(self, numbers: BitMap) -> list[str]:
        """Give the ids of numbers, sorted."""
        return sorted(map(self._ids.__getitem__, numbers))

    def page(self, numbers: BitMap, *, after: str, most: int) -> list[str]:
        """Give at most so many ids of these numbers, sorted, from behind `after`, without sorting all of many."""
        if len(numbers) <= 2 * most:
            ids = self.ids_of(numbers)
            start = bisect_right(ids, after)
            return ids[start : start + most]
        found: list[str] = []
        for place in range(bisect_right(self._order, after), len(self._order)):
            if self._numbers[self._order[place]] in numbers:
                found.append(self._order[place])
                if len(found) == most:
                    break
        return found

    def find(self, query: Query, members: Members, check: Callable[[], None] | None = None) -> BitMap:
        """Give the nodes that a query finds; `check` is called before each term and may raise."""
        universe = self.accepted if query.with_servers else self.accepted - self.servers
        found = BitMap() if query.any_of else BitMap(universe)
        for term in query.terms:
            if check is not None:
                check()
            if query.any_of:
                found |= self._holding(term, members)
            elif found:
                found &= self._holding(term, members)
        found &= universe
        return universe - found if query.inverted else found

    def _holding(self, term: Term | InGroup, members: Members) -> BitMap:
        found = members(term.group) if isinstance(term, InGroup) else self._postings[term.facet].find(term)
        return self.accepted - found if term.negated else found

    def _number(self, node_id: str) -> int:
        known = self._numbers.get(node_id)
        if known is None:
            known = self._numbers[node_id] = len(self._ids)
            self._ids.append(node_id)
            if self._order and node_id < self._order[-1]:
                insort(self._order, node_id)
            else:
                self._order.append(node_id)
        return known

    def _with(self, numbers: BitMap, number: int, *, holds: bool) -> BitMap:
        """Give the set with or without a number; whoever was given this one may still read it as it was.

        Many nodes put together make one new set: a copy for each of them would leave the heap in pieces.
        """
        if (number in numbers) == holds:
            return numbers
        if not any(numbers is one for one in self._unseen):
            numbers = BitMap(numbers)
            self._unseen.append(numbers)
        (numbers.add if holds else numbers.discard)(number)
        return numbers
