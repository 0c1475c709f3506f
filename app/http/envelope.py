"""The envelope that every answer is in: `action`, `id`, `result`, then `data` or `errorDetails`; never null."""

import json
from collections.abc import Mapping
from dataclasses import field

import orjson

from app.core.canonical import JSON
from app.core.values import dataclass

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands before and after `data`, as bytes."""

    action: str
    id: str | None = None
    members: Mapping[str, JSON] = field(default_factory=dict)
    failed: bool = False

    def opening(self) -> str:
        """Write an answer up to where `data` belongs: a success, or a failure that has data."""
        result = "error" if self.failed else "success"
        return f'{{"action":{_text(self.action)}{self._id()},"result":"{result}"'

    def closing(self) -> str:
        """Write what follows `data`."""
        members = "".join(f",{_text(name)}:{dump(value)}" for name, value in self.members.items() if value is not None)
        return members + "}"

    def error(self, details: str, *, null_data: bool = False) -> str:
        """Write a whole error answer; `null_data` shows `"data":null`, the one null of an envelope."""
        opening = f'{{"action":{_text(self.action)}{self._id()},"result":"error"'
        data = ',"data":null' if null_data else ""
        return f'{opening},"errorDetails":{_text(details)}{data}{self.closing()}'

    def _id(self) -> str:
        return "" if self.id is None else f',"id":{_text(self.id)}'


def dump(value: JSON) -> str:
    """Write JSON compactly, members in the order they have."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, orjson.JSONEncodeError):
        # Lone surrogates and integers over 64 bit: text that was never stored but is echoed in an error.
        return json.dumps(value, separators=(",", ":"))


def _text(value: str) -> str:
    return dump(value)


def prettify(body: str) -> str:
    """Write JSON as Rudder's `prettify=true` does: two spaces, `"key" : value`."""
    return json.dumps(json.loads(body), indent=2, separators=(",", " : "), ensure_ascii=False)
