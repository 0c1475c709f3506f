"""Properties that come down: from the tenant's parameters through groups to a node, each level over those before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Literal

from app.core.canonical import JSON, Document
from app.store.secrets import tag_of

Source = Literal["global", "group", "node"]
DEFAULT_MODE = "moo"
"""Objects are merged; lists and texts of the lower level replace those above."""


@dataclass(frozen=True, slots=True)
class Level:
    """Where properties are said; `refines` are the groups that a group is part of, which come before it."""

    source: Source
    id: str
    name: str
    properties: InitVar[Iterable[Mapping[str, JSON]]]
    refines: frozenset[str] = frozenset()
    says: Mapping[str, Mapping[str, JSON]] = field(init=False)

    def __post_init__(self, properties: Iterable[Mapping[str, JSON]]) -> None:
        object.__setattr__(self, "says", {str(one["name"]): one for one in properties})


@dataclass(slots=True)
class Inherited:
    """A property as it counts: where it was said, from the top down, and who else said it without an order.

    Groups that do not refine each other and say different things are `conflicting`, unless a level below settles it;
    then the value is that of the last of them by id.
    """

    name: str
    value: JSON
    said: list[tuple[Level, JSON]] = field(default_factory=list)
    conflicting: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[Level, JSON]:
        """Give the last level that says it, and what it says."""
        return self.said[-1]

    def to_json(self, lowest: Source) -> Document:
        """Show it as a member of `inheritedProperties` of a node or a group."""
        level, original = self.own
        provider: JSON = "inherited"
        if level.source == lowest:
            provider = "overridden" if len(self.said) > 1 else level.says[self.name].get("provider")
        hierarchy: list[JSON] = [
            {"kind": one.source, "id": one.id, "name": one.name, "value": value} for one, value in self.said
        ]
        shown: Document = {"name": self.name, "value": self.value}
        if provider is not None:
            shown["provider"] = provider
        shown |= {"hierarchy": hierarchy, "origval": original}
        return shown | ({"conflicts": [*self.conflicting]} if self.conflicting else {})


def inherited(levels: Sequence[Level]) -> list[Inherited]:
    """Lay the levels over each other, by name; the order between groups is that they refine each other."""
    saying: dict[str, list[Level]] = {}
    for level in sorted(levels, key=lambda level: (_RANK[level.source], len(level.refines), level.id)):
        for name in level.says:
            saying.setdefault(name, []).append(level)
    return [_one(name, saying[name]) for name in sorted(saying)]


def _one(name: str, ordered: Sequence[Level]) -> Inherited:
    mode = next((str(said["inheritMode"]) for one in ordered if (said := one.says[name]).get("inheritMode")), None)
    found = Inherited(name, None)
    for level in ordered:
        value = level.says[name]["value"]
        found.value = value if not found.said else merged(found.value, value, mode or DEFAULT_MODE)
        found.said.append((level, value))
    groups = [level for level in ordered if level.source == "group"]
    if ordered[-1].source == "group":
        found.conflicting = _conflicts(name, groups)
    return found


_RANK = {"global": 0, "group": 1, "node": 2}


def _conflicts(name: str, groups: Sequence[Level]) -> tuple[str, ...]:
    """Name the lowest groups where they say different things and neither refines the other."""
    refined: frozenset[str] = frozenset().union(*(one.refines for one in groups))
    lowest = [one for one in groups if one.id not in refined]
    values = [one.says[name]["value"] for one in lowest]
    return tuple(one.id for one in lowest) if any(value != values[0] for value in values) else ()


def merged(above: JSON, below: JSON, mode: str) -> JSON:
    """Lay a value over the one above it: `mode` has a letter for objects, one for lists, one for texts."""
    if tag_of(above) is not None or tag_of(below) is not None:
        return below
    if isinstance(above, dict) and isinstance(below, dict) and mode[0] == "m":
        both = {**above, **below}
        return {
            name: merged(above[name], below[name], mode) if name in above and name in below else value
            for name, value in both.items()
        }
    if isinstance(above, list) and isinstance(below, list):
        return _joined(above, below, mode[1])
    if isinstance(above, str) and isinstance(below, str):
        return {"a": above + below, "p": below + above}.get(mode[2], below)
    return below


def _joined(above: list[JSON], below: list[JSON], letter: str) -> JSON:
    return {"a": [*above, *below], "p": [*below, *above]}.get(letter, below)
