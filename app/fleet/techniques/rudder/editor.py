"""Reads `technique.yml` of Rudder's editor: its parameters are a directive's, its methods are kept as they are."""

from typing import Final

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.techniques.reading import MAX_TEXT_LENGTH
from app.fleet.techniques.rudder.metadata import Metadata, regex_constraint
from app.fleet.techniques.yaml_source import parse_yaml

SECTION: Final = "Technique parameters"
"""The section that Rudder puts the parameters of every technique of its editor into."""

_KNOWN = frozenset({"allow_empty", "regex", "min_length", "max_length", "select", "password_hashes"})


def read_editor(raw: bytes, metadata: Metadata | None, notes: list[str]) -> Document:
    """Read one file into the members of our definition; the generated `metadata.xml` says where parameters stand.

    Raises:
        InvalidError: it is not YAML, or not a technique.
    """
    value, _ = parse_yaml(raw)
    if not isinstance(value, dict):
        raise InvalidError("it is not the description of a technique; it has no members 'id', 'version', 'items'")
    members: Document = {
        name: value[name] for name in ("id", "name", "category", "description", "documentation") if value.get(name)
    }
    members["version"] = _text(value.get("version"))
    members["calls"] = value.get("items")
    members["tags"] = value.get("tags")
    params = value.get("params") or []
    if not isinstance(params, list) or not all(isinstance(one, dict) for one in params):
        raise InvalidError("'params' is not a list of parameters such as {id, name, constraints}")
    ours = {str(one["name"]): one for one in (_variable(param, notes) for param in params if isinstance(param, dict))}
    members["parameters"] = _placed(ours, metadata)
    return members


def _placed(ours: dict[str, Document], metadata: Metadata | None) -> Document:
    if metadata is not None:
        found: set[str] = set()
        root = _with_limits(metadata.parameters, ours, found)
        if found == set(ours):
            return root
    return {"sections": [{"name": SECTION, "variables": list(ours.values())}]} if ours else {}


def _with_limits(section: Document, ours: dict[str, Document], found: set[str]) -> Document:
    """Put what the editor says of its parameters in the place of what was generated from it."""
    placed = dict(section)
    variables, sections = section.get("variables"), section.get("sections")
    if isinstance(variables, list):
        names = [str(one["name"]) if isinstance(one, dict) else "" for one in variables]
        found.update(name for name in names if name in ours)
        placed["variables"] = [ours.get(name, one) for name, one in zip(names, variables, strict=True)]
    if isinstance(sections, list):
        placed["sections"] = [_with_limits(one, ours, found) for one in sections if isinstance(one, dict)]
    return placed


def _variable(param: Document, notes: list[str]) -> Document:
    name = str(param.get("id") or "").upper()
    given = param.get("constraints")
    limits = given if isinstance(given, dict) else {}
    select = limits.get("select")
    constraint: Document
    if isinstance(select, list) and select:
        type_name, constraint = "choice", {"choices": [_choice(one) for one in select]}
    else:
        type_name = "password" if limits.get("password_hashes") else "textarea"
        constraint = {
            ours: limits.get(theirs) for ours, theirs in (("minLength", "min_length"), ("maxLength", "max_length"))
        }
        constraint.update(regex_constraint(_text(limits.get("regex")), type_name, name, notes))
    notes.extend(
        f"parameter '{name}': the constraint '{limit[:60]}' is not checked" for limit in sorted(limits.keys() - _KNOWN)
    )
    return {
        "name": name,
        "description": _text(param.get("description") or param.get("name"))[:MAX_TEXT_LENGTH],
        "longDescription": _text(param.get("documentation"))[:10_000],
        "type": type_name,
        "required": limits.get("allow_empty") is not True,
        "constraint": constraint,
    }


def _choice(given: JSON) -> JSON:
    if isinstance(given, dict):
        return {"value": _text(given.get("value")), "label": _text(given.get("name"))}
    return _text(given)


def _text(value: JSON) -> str:
    """Give the text that was meant: YAML reads plain numbers and words as values of their own."""
    if value is None:
        return ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
