"""Techniques written in YAML: a small, safe part of the language, with line numbers in every message."""

from app.core.canonical import JSON, Document
from app.fleet.techniques.definition import read_technique


def load_technique_yaml(text: str | bytes) -> Document:
    """Read one technique from YAML, check it and give the complete document.

    Unquoted `true`, `false`, `null` and whole numbers without leading zeros have their JSON meaning; everything else is
    text, so that `1.0`, `0644`, `yes` and dates stay what was written. Anchors, aliases, tags and several documents
    are refused.

    Raises:
        InvalidError: names the line and what to do.
    """
    value, lines = parse_yaml(text)
    return read_technique(value, lines=lines).to_document()


def parse_yaml(text: str | bytes) -> tuple[JSON, dict[str, int]]:
    """Read YAML to a JSON value and the line of each of its members and items, by path.

    Raises:
        InvalidError: the text is too large, not YAML, or uses what is not allowed.
    """
    from app.fleet.techniques.yaml_reading import read_yaml  # noqa: PLC0415  slow to load, and few requests need it

    return read_yaml(text)
