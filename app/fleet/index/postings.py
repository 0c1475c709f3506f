"""The nodes that have each element of one facet."""

from collections.abc import Iterable
from typing import Final

from pyroaring import BitMap

from app.fleet.criteria.comparing import Value
from app.fleet.criteria.compiling import Term

MOST_RECORDED: Final = 64
"""Elements of one node that are remembered; a node that had more is looked for under every element."""


class Postings:
    """By element, the numbers of the nodes that have it."""

    __slots__ = ("_held", "_many", "_records", "_shared")

    def __init__(self) -> None:
        self._held: dict[Value, BitMap] = {}
        self._records: dict[int, tuple[Value, ...]] = {}
        self._many = BitMap()
        # Each element once: most nodes have few, and the same ones as many others.
        self._shared: dict[Value, tuple[Value, ...]] = {}

    def put(self, number: int, elements: Iterable[Value]) -> None:
        """Say what a node has now."""
        new = frozenset(elements)
        old = self._had(number)
        for element in old - new:
            self._drop(element, number)
        for element in new - old:
            held = self._held.get(element)
            if held is None:
                held = self._held[element] = BitMap()
            held.add(number)
        self._remember(number, new)

    def find(self, term: Term) -> BitMap:
        """Give the nodes of which an element passes the term's test, whether it is negated or not."""
        if term.exact is not None:
            return BitMap(self._held.get(term.exact, ()))
        passing = [held for element, held in self._held.items() if term.test(element)]
        return BitMap.union(*passing) if passing else BitMap()

    def _had(self, number: int) -> frozenset[Value]:
        if number in self._many:
            return frozenset(element for element, held in self._held.items() if number in held)
        return frozenset(self._records.get(number, ()))

    def _drop(self, element: Value, number: int) -> None:
        held = self._held[element]
        held.discard(number)
        if not held:
            del self._held[element]
            self._shared.pop(element, None)

    def _remember(self, number: int, elements: frozenset[Value]) -> None:
        self._many.discard(number)
        if not elements:
            self._records.pop(number, None)
        elif len(elements) == 1:
            (element,) = elements
            self._records[number] = self._shared.setdefault(element, (element,))
        elif len(elements) <= MOST_RECORDED:
            self._records[number] = tuple(self._shared.setdefault(one, (one,))[0] for one in elements)
        else:
            self._records.pop(number, None)
            self._many.add(number)
