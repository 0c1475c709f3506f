"""References in the values of directives, such as `${node.properties[site]}`, replaced by what a node has there."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.core.canonical import JSON, canonical
from app.fleet.bundles.facts import NodeFacts
from app.store.secrets import tag_of

PARTS = "$parts"
"""The one member of a value that is put together, on the node, of texts and secrets."""

_REFERENCE = re.compile(r"\$\{\s*((?:node|rudder)\s*\.[^{}]*)\}", re.IGNORECASE)
_KEYS = r"((?:\s*\[[^\[\]]+\])+)"
_PROPERTY = re.compile(rf"node\s*\.\s*properties{_KEYS}", re.IGNORECASE)
_PARAMETER = re.compile(rf"rudder\s*\.\s*param(?:eters)?(?:\s*\.\s*([A-Za-z0-9_-]+))?{_KEYS}?", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?:rudder\s*\.\s*)?node\s*\.\s*([A-Za-z][A-Za-z0-9.]*)", re.IGNORECASE)
_DEFAULT = re.compile(r'default\s*=\s*("""(?P<long>.*)"""|"(?P<short>[^"]*)")', re.DOTALL | re.IGNORECASE)
_KEY = re.compile(r"\[([^\[\]]+)\]")


class UnresolvedError(Exception):
    """A reference leads nowhere on this node."""


def expand(text: str, node: NodeFacts, parameters: Mapping[str, JSON]) -> JSON:
    """Replace each reference once; what it brings is never read as a reference again.

    Gives a text, the tag of a secret, or `{"$parts": [texts and tags]}` where a secret stands among other text.

    Raises:
        UnresolvedError: naming the reference, and what would define it.
    """
    parts: list[JSON] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(_value_text(_resolve(found[0], found[1], node, parameters)))
        end = found.end()
    return joined([*parts, text[end:]])


def references_in(value: JSON) -> Iterator[str]:
    """Give each reference in the texts of any JSON, as it is written."""
    if isinstance(value, str):
        yield from (found[0] for found in _REFERENCE.finditer(value))
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from references_in(one)


def reads_attributes(reference: str) -> bool:
    """Tell whether a reference, as it is written, asks for more of a node than its properties."""
    found = _REFERENCE.fullmatch(reference)
    name = "" if found is None else found[1].partition("|")[0].strip()
    return _PROPERTY.fullmatch(name) is None and _PARAMETER.fullmatch(name) is None


def answer_of(reference: str, node: NodeFacts, parameters: Mapping[str, JSON]) -> str:
    """Say what a reference comes to on a node, or why to nothing; equal answers make equal values."""
    try:
        return canonical(expand(reference, node, parameters)).decode()
    except UnresolvedError as error:
        return f"? {error}"


def joined(parts: Iterable[JSON]) -> JSON:
    """Put texts and tags together, as far as that can be done before the secrets are known."""
    merged: list[JSON] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    if not merged:
        return ""
    return merged[0] if len(merged) == 1 else {PARTS: merged}


def secrets_in(value: JSON) -> list[str]:
    """Name the tags of the secrets in any value of a bundle, in their order."""
    tag = tag_of(value)
    if tag is not None:
        return [tag]
    inner: Sequence[JSON] = ()
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    return [found for one in inner for found in secrets_in(one)]


def _resolve(shown: str, inner: str, node: NodeFacts, parameters: Mapping[str, JSON]) -> JSON:
    name, _, option = inner.partition("|")
    default = _DEFAULT.fullmatch(option.strip()) if option else None
    if option and default is None:
        raise UnresolvedError(f'{shown} has an option that is not known; the one there is: | default = "text"')
    try:
        return _look_up(shown, name.strip(), node, parameters)
    except UnresolvedError:
        if default is None:
            raise
        return default["long"] if default["long"] is not None else default["short"]


def _look_up(shown: str, name: str, node: NodeFacts, parameters: Mapping[str, JSON]) -> JSON:
    found = _PROPERTY.fullmatch(name)
    if found is not None:
        return _inside(node.properties, _keys(found[1]), shown, "the node and its groups have no such property")
    found = _PARAMETER.fullmatch(name)
    if found is not None and (found[1] or found[2]):
        keys = [*([found[1]] if found[1] else []), *_keys(found[2] or "")]
        return _inside(parameters, keys, shown, "there is no such global parameter")
    found = _ATTRIBUTE.fullmatch(name)
    if found is None or found[1].lower() not in node.attributes:
        known = ", ".join(f"${{node.{one}}}" for one in sorted(node.attributes))
        ours = f"${{node.properties[NAME]}}, ${{rudder.param.NAME}}, {known}"
        raise UnresolvedError(f"{shown} is not known for this node; there are: {ours}")
    return node.attributes[found[1].lower()]


def _inside(values: JSON | Mapping[str, JSON], keys: Sequence[str], shown: str, lack: str) -> JSON:
    value: JSON | Mapping[str, JSON] = values
    for key in keys:
        if not isinstance(value, Mapping) or key not in value or tag_of(dict(value)) is not None:
            raise UnresolvedError(f"{shown} is not defined: {lack}, or it has no '{key}'")
        value = value[key]
    return dict(value) if isinstance(value, Mapping) else value


def _keys(text: str) -> list[str]:
    return [key.strip() for key in _KEY.findall(text)]


def _value_text(value: JSON) -> JSON:
    """Write a value as the text that stands for it; a secret stays its tag."""
    if isinstance(value, str) or tag_of(value) is not None:
        return value
    if value is None:
        return ""
    return canonical(value).decode()
