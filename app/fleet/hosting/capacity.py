"""What a node offers to instances: its properties `ram` (MiB) and `processor` (cores), else its inventory."""

import re
from collections.abc import Mapping

from app.core.canonical import JSON
from app.core.values import dataclass
from app.store.nodes import Node

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Capacity:
    """Memory and cores; None where nothing readable is known."""

    memory_mib: float | None = None
    cores: float | None = None


def capacity_of(node: Node) -> Capacity:
    """Read what a node has; only what reads as a number counts."""
    said = properties_of(node.properties)
    memory = _number(said.get("ram"))
    cores = _number(said.get("processor"))
    return Capacity(_number(node.inventory.get("ram")) if memory is None else memory, cores)


def properties_of(properties: tuple[Mapping[str, JSON], ...]) -> dict[str, JSON]:
    """Give the properties of a node by name."""
    return {str(one.get("name")): one.get("value") for one in properties}


def _number(value: JSON) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if value > 0 else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value) or None
    return None
