"""Reads the part of YAML that techniques may be written in."""

import re

import yaml

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.techniques.faults import path_part
from app.fleet.techniques.reading import is_storable

MAX_YAML_BYTES = 1 << 20
MAX_YAML_DEPTH = 40
MAX_YAML_NODES = 100_000
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What YAML 1.1 calls printable; both loaders of the library refuse the rest, without saying in which line.
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_WORDS: dict[str, JSON] = {"": None, "~": None, "null": None, "true": True, "false": False}


def read_yaml(text: str | bytes) -> tuple[JSON, dict[str, int]]:
    """Read YAML to a JSON value and the line of each of its members and items, by path.

    Raises:
        InvalidError: the text is too large, not YAML, or uses what is not allowed.
    """
    source = _decode(text)
    try:
        _check_events(source)
        node = yaml.compose(source, Loader=_SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _refused(error.problem or error.context or "unreadable", mark.line if mark else 0) from error
    if node is None:
        raise InvalidError("The YAML text is empty; give a technique with at least 'id' and 'version'")
    lines: dict[str, int] = {}
    return _to_json(node, "", lines), lines


def _decode(text: str | bytes) -> str:
    try:
        raw = text.encode() if isinstance(text, str) else text
        source = raw.decode()
    except UnicodeError as error:
        raise InvalidError("The YAML text is not UTF-8; save it as UTF-8") from error
    if len(raw) > MAX_YAML_BYTES:
        raise InvalidError(f"The YAML text has {len(raw)} bytes; the most allowed is {MAX_YAML_BYTES}")
    if (found := _NOT_YAML.search(source)) is not None:
        problem = f"U+{ord(found[0]):04X} is a control character; leave it out, or write it as an escape in quotes"
        raise _refused(problem, source.count("\n", 0, found.start()))
    return source


def _check_events(source: str) -> None:
    """Refuse what could blow up or run, before any value is built from it."""
    depth = documents = 0
    for count, event in enumerate(yaml.parse(source, Loader=_SafeLoader)):
        line = event.start_mark.line if event.start_mark else 0
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _refused("anchors (&) and aliases (*) are not allowed; write the value out", line)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise _refused(f"the tag {event.tag} is not allowed; leave it out", line)
        if documents > 1:
            raise _refused("there is a second document; give one technique at a time", line)
        if depth > MAX_YAML_DEPTH:
            raise _refused(f"values are nested more than {MAX_YAML_DEPTH} deep; make them flatter", line)
        if count > MAX_YAML_NODES:
            raise _refused(f"there are more than {MAX_YAML_NODES} values; make the technique smaller", line)


def _to_json(node: yaml.Node, path: str, lines: dict[str, int]) -> JSON:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _to_object(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_to_json(item, _join(path, str(index)), lines) for index, item in enumerate(node.value)]
    text = _text(node)
    # A plain scalar; the two loaders of the library write its style as "" and as None.
    if isinstance(node, yaml.ScalarNode) and not node.style:
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
    return text


def _to_object(node: yaml.MappingNode, path: str, lines: dict[str, int]) -> Document:
    members: Document = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refused("a name must be a plain text", key.start_mark.line)
        name = _text(key)
        if name in members:
            raise _refused(f"the name '{name}' is given twice; keep one", key.start_mark.line)
        lines[_join(path, name)] = key.start_mark.line + 1
        members[name] = _to_json(value, _join(path, name), lines)
    return members


def _text(node: yaml.Node) -> str:
    text = node.value
    if not isinstance(text, str) or not is_storable(text):
        raise _refused("a text holds U+0000 or half a character; leave it out", node.start_mark.line)
    return text


def _join(path: str, name: str) -> str:
    return f"{path}/{path_part(name)}" if path else path_part(name)


def _refused(problem: str, line: int) -> InvalidError:
    return InvalidError(f"The YAML text cannot be read: line {line + 1}: {problem}")
