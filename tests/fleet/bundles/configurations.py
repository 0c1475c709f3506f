"""Small configurations for tests of bundles: rules and directives over the starter library, in a line each."""

from typing import Any

from app.core.canonical import JSON
from app.fleet.bundles.facts import Configuration, NodeFacts
from app.fleet.techniques.definition import Technique, read_technique
from app.fleet.techniques.library import starter_library
from app.fleet.techniques.parameters import complete_parameters

LIBRARY = {technique.document_id: technique for technique in map(read_technique, starter_library())}


def section(name: str, values: dict[str, JSON], **inner: dict[str, JSON]) -> JSON:
    """Write a section of a directive's parameters."""
    wrapped: list[JSON] = [{"var": {"name": key, "value": value}} for key, value in values.items()]
    sections: list[JSON] = [section(key.replace("_", " "), more) for key, more in inner.items()]
    return {"section": {"name": name, "vars": wrapped, "sections": sections}}


def file_section(path: str, content: str = "", **more: JSON) -> JSON:
    """Describe a file."""
    return section("File", {"FILE_PATH": path, **more}, Content={"FILE_CONTENT": content})


def directive(name: str, technique: Technique | str, *sections: JSON, **more: Any) -> dict[str, Any]:
    """Make a directive, complete as it is stored."""
    found = technique if isinstance(technique, Technique) else LIBRARY[technique]
    given: JSON = {"section": {"name": "sections", "sections": list(sections), **more.pop("root", {})}}
    return {
        "id": name,
        "displayName": name,
        "techniqueName": found.id,
        "techniqueVersion": found.version,
        "parameters": complete_parameters(found, given),
        "priority": 5,
        "enabled": True,
        "policyMode": "default",
        **more,
    }


def motd(name: str, text: str, **more: Any) -> dict[str, Any]:
    """Make a directive of a technique that a node has once."""
    return directive(name, "motdConfiguration:1.0", section("Message", {"MOTD_TEXT": text}), **more)


def configuration(*directives: dict[str, Any], rules: dict[str, list[str]] | None = None, **more: Any) -> Configuration:
    """Put directives into rules; without `rules` all into `r-1`."""
    named = rules if rules is not None else {"r-1": [one["id"] for one in directives]}
    return Configuration(
        rules={
            rule: {"id": rule, "displayName": rule, "directives": list(ids), "enabled": True}
            for rule, ids in named.items()
        },
        directives={one["id"]: one for one in directives},
        techniques={**LIBRARY, **more.pop("techniques", {})},
        **more,
    )


def node(**more: Any) -> NodeFacts:
    """Describe a node."""
    facts = {"id": "n-1", "hostname": "web1.example.com", **more}
    attributes = {"id": facts["id"], "hostname": facts["hostname"], "os.name": "Debian"}
    return NodeFacts(**{"attributes": attributes, **facts})
