"""Compliance as trees (rule, directive, component, node, value) and as tables in CSV."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.canonical import JSON, Document
from app.fleet.compliance.lines import Line
from app.fleet.compliance.statuses import compliance_of, count, details_of, summary

MOST_LEVELS = 10
_CHILDREN = {
    "rule": "rules",
    "directive": "directives",
    "node": "nodes",
    "component": "components",
    "value": "values",
}
_READ: Mapping[str, Callable[[Line], str]] = {
    "rule": lambda line: line.rule,
    "directive": lambda line: line.directive,
    "node": lambda line: line.node,
    "component": lambda line: line.component,
    "value": lambda line: line.value,
}
_COLUMNS = {"rule": "Rule", "directive": "Directive", "node": "Node", "component": "Component", "value": "Value"}


@dataclass(frozen=True, slots=True)
class Style:
    """How a tree is shown: names by kind and id, levels below the top one, and digits."""

    names: Mapping[tuple[str, str], str]
    levels: int = MOST_LEVELS
    precision: int = 2

    def name(self, kind: str, one: str) -> str:
        """Give the name of an object; the id where it has none any more."""
        return self.names.get((kind, one), one)


def branches(lines: Sequence[Line], kinds: Sequence[str], style: Style, depth: int = 1) -> Document:
    """Give the members that show the lines below an object, as `{"directives": [...]}`; empty below the last level."""
    if depth >= style.levels or not kinds:
        return {}
    kind, *rest = kinds
    grouped: dict[str, list[Line]] = {}
    for line in lines:
        grouped.setdefault(_READ[kind](line), []).append(line)
    ordered = sorted(grouped, key=lambda one: (style.name(kind, one), one))
    shown: list[JSON] = [_branch(kind, one, grouped[one], rest, style, depth + 1) for one in ordered]
    return {_CHILDREN[kind]: shown}


def _branch(kind: str, one: str, lines: Sequence[Line], rest: Sequence[str], style: Style, depth: int) -> Document:
    if kind == "value":
        reports: list[JSON] = [{"status": line.status, "message": line.message} for line in lines]
        return {"value": one, **summary(count(line.status for line in lines), style.precision), "reports": reports}
    if kind == "component":
        named: Document = {"name": one, **summary(count(line.status for line in lines), style.precision)}
    else:
        named = object_members(kind, one, lines, style)
    return {**named, **branches(lines, rest, style, depth)}


def object_members(kind: str, one: str, lines: Sequence[Line], style: Style, reporting: str | None = None) -> Document:
    """Give the members of an object without those below it; `reporting` is shown at the top only."""
    counts = count(line.status for line in lines)
    mode: Document = {} if reporting is None else {"mode": reporting}
    return {
        "id": one,
        "name": style.name(kind, one),
        "compliance": compliance_of(counts, style.precision),
        **mode,
        "policyMode": mode_of_lines(lines),
        "complianceDetails": details_of(counts, style.precision),
    }


def mode_of_lines(lines: Iterable[Line], otherwise: str = "none") -> str:
    """Give the mode that all have, else `mixed`."""
    modes = {line.mode for line in lines if line.mode}
    if not modes:
        return otherwise
    return modes.pop() if len(modes) == 1 else "mixed"


def table(lines: Iterable[Line], kinds: Sequence[str], style: Style) -> str:
    """Write lines as CSV, every field quoted; `Block` is empty, because components stand in no blocks."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    before = [kind for kind in kinds if kind not in ("component", "value")]
    place = kinds.index("component")
    columns = [*kinds[:place], "block", *kinds[place:]]
    writer.writerow([*(_COLUMNS.get(kind, "Block") for kind in columns), "Status", "Message"])
    rows = sorted(lines, key=lambda line: [style.name(kind, _READ[kind](line)) for kind in kinds])
    for line in rows:
        cells = [
            "" if kind == "block" else style.name(kind, _READ[kind](line)) if kind in before else _READ[kind](line)
            for kind in columns
        ]
        writer.writerow([*map(_harmless, cells), line.status, _harmless(line.message)])
    return out.getvalue()


def _harmless(text: str) -> str:
    """Keep spreadsheets from taking a text for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
