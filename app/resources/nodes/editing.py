"""What an edit makes of a node, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.properties import property_list
from app.resources.nodes.schema import KEEP
from app.store.nodes import Node

KEY_STATES = ("undefined", "certified")


def edited(node: Node, fields: Mapping[str, JSON]) -> Node:
    """Lay what was given over a node.

    Raises:
        InvalidError: a property or the agent's key cannot be read.
    """
    if "properties" in fields:
        node = replace(node, properties=merged_properties(node.properties, fields["properties"]))
    if fields.get("policyMode") not in (None, KEEP):
        node = replace(node, policy_mode=str(fields["policyMode"]))
    if fields.get("state") not in (None, KEEP):
        node = replace(node, state=str(fields["state"]))
    if "documentation" in fields:
        node = replace(node, documentation=str(fields["documentation"]))
    if "agentKey" in fields:
        node = replace(node, agent_key=_agent_key(fields["agentKey"]))
    return node


def merged_properties(present: Sequence[Mapping[str, JSON]], given: JSON) -> tuple[Mapping[str, JSON], ...]:
    """Lay properties over those that are there, by name; an empty value takes one away.

    Raises:
        InvalidError: one cannot be read.
    """
    listed = [_spelled(one) for one in given] if isinstance(given, list) else given
    kept: list[JSON] = []
    gone: set[str] = set()
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("value", "") in ("", None) and isinstance(one.get("name"), str):
            gone.add(str(one["name"]))
        else:
            kept.append(one)
    read = property_list(kept if isinstance(listed, list) else listed)
    merged = {str(one["name"]): one for one in (*present, *(one for one in read if isinstance(one, dict)))}
    return tuple(merged[name] for name in sorted(merged) if name not in gone)


def change_data(before: Document, after: Document) -> Document:
    """Describe an edit for the log: what changed, from what to what."""
    changes: list[JSON] = [
        {"path": f"/{name}", "old": before.get(name), "new": value}
        for name, value in after.items()
        if before.get(name) != value
    ]
    return {"changes": changes}


def _spelled(one: JSON) -> JSON:
    """Read a property that was written `name=value`."""
    if not isinstance(one, str):
        return one
    name, _, value = one.partition("=")
    return {"name": name, "value": value}


def _agent_key(given: JSON) -> Mapping[str, JSON]:
    known = given if isinstance(given, dict) else {}
    value, status = known.get("value"), known.get("status", KEY_STATES[0])
    if not isinstance(value, str) or not value or status not in KEY_STATES:
        example = '{"value":"PEM text","status":"certified"}'
        text = f"is not a key such as {example}; status is one of: {', '.join(KEY_STATES)}"
        raise InvalidError(f"agentKey: {text}", fields={"agentKey": [text]})
    return {"value": value, "status": status}
