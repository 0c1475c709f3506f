"""Reads `metadata.xml`: the sections and variables of a technique, as our definitions write them."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Final

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.fleet.techniques.patterns import find_pattern_fault
from app.fleet.techniques.reading import MAX_TEXT_LENGTH
from app.fleet.techniques.rudder.xml import Element, parse_xml

VARIABLES: Final = ("INPUT", "SELECT1", "SELECT")
TYPES: Final[Mapping[str, str]] = {
    "": "text",
    "string": "text",
    "textarea": "textarea",
    "raw": "raw",
    "integer": "integer",
    "boolean": "boolean",
    "date": "text",
    "datetime": "text",
    "time": "text",
    "mail": "text",
    "ip": "text",
    "ipv4": "text",
    "ipv6": "text",
    "perm": "text",
    "uploadedfile": "text",
    "sharedfile": "text",
    "destinationfullpath": "text",
}
"""Our type for each of Rudder's; those of sizes and passwords go by the beginning of their names."""

SECRETS: Final = ("password", "masterpassword", "derivedpassword")
TAKES_REGEX: Final = frozenset({"text", "textarea", "raw", "password"})
PERMISSIONS: Final = "[0-7]{3,4}"


@dataclass(slots=True)
class Metadata:
    """What is known of a technique; `notes` say what of it is kept as text only."""

    name: str
    description: str
    parameters: Document
    notes: list[str] = field(default_factory=list)


def read_metadata(raw: bytes) -> Metadata:
    """Read one file.

    Raises:
        InvalidError: it is not the description of a technique.
    """
    top = parse_xml(raw)
    if top.tag != "TECHNIQUE":
        raise InvalidError(f"the outermost element is <{top.tag[:60]}>, not <TECHNIQUE>")
    notes: list[str] = []
    sections = top.find("SECTIONS")
    root = _content(sections.inner if sections is not None else (), notes)
    return Metadata(top.attributes.get("name", ""), top.text_of("DESCRIPTION"), root, notes)


def _content(elements: Iterable[Element], notes: list[str]) -> Document:
    variables: list[JSON] = []
    sections: list[JSON] = []
    for element in elements:
        if element.tag in VARIABLES:
            variables.append(_variable(element, notes))
        elif element.tag == "SECTION":
            section = _section(element, notes)
            if section["variables"] or section["sections"]:
                sections.append(section)  # one without variables only names what reports are about
    return {"variables": variables, "sections": sections}


def _section(element: Element, notes: list[str]) -> Document:
    multivalued = element.attributes.get("multivalued", "false").strip().lower() == "true"
    name = element.attributes.get("name", "").strip()
    return {"name": name, "multivalued": multivalued, **_content(element.inner, notes)}


def _variable(element: Element, notes: list[str]) -> Document:
    name = element.text_of("NAME")
    limits = element.find("CONSTRAINT") or Element("CONSTRAINT", {})
    type_name, constraint = _type(element, limits, name, notes)
    choices = constraint.get("choices")
    allows_empty = limits.text_of("MAYBEEMPTY").lower() == "true" or _has_empty_choice(element)
    variable: Document = {
        "name": name,
        "description": element.text_of("DESCRIPTION")[:MAX_TEXT_LENGTH],
        "longDescription": element.text_of("LONGDESCRIPTION")[:10_000],
        "type": type_name,
        "required": not allows_empty,
        "constraint": constraint,
    }
    default = limits.text_of("DEFAULT")
    if default and type_name == "password":
        notes.append(f"variable '{name}': the default of a secret is left out, since everybody could read it")
    elif default and isinstance(choices, list) and default not in _values(choices):
        notes.append(f"variable '{name}': the default '{default[:60]}' is none of its choices and is left out")
    elif default:
        variable["default"] = default
    return variable


def _type(element: Element, limits: Element, name: str, notes: list[str]) -> tuple[str, Document]:
    if element.tag != "INPUT":
        return _choices(element, name, notes)
    given = limits.text_of("TYPE").lower()
    constraint: Document = {}
    if given.startswith("size-"):
        type_name = "integer"
        constraint["min"] = 0
    elif given.startswith(SECRETS):
        type_name = "password"
    else:
        type_name = TYPES.get(given, "textarea")
        if given not in TYPES:
            notes.append(f"variable '{name}': the type '{given[:60]}' is read as text")
    if given == "perm":
        constraint["regex"] = PERMISSIONS
    return type_name, {**constraint, **regex_constraint(limits.text_of("REGEX"), type_name, name, notes)}


def regex_constraint(regex: str, type_name: str, name: str, notes: list[str]) -> Document:
    """Take a regular expression over, where the type and our expressions have an equivalent."""
    if not regex:
        return {}
    fault = find_pattern_fault(regex) if type_name in TAKES_REGEX else f"is not checked for the type {type_name}"
    if fault is None:
        return {"regex": regex}
    notes.append(f"variable '{name}': the regular expression '{regex[:60]}' {fault}; values are not checked by it")
    return {}


def _choices(element: Element, name: str, notes: list[str]) -> tuple[str, Document]:
    labels: dict[str, str] = {}
    for item in element.all("ITEM"):
        value = item.text_of("VALUE")
        if value:
            labels.setdefault(value, item.text_of("LABEL")[:MAX_TEXT_LENGTH] or value)
    choices: list[JSON] = [{"value": value, "label": label} for value, label in labels.items()]
    if not choices:
        notes.append(f"variable '{name}': it has no choices, so any text is taken")
        return "textarea", {}
    if element.tag == "SELECT1":
        return "choice", {"choices": choices}
    if any("," in value for value in labels):
        notes.append(f"variable '{name}': a choice holds a comma, so any text is taken")
        return "textarea", {}
    return "list", {"choices": choices}


def _values(choices: list[JSON]) -> list[JSON]:
    return [one["value"] for one in choices if isinstance(one, dict)]


def _has_empty_choice(element: Element) -> bool:
    return any(not item.text_of("VALUE") for item in element.all("ITEM"))
