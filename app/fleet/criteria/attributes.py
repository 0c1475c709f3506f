"""The attributes that queries name, in Rudder's words, and where each is in a node and its inventory."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from app.core.canonical import JSON
from app.core.values import dataclass
from app.fleet.criteria.comparing import (
    ADDRESS,
    CASELESS,
    DAY,
    DAY_MS,
    ORDERED_TEXT,
    SIZE,
    TEXT,
    Value,
    ValueType,
)
from app.fleet.criteria.pairs import PROPERTY, VARIABLE, pair
from app.fleet.criteria.parts import PARTS
from app.store.nodes import Node

MIB: Final = 1024.0 * 1024.0
NODE_ID: Final = "nodeId"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the node itself: its type, and its values, of which there are none, one or many."""

    type: ValueType
    values: Callable[[Node], Iterable[Value]]


def _texts(value: JSON) -> Iterable[Value]:
    return (value,) if isinstance(value, str) and value else ()


def _part(member: str, name: str) -> Callable[[Node], Iterable[Value]]:
    """Find a text inside an object of the inventory."""

    def values(node: Node) -> Iterable[Value]:
        held = node.inventory.get(member)
        return _texts(held.get(name)) if isinstance(held, dict) else ()

    return values


def _top(name: str) -> Callable[[Node], Iterable[Value]]:
    return lambda node: _texts(node.inventory.get(name))


def _listed(name: str) -> Callable[[Node], Iterable[Value]]:
    def values(node: Node) -> Iterable[Value]:
        held = node.inventory.get(name)
        return [one for one in held if isinstance(one, str)] if isinstance(held, list) else ()

    return values


def _mib(name: str) -> Callable[[Node], Iterable[Value]]:
    def values(node: Node) -> Iterable[Value]:
        held = node.inventory.get(name)
        return (held * MIB,) if isinstance(held, int | float) and not isinstance(held, bool) else ()

    return values


def _inventory_day(node: Node) -> Iterable[Value]:
    return () if node.last_inventory is None else (float(node.last_inventory // DAY_MS),)


NODE: Final[Mapping[str, Attribute]] = {
    "OS": Attribute(CASELESS, _part("os", "type")),
    NODE_ID: Attribute(TEXT, lambda node: (node.id,)),
    "nodeHostname": Attribute(TEXT, lambda node: (node.hostname,)),
    "osName": Attribute(TEXT, _part("os", "name")),
    "osFullName": Attribute(ORDERED_TEXT, _part("os", "fullName")),
    "osVersion": Attribute(ORDERED_TEXT, _part("os", "version")),
    "osServicePack": Attribute(ORDERED_TEXT, _part("os", "servicePack")),
    "osKernelVersion": Attribute(ORDERED_TEXT, _part("os", "kernelVersion")),
    "osArchitectureType": Attribute(TEXT, _top("architectureDescription")),
    "state": Attribute(TEXT, lambda node: (node.state,)),
    "policyMode": Attribute(TEXT, lambda node: (node.policy_mode,)),
    "ram": Attribute(SIZE, _mib("ram")),
    "swap": Attribute(SIZE, _mib("swap")),
    "localAccountName": Attribute(TEXT, _listed("accounts")),
    "ipHostNumber": Attribute(ADDRESS, _listed("ipAddresses")),
    "inventoryDate": Attribute(DAY, _inventory_day),
    "policyServerId": Attribute(TEXT, lambda node: (node.policy_server,)),
    "timezoneName": Attribute(TEXT, _part("timezone", "name")),
}
MACHINE: Final[Mapping[str, Attribute]] = {
    "machineType": Attribute(CASELESS, _part("machine", "type")),
    "vmType": Attribute(CASELESS, _part("machine", "provider")),
    "machineId": Attribute(TEXT, _part("machine", "id")),
    "motherBoardUuid": Attribute(TEXT, _part("machine", "motherBoardUuid")),
    "manufacturer": Attribute(TEXT, _part("machine", "manufacturer")),
    "componentSerialNumber": Attribute(TEXT, _part("machine", "serialNumber")),
}
WHOLE: Final[Mapping[str, Mapping[str, Attribute]]] = {"node": NODE, "machine": MACHINE}
"""Object types of which a node has one."""


PAIRED: Final[Mapping[str, ValueType]] = {"serializedNodeProperty": PROPERTY, "environmentVariable": VARIABLE}
"""Object types of named values; their one attribute is `name.value`."""
PAIR: Final = "name.value"
GROUP, GROUP_ID = "group", "nodeGroupId"
"""The object type of groups that a node is in, and its one attribute."""
OF_GROUPS: Final = ("eq", "notEq")


def pairs(object_type: str, node: Node) -> Iterable[Value]:
    """Give the named values of a node."""
    if object_type == "serializedNodeProperty":
        return [pair(str(one["name"]), one["value"]) for one in node.properties]
    held = node.inventory.get("environmentVariables")
    return [pair(name, value) for name, value in held.items()] if isinstance(held, dict) else ()


def object_types() -> list[str]:
    """Name every object type."""
    return sorted((*WHOLE, *PARTS, *PAIRED, GROUP))


def attributes_of(object_type: str) -> Mapping[str, tuple[str, ...]]:
    """Give the comparators of each attribute of an object type that exists."""
    if object_type in WHOLE:
        return {name: one.type.comparators for name, one in WHOLE[object_type].items()}
    if object_type in PARTS:
        return {name: part.type.comparators for name, part in PARTS[object_type].attributes.items()}
    if object_type == GROUP:
        return {GROUP_ID: OF_GROUPS}
    return {PAIR: PAIRED[object_type].comparators}
