"""Which nodes targets mean: as sets, or asked of one node."""

from collections.abc import Callable, Iterable

from pyroaring import BitMap

from app.core.canonical import JSON
from app.fleet.references import items
from app.fleet.targets import simple_targets

Leaf = Callable[[str], BitMap]
"""Gives the nodes of a simple target."""
Holds = Callable[[str], bool]
"""Tells whether one node is in a simple target."""


def nodes_in(targets: Iterable[JSON], leaf: Leaf) -> BitMap:
    """Give the nodes of targets: all that any includes, without those that any excludes."""
    included, excluded = BitMap(), BitMap()
    for target in targets:
        if isinstance(target, dict) and "include" in target:
            included |= _nodes(target["include"], leaf)
            excluded |= _nodes(target.get("exclude"), leaf)
        else:
            included |= _nodes(target, leaf)
    return included - excluded


def is_in(targets: Iterable[JSON], holds: Holds) -> bool:
    """Tell whether one node is in targets."""
    known = list(targets)
    composed = [target for target in known if isinstance(target, dict) and "include" in target]
    simple = [target for target in known if not (isinstance(target, dict) and "include" in target)]
    if any(_is_in(target.get("exclude"), holds) for target in composed):
        return False
    return any(_is_in(target["include"], holds) for target in composed) or any(_is_in(one, holds) for one in simple)


def included_in(targets: JSON) -> list[str]:
    """List the simple targets that targets include."""
    return simple_targets([target["include"] if isinstance(target, dict) else target for target in items(targets)])


def _nodes(composition: JSON, leaf: Leaf) -> BitMap:
    if isinstance(composition, str):
        return leaf(composition)
    if not isinstance(composition, dict):
        return BitMap()
    if "include" in composition:
        return _nodes(composition["include"], leaf) - _nodes(composition.get("exclude"), leaf)
    if "and" in composition:
        parts = [_nodes(part, leaf) for part in items(composition["and"])]
        return BitMap.intersection(*parts) if parts else BitMap()
    parts = [_nodes(part, leaf) for part in items(composition.get("or"))]
    return BitMap.union(*parts) if parts else BitMap()


def _is_in(composition: JSON, holds: Holds) -> bool:
    if isinstance(composition, str):
        return holds(composition)
    if not isinstance(composition, dict):
        return False
    if "include" in composition:
        return _is_in(composition["include"], holds) and not _is_in(composition.get("exclude"), holds)
    if "and" in composition:
        parts = items(composition["and"])
        return bool(parts) and all(_is_in(part, holds) for part in parts)
    return any(_is_in(part, holds) for part in items(composition.get("or")))
