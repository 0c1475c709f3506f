"""Properties of groups: named values, each once, by name."""

import re
from collections.abc import Mapping

from app.core.canonical import JSON
from app.core.errors import InvalidError

_MODE = re.compile(r"[mo][oap][oap]")
_MEMBERS: Mapping[str, JSON] = {"name": "", "value": "", "inheritMode": None, "provider": None}


def property_list(given: JSON) -> list[JSON]:
    """Give properties as they are stored: complete, sorted by name.

    Raises:
        InvalidError: one has no name, a name stands twice, or an inherit mode cannot be read.
    """
    if not isinstance(given, list):
        raise _refused("properties", 'is not a list such as [{"name":"site","value":"lyon"}]')
    found: dict[str, JSON] = {}
    for number, one in enumerate(given):
        path = f"properties[{number}]"
        if not isinstance(one, dict):
            raise _refused(path, 'is not an object with a name and a value, such as {"name":"site","value":"lyon"}')
        name, mode = one.get("name"), one.get("inheritMode")
        if not isinstance(name, str) or not name:
            raise _refused(f"{path}.name", "is required: a text")
        if one.get("value") is None:
            raise _refused(f"{path}.value", f"is required: property '{name}' has none")
        if name in found:
            raise _refused(f"{path}.name", f"'{name}' stands twice; give each property once")
        if mode is not None and (not isinstance(mode, str) or _MODE.fullmatch(mode) is None):
            raise _refused(
                f"{path}.inheritMode",
                f"'{mode}' is not an inherit mode: three letters: m or o (objects), then o, a or p (lists, texts)",
            )
        found[name] = {**_MEMBERS, **{member: one[member] for member in _MEMBERS if member in one}}
    return [found[name] for name in sorted(found)]


def _refused(path: str, text: str) -> InvalidError:
    return InvalidError(f"{path}: {text}", fields={path: [text]}, rudder=f"Unexpected: .{path}({text})")
