"""Compliance as trees (rule, directive, component, node, value) and as tables in CSV, both written in pieces."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

import orjson

from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.compliance.lines import Line
from app.fleet.compliance.packed import Numbers, PackedLines
from app.fleet.compliance.statuses import Counts, compliance_of, details_of, summary

MOST_LEVELS = 10
_CHILDREN = {
    "rule": "rules",
    "directive": "directives",
    "node": "nodes",
    "component": "components",
    "value": "values",
}
_COLUMNS = {"rule": "Rule", "directive": "Directive", "node": "Node", "component": "Component", "value": "Value"}
_ROWS: Final = 500
"""Rows of a table that are written together."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a tree is shown: names by kind and id, levels, digits, and the mode of what nothing is demanded of."""

    names: Mapping[tuple[str, str], str]
    levels: int = MOST_LEVELS
    precision: int = 2
    mode: str = "enforce"

    def name(self, kind: str, one: str) -> str:
        """Give the name of an object; the id where it has none any more."""
        return self.names.get((kind, one), one)

    def ordered(self, kind: str, ids: Iterable[str]) -> list[str]:
        """Sort ids by name."""
        return sorted(ids, key=lambda one: (self.name(kind, one), one))


@dataclass(frozen=True, slots=True)
class Tree:
    """Lines below one object, and how they are shown."""

    lines: PackedLines
    style: Style

    def written(self, members: Document, among: Numbers, orders: Iterable[Sequence[str]]) -> Iterator[str]:
        """Write an object with what is below it, in each of these orders, in pieces of JSON."""
        yield _text(members)[:-1]
        for order in orders:
            yield from self._below(among, order, 1)
        yield "}"

    def branches(self, among: Numbers, kinds: Sequence[str], depth: int = 1) -> Iterator[str]:
        """Write what is below an object, without brackets; nothing below the last level."""
        if depth >= self.style.levels or not kinds:
            return
        kind, *rest = kinds
        grouped = self.lines.grouped(kind, among)
        for place, one in enumerate(self.style.ordered(kind, grouped)):
            yield "," if place else ""
            yield from self._branch(kind, one, grouped[one], rest, depth + 1)

    def _below(self, among: Numbers, kinds: Sequence[str], depth: int) -> Iterator[str]:
        if depth < self.style.levels and kinds:
            yield f',"{_CHILDREN[kinds[0]]}":['
            yield from self.branches(among, kinds, depth)
            yield "]"

    def _branch(self, kind: str, one: str, among: Numbers, rest: Sequence[str], depth: int) -> Iterator[str]:
        counts = self.lines.counted("status", among)
        if kind == "value":
            reports: list[JSON] = [{"status": line.status, "message": line.message} for line in self.lines.lines(among)]
            yield _text({"value": one, **summary(counts, self.style.precision), "reports": reports})
            return
        if kind == "component":
            yield _text({"name": one, **summary(counts, self.style.precision)})[:-1]
        else:
            yield _text(object_members(kind, one, self.tally(among), self.style))[:-1]
        yield from self._below(among, rest, depth)
        yield "}"

    def tally(self, among: Numbers) -> "Tally":
        """Count lines."""
        modes = {mode for mode in self.lines.counted("mode", among) if mode}
        return Tally(Counter(self.lines.counted("status", among)), modes)

    def table(self, among: Numbers, kinds: Sequence[str]) -> Iterator[bytes]:
        """Write lines as CSV, every field quoted; `Block` is empty, because components stand in no blocks."""
        place = kinds.index("component")
        columns = [*kinds[:place], "block", *kinds[place:]]
        yield _csv([[*(_COLUMNS.get(kind, "Block") for kind in columns), "Status", "Message"]])
        rows: list[list[str]] = []
        for line in self.lines.lines(self._sorted(among, kinds)):
            cells = ("" if kind == "block" else self._cell(kind, line) for kind in columns)
            rows.append([*map(_harmless, cells), line.status, _harmless(line.message)])
            if len(rows) == _ROWS:
                yield _csv(rows)
                rows = []
        yield _csv(rows)

    def _sorted(self, among: Numbers, kinds: Sequence[str]) -> Iterator[int]:
        if not kinds:
            yield from among
            return
        kind, *rest = kinds
        grouped = self.lines.grouped(kind, among)
        for one in self.style.ordered(kind, grouped):
            yield from self._sorted(grouped[one], rest)

    def _cell(self, kind: str, line: Line) -> str:
        said: str = getattr(line, kind)
        return said if kind in ("component", "value") else self.style.name(kind, said)


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


def object_members(kind: str, one: str, counted: Tally, style: Style, reporting: str | None = None) -> Document:
    """Give the members of an object without those below it; `reporting` is shown at the top only."""
    modes = sorted(counted.modes) or [style.mode]
    shown: Document = {} if reporting is None else {"mode": reporting}
    return {
        "id": one,
        "name": style.name(kind, one),
        "compliance": compliance_of(counted.counts, style.precision),
        **shown,
        "policyMode": modes[0] if len(modes) == 1 else "mixed",
        "complianceDetails": details_of(counted.counts, style.precision),
    }


def _text(value: JSON) -> str:
    return orjson.dumps(value).decode()


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _harmless(text: str) -> str:
    """Keep spreadsheets from taking a text for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
