"""Reads the members of a JSON object one by one, fills in what is absent and notes what does not fit."""

import re

from app.core.canonical import JSON, Document
from app.fleet.techniques.faults import Faults, path_part

MAX_TEXT_LENGTH = 1000
MAX_LONG_TEXT_LENGTH = 100_000
MAX_ITEMS = 1000
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class Members:
    """The members of the object at `path`; each is taken once, what is left over is a fault.

    A member that is null counts as absent.
    """

    def __init__(self, given: JSON, path: str, faults: Faults, allowed: tuple[str, ...]) -> None:
        self.path = path
        self._faults = faults
        self._given: Document = given if isinstance(given, dict) else {}
        if not isinstance(given, dict):
            faults.add(path, f"'{path or 'technique'}' must be an object with the members {', '.join(allowed)}")
        for name in self._given:
            if name not in allowed:
                text = f"unknown member '{name[:60]}' of '{path or 'technique'}'; allowed: {', '.join(allowed)}"
                self.fault(name[:60], text)

    def at(self, name: str) -> str:
        """Give the path of a member."""
        return f"{self.path}/{path_part(name)}" if self.path else path_part(name)

    def fault(self, name: str, text: str) -> None:
        """Note a fault of a member."""
        self._faults.add(self.at(name), text)

    def value(self, name: str) -> JSON:
        """Give a member as it is; None when it is absent."""
        return self._given.get(name)

    def text(self, name: str, default: str = "", *, max_length: int = MAX_TEXT_LENGTH) -> str:
        """Give a member that must be a text."""
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, str):
            self.fault(name, f"'{self.at(name)}' must be a text; put it in quotes")
            return default
        if len(value) > max_length:
            self.fault(name, f"'{self.at(name)}' has {len(value)} characters; the most allowed is {max_length}")
        elif not is_storable(value):
            self.fault(name, f"'{self.at(name)}' holds U+0000 or half a character; leave it out")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Give a member that must be true or false."""
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(name, f"'{self.at(name)}' must be true or false, without quotes")
            return default
        return value

    def number(self, name: str) -> int | None:
        """Give a member that must be a whole number, or None."""
        value = self.value(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.fault(name, f"'{self.at(name)}' must be a whole number, without quotes")
        return None

    def items(self, name: str) -> list[tuple[str, JSON]]:
        """Give the items of a member that must be a list, each with its path."""
        value = self.value(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(name, f"'{self.at(name)}' must be a list")
            return []
        if len(value) > MAX_ITEMS:
            self.fault(name, f"'{self.at(name)}' has {len(value)} items; the most allowed is {MAX_ITEMS}")
        return [(f"{self.at(name)}/{index}", item) for index, item in enumerate(value[:MAX_ITEMS])]


def is_storable(text: str) -> bool:
    """Tell whether canonical JSON can hold the text: no U+0000, no half of a surrogate pair."""
    return _UNSTORABLE.search(text) is None
