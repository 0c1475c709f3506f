"""What became of everything that nodes must do, once for all nodes alike."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Final, NamedTuple

from app.core.values import dataclass
from app.fleet.compliance.lines import Line, Phase
from app.fleet.compliance.statuses import Counts

MOST_LINES: Final = 200_000
"""Lines of outcomes that are remembered while nodes are looked at."""


@dataclass(slots=True)
class Tally:
    """What counts of lines that need not be kept: how many have each status, and the modes that occur."""

    counts: Counts = field(default_factory=Counter)
    modes: set[str] = field(default_factory=set)

    def add(self, line: Line) -> None:
        """Count a line."""
        self.counts[line.status] += 1
        if line.mode:
            self.modes.add(line.mode)

    def add_all(self, other: "Tally", times: int = 1) -> None:
        """Count the lines that another one counted, so many times."""
        for status, number in other.counts.items():
            self.counts[status] += number * times
        self.modes |= other.modes


class Outcome:
    """The lines of a node, which do not name it: nodes alike share one outcome."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = tuple(lines)
        self._parts: dict[int, dict[str, Tally]] = {}

    @cached_property
    def tally(self) -> Tally:
        """Count all lines."""
        return tallied(self.lines)

    def by(self, place: int) -> Mapping[str, Tally]:
        """Count the lines by what stands at one place of them."""
        known = self._parts.get(place)
        if known is None:
            known = self._parts[place] = {}
            for line in self.lines:
                known.setdefault(str(line[place]), Tally()).add(line)
        return known


def tallied(lines: Iterable[Line]) -> Tally:
    """Count lines."""
    found = Tally()
    for line in lines:
        found.add(line)
    return found


class Case(NamedTuple):
    """All that an outcome depends on: the bundles that are demanded and were run, the results as kept, and the time."""

    demanded: str
    run: str
    text: str
    phase: Phase


class KnownOutcomes:
    """Outcomes by case; what was asked for longest ago goes first."""

    def __init__(self) -> None:
        self._known: OrderedDict[Case, Outcome] = OrderedDict()
        self._count = 0

    def get(self, case: Case, make: Callable[[], Iterable[Line]]) -> Outcome:
        """Give the outcome of a case, made when it is not known."""
        known = self._known.get(case)
        if known is None:
            known = self._known[case] = Outcome(make())
            self._count += len(known.lines)
            while self._count > MOST_LINES and len(self._known) > 1:
                self._count -= len(self._known.popitem(last=False)[1].lines)
        else:
            self._known.move_to_end(case)
        return known


def shared(outcomes: Collection[Outcome]) -> list[tuple[Outcome, int]]:
    """Give each outcome once, with how often it is there."""
    counts = Counter(map(id, outcomes))
    once = {id(outcome): outcome for outcome in outcomes}
    return [(once[place], number) for place, number in counts.items()]
