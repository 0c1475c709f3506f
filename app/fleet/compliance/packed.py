"""Lines by the million: each line of an outcome once, and two numbers for every node that has it."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from app.fleet.compliance.lines import Line
from app.fleet.compliance.outcomes import MOST_LINES, Outcome

_NUMBER: Final = "I"
_NODE: Final = "node"
_SHARED: Final = tuple(name for name in Line._fields if name != _NODE)
Numbers: TypeAlias = "array[int]"
"""Some of the lines, by number."""
NO_LINES: Final = array(_NUMBER)
Keeps = Callable[[Line], bool]


class _Column:
    """What lines have at one place: each text once, and a number for each line."""

    def __init__(self) -> None:
        self.column = array(_NUMBER)
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Give the number of a text."""
        known = self._numbers.get(text)
        if known is None:
            known = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return known


class PackedLines:
    """Lines, in the order in which they were added; a fleet of 100,000 nodes has some millions.

    Lines of different nodes that are the same otherwise are twins. `keeps` says which lines are added at all.
    """

    def __init__(self, keeps: Keeps | None = None) -> None:
        self._nodes = _Column()
        self._twins = array(_NUMBER)
        self._columns = {name: _Column() for name in _SHARED}
        self._keeps = keeps
        self._known: dict[int, tuple[Outcome, Numbers]] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._twins)

    def add(self, node: str, outcome: Outcome) -> Numbers:
        """Add the lines of a node, and give their numbers."""
        known = self._known.get(id(outcome))
        twins = self._take(outcome) if known is None else known[1]
        first = len(self)
        if twins:
            self._twins.extend(twins)
            self._nodes.column.extend(array(_NUMBER, (self._nodes.number(node),)) * len(twins))
        return array(_NUMBER, range(first, len(self)))

    def _take(self, outcome: Outcome) -> Numbers:
        lines = outcome.lines if self._keeps is None else tuple(filter(self._keeps, outcome.lines))
        first = len(self._columns["rule"].column)
        for name, column in self._columns.items():
            column.column.extend(column.number(getattr(line, name)) for line in lines)
        twins = array(_NUMBER, range(first, first + len(lines)))
        self._count += len(outcome.lines)
        if self._count > MOST_LINES:
            self._known.clear()
            self._count = len(outcome.lines)
        # With the outcome itself, so that no other one can be taken for it.
        self._known[id(outcome)] = outcome, twins
        return twins

    def all(self) -> Numbers:
        """Number every line."""
        return array(_NUMBER, range(len(self)))

    def twin(self, number: int) -> int:
        """Name what a line is beside its node."""
        return self._twins[number]

    def node(self, number: int) -> str:
        """Give the node of a line."""
        return self._nodes.texts[self._nodes.column[number]]

    def twins(self, among: Iterable[int]) -> bytes:
        """Name what lines are beside their nodes; equal for lines that are the same otherwise."""
        return array(_NUMBER, map(self._twins.__getitem__, among)).tobytes()

    def lines(self, among: Iterable[int]) -> Iterator[Line]:
        """Give lines by number."""
        nodes, columns = self._nodes, [(one.column, one.texts) for one in self._columns.values()]
        for number in among:
            twin = self._twins[number]
            yield Line(nodes.texts[nodes.column[number]], *(texts[column[twin]] for column, texts in columns))

    def grouped(self, name: str, among: Iterable[int]) -> dict[str, Numbers]:
        """Part lines by what they have in one column."""
        column, texts = self._numbered(name, among)
        found: dict[int, Numbers] = {}
        for number, key in column:
            known = found.get(key)
            if known is None:
                known = found[key] = array(_NUMBER)
            known.append(number)
        return {texts[key]: numbers for key, numbers in found.items()}

    def counted(self, name: str, among: Iterable[int]) -> dict[str, int]:
        """Count lines by what they have in one column."""
        column, texts = self._numbered(name, among)
        found: dict[int, int] = {}
        for _, key in column:
            found[key] = found.get(key, 0) + 1
        return {texts[key]: count for key, count in found.items()}

    def _numbered(self, name: str, among: Iterable[int]) -> tuple[Iterator[tuple[int, int]], list[str]]:
        """Give lines with the number of what they have in one column, and the texts of these numbers."""
        if name == _NODE:
            place = self._nodes.column
            return ((number, place[number]) for number in among), self._nodes.texts
        shared, twins = self._columns[name], self._twins
        column = shared.column
        return ((number, column[twins[number]]) for number in among), shared.texts
