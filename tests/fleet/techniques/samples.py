"""Techniques and parameter trees that are valid, of which a test changes what it is about."""

from app.core.canonical import JSON, Document
from app.fleet.techniques.definition import Technique, read_technique


def a_variable(name: str = "V", /, **members: JSON) -> Document:
    return {"name": name, **members}


def a_section(name: str = "S", /, **members: JSON) -> Document:
    return {"name": name, **members}


def a_definition(*sections: JSON, **members: JSON) -> Document:
    return {"id": "sample", "version": "1.0", "parameters": {"sections": list(sections)}, **members}


def a_technique(*sections: JSON, **members: JSON) -> Technique:
    return read_technique(a_definition(*sections, **members))


def with_variable(**members: JSON) -> Technique:
    """A technique with one section `S` that has one variable `V`."""
    return a_technique(a_section(variables=[a_variable(**members)]))


def section(name: str, values: dict[str, JSON] | None = None, *sections: JSON) -> Document:
    """A section of a directive's parameters."""
    content: Document = {"name": name}
    if values:
        content["vars"] = [{"var": {"name": key, "value": value}} for key, value in values.items()]
    if sections:
        content["sections"] = list(sections)
    return {"section": content}


def parameters(*sections: JSON) -> Document:
    return section("sections", None, *sections)


def with_value(value: JSON) -> Document:
    """Parameters for `with_variable`."""
    return parameters(section("S", {"V": value}))
