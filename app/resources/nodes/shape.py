"""Nodes as they are shown, at the levels that Rudder has."""

from collections.abc import Collection, Iterable
from typing import Final

from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.store.nodes import Node

MODES: Final = ("default", "audit", "enforce")
STATES: Final = ("enabled", "ignored", "empty-policies", "initializing", "preparing-eol")

MINIMAL: Final = frozenset({"id", "hostname", "status"})
_OURS: Final = frozenset({"createdAt", "updatedAt", "documentation"})
_STATED: Final = frozenset(
    {
        *("state", "os", "architectureDescription", "ram", "machine", "ipAddresses", "description", "acceptanceDate"),
        *("lastInventoryDate", "lastRunDate", "policyServerId", "managementTechnology", "properties", "policyMode"),
        *("timezone", "tenant"),
    }
)
DEFAULT: Final = MINIMAL | _STATED | _OURS
_PARTS: Final = frozenset(
    {
        *("accounts", "bios", "controllers", "environmentVariables", "fileSystems", "instanceId"),
        *("managementTechnologyDetails", "memories", "networkInterfaces", "processes", "processors", "slots"),
        *("software", "softwareUpdate", "sound", "storage", "ports", "videos", "virtualMachines"),
    }
)
FULL: Final = DEFAULT | _PARTS
LEVELS: Final = {"minimal": MINIMAL, "default": DEFAULT, "full": FULL}


def members_of(include: JSON) -> Collection[str]:
    """Give the members that `include` asks for; without a level that is the default one, unknown names are ignored."""
    names = [str(one) for one in include] if isinstance(include, list) else []
    levels = [LEVELS[name] for name in names if name in LEVELS]
    asked = frozenset(names) & FULL
    return asked.union(*levels) | MINIMAL if levels else asked | DEFAULT


def node_json(node: Node, members: Collection[str] = DEFAULT) -> Document:
    """Show a node."""
    inventory = node.inventory
    shown: Document = {
        "id": node.id,
        "hostname": node.hostname,
        "status": node.status,
        "state": node.state,
        "policyServerId": node.policy_server,
        "properties": properties_json(node),
        "policyMode": node.policy_mode,
        "documentation": node.documentation,
        "createdAt": rfc3339(node.created),
        "updatedAt": rfc3339(node.updated or node.created),
    }
    for name, ms in _dates(node):
        shown[name] = None if ms is None else rfc3339(ms)
        shown[name.replace("Date", "Minute")] = None if ms is None else _minute(ms)
    shown.update((name, value) for name, value in inventory.items() if name not in shown)
    return {name: value for name, value in shown.items() if name.replace("Minute", "Date") in members}


def properties_json(node: Node) -> list[JSON]:
    """Show a node's own properties; what is not set of one is left out."""
    return [{name: value for name, value in one.items() if value is not None} for one in node.properties]


def settled_json(node: Node) -> Document:
    """Show a node whose status was just changed."""
    system, machine = node.inventory.get("os"), node.inventory.get("machine")
    return {
        "id": node.id,
        "status": node.status,
        "hostname": node.hostname,
        "osName": _text(system, "name"),
        "osVersion": _text(system, "version"),
        "machineType": _text(machine, "type"),
    }


def updated_json(node: Node) -> Document:
    """Show what can be changed of a node."""
    return {
        "id": node.id,
        "properties": properties_json(node),
        "policyMode": node.policy_mode,
        "state": node.state,
        "agentKey": dict(node.agent_key) if node.agent_key is not None else None,
        "documentation": node.documentation,
    }


def _dates(node: Node) -> Iterable[tuple[str, int | None]]:
    return (
        ("acceptanceDate", node.accepted),
        ("lastInventoryDate", node.last_inventory),
        ("lastRunDate", node.last_run),
    )


def _minute(ms: int) -> str:
    """Write a time as versions up to 11 do."""
    return rfc3339(ms)[:16].replace("T", " ")


def _text(value: JSON, name: str) -> str:
    held = value.get(name) if isinstance(value, dict) else None
    return str(held) if held is not None else ""
