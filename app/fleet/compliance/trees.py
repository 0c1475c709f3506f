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
from app.fleet.compliance.outcomes import Tally
from app.fleet.compliance.packed import Numbers, PackedLines
from app.fleet.compliance.statuses import compliance_of, details_of, summary

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
_MOST_ROWS: Final = 20_000
"""Rows that are remembered: twins have the same one but for the node."""
_MOST_TEXT: Final = 4_000_000
"""Characters of what is below nodes that are remembered: nodes alike have the same written below them."""


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


class _Remembered:
    """Texts by what they are made of; all are forgotten when they are too many."""

    def __init__(self) -> None:
        self._texts: dict[tuple[int, bytes], str] = {}
        self._size = 0

    def find(self, key: tuple[int, bytes]) -> str | None:
        """Give a text that is known."""
        return self._texts.get(key)

    def keep(self, key: tuple[int, bytes], text: str) -> None:
        """Remember a text."""
        self._size += len(text)
        if self._size > _MOST_TEXT:
            self._texts.clear()
            self._size = len(text)
        self._texts[key] = text


@dataclass(frozen=True, slots=True)
class Tree:
    """Lines below one object, and how they are shown."""

    lines: PackedLines
    style: Style
    _alike: _Remembered = field(default_factory=_Remembered)

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
        if kind == "node":
            yield _text(head_of(kind, one, self.style))[:-1] + self._rest_of_node(among, rest, depth)
            return
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

    def of_node(self, node: str, among: Numbers, reporting: str, order: Sequence[str]) -> str:
        """Write a node with what is below it, as `written` does."""
        return _text(head_of("node", node, self.style))[:-1] + self._rest_of_node(among, order, 1, reporting)

    def _rest_of_node(self, among: Numbers, rest: Sequence[str], depth: int, reporting: str | None = None) -> str:
        """Write what follows the name of a node: it does not depend on which node it is."""
        twins = self.lines.twins(among)
        known = self._alike.find((len(rest), twins))
        if known is None:
            members = _text(tail_of(self.tally(among), self.style, reporting))[1:-1]
            known = f",{members}{''.join(self._below(among, rest, depth))}}}"
            self._alike.keep((len(rest), twins), known)
        return known

    def tally(self, among: Numbers) -> "Tally":
        """Count lines."""
        modes = {mode for mode in self.lines.counted("mode", among) if mode}
        return Tally(Counter(self.lines.counted("status", among)), modes)

    def table(self, among: Numbers, kinds: Sequence[str]) -> Iterator[bytes]:
        """Write lines as CSV, every field quoted; `Block` is empty, because components stand in no blocks."""
        place = kinds.index("component")
        columns = [*kinds[:place], "block", *kinds[place:]]
        node = columns.index("node") if "node" in columns else None
        yield _csv([[*(_COLUMNS.get(kind, "Block") for kind in columns), "Status", "Message"]])
        alike: dict[int, list[str]] = {}
        rows: list[list[str]] = []
        for number in self._sorted(among, kinds):
            twin = self.lines.twin(number)
            known = alike.get(twin)
            if known is None:
                if len(alike) >= _MOST_ROWS:
                    alike.clear()
                known = alike[twin] = self._row(number, columns)
            rows.append(known if node is None else [*known[:node], self._cell_of_node(number), *known[node + 1 :]])
            if len(rows) == _ROWS:
                yield _csv(rows)
                rows = []
        yield _csv(rows)

    def _row(self, number: int, columns: Sequence[str]) -> list[str]:
        (line,) = self.lines.lines([number])
        cells = ("" if kind == "block" else self._cell(kind, line) for kind in columns)
        return [*map(_harmless, cells), line.status, _harmless(line.message)]

    def _cell_of_node(self, number: int) -> str:
        return _harmless(self.style.name("node", self.lines.node(number)))

    def _sorted(self, among: Numbers, kinds: Sequence[str]) -> Iterator[int]:
        if not kinds or len(among) == 1:
            yield from among
            return
        kind, *rest = kinds
        grouped = self.lines.grouped(kind, among)
        for one in self.style.ordered(kind, grouped):
            yield from self._sorted(grouped[one], rest)

    def _cell(self, kind: str, line: Line) -> str:
        said: str = getattr(line, kind)
        return said if kind in ("component", "value") else self.style.name(kind, said)


def object_members(kind: str, one: str, counted: Tally, style: Style, reporting: str | None = None) -> Document:
    """Give the members of an object without those below it; `reporting` is shown at the top only."""
    return head_of(kind, one, style) | tail_of(counted, style, reporting)


def head_of(kind: str, one: str, style: Style) -> Document:
    """Give the members that say which object it is."""
    return {"id": one, "name": style.name(kind, one)}


def tail_of(counted: Tally, style: Style, reporting: str | None = None) -> Document:
    """Give the members that say how it stands."""
    modes = sorted(counted.modes) or [style.mode]
    shown: Document = {} if reporting is None else {"mode": reporting}
    return {
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
