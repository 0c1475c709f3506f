"""Writes the parameters of a technique as Rudder's `metadata.xml`."""

import re
from collections.abc import Iterable
from functools import cache
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from app.core.canonical import JSON, Document

_TYPES = {
    "text": "string",
    "textarea": "textarea",
    "raw": "raw",
    "integer": "integer",
    "boolean": "boolean",
    "list": "string",
    "path": "destinationfullpath",
    "size": "string",
    "password": "password",
}


@cache
def _not_xml() -> re.Pattern[str]:
    return re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # slow to compile


def metadata_of(document: Document) -> bytes:
    """Write the file of a technique's document."""
    top = Element("TECHNIQUE", name=_clean(document["name"]))
    _add(top, "DESCRIPTION", document["description"])
    parameters = document["parameters"]
    _add_content(SubElement(top, "SECTIONS"), parameters if isinstance(parameters, dict) else {})
    indent(top)
    return tostring(top, encoding="unicode").encode() + b"\n"


def _add_content(parent: Element, section: Document) -> None:
    for variable in _objects(section["variables"]):
        _add_variable(parent, variable)
    for inner in _objects(section["sections"]):
        repeats = "true" if inner["multivalued"] is True else "false"
        _add_content(SubElement(parent, "SECTION", name=_clean(inner["name"]), multivalued=repeats), inner)


def _add_variable(parent: Element, variable: Document) -> None:
    limits = variable["constraint"]
    constraint = limits if isinstance(limits, dict) else {}
    choices = list(_objects(constraint["choices"]))
    tag = "INPUT" if not choices else "SELECT1" if variable["type"] == "choice" else "SELECT"
    element = SubElement(parent, tag)
    _add(element, "NAME", variable["name"])
    _add(element, "DESCRIPTION", variable["description"])
    _add(element, "LONGDESCRIPTION", variable["longDescription"])
    for choice in choices:
        item = SubElement(element, "ITEM")
        _add(item, "LABEL", choice["label"])
        _add(item, "VALUE", choice["value"])
    inside = SubElement(element, "CONSTRAINT")
    if not choices:
        _add(inside, "TYPE", _TYPES[str(variable["type"])])
    _add(inside, "DEFAULT", variable["default"])
    _add(inside, "MAYBEEMPTY", "false" if variable["required"] is True else "true")
    _add(inside, "REGEX", constraint["regex"])


def _add(parent: Element, tag: str, text: JSON) -> None:
    if text:
        SubElement(parent, tag).text = _clean(text)


def _clean(text: JSON) -> str:
    return _not_xml().sub("", str(text))


def _objects(items: JSON) -> Iterable[Document]:
    return (item for item in items if isinstance(item, dict)) if isinstance(items, list) else ()
