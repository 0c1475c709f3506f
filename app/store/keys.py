"""What resources can be searched by: keys, and the values that documents hold under them."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from app.core.canonical import JSON, canonical
from app.core.values import dataclass

KeyType = Literal["text", "number", "flag", "date", "uuid"]
Value = str | float | bool


@dataclass(frozen=True, slots=True)
class Key:
    """What a resource can be searched by: its JSON name and type; `many` for a set of texts.

    A date is milliseconds since 1970 UTC wherever it is stored. `member` is the name in stored documents, where it is
    not the JSON name; `derived` says that the kind's own function finds the values. `whole` ones are found by filters
    alone, never by a part of their text.
    """

    name: str
    type: KeyType = "text"
    many: bool = False
    member: str = ""
    derived: bool = False
    whole: bool = False

    @property
    def stored(self) -> str:
        """The member of stored documents."""
        return self.member or self.name


class Declared(NamedTuple):
    """A value that a document holds under a declared name; numbers are kept as numbers too."""

    name: str
    text: str
    number: float | None = None


LONGEST_VALUE = 2_000
"""Bytes of a value that can be found; an index of PostgreSQL takes no longer ones."""


def declared_values(keys: Iterable[Key], document: Mapping[str, JSON]) -> Iterable[Declared]:
    """List what a document holds under its kind's keys; what is unset is not listed."""
    for key in keys:
        value = None if key.derived else document.get(key.stored)
        for one in value if isinstance(value, list) else (value,):
            text = text_of(one)
            if text is not None and (len(text) * 4 <= LONGEST_VALUE or len(text.encode()) <= LONGEST_VALUE):
                is_number = isinstance(one, int | float) and not isinstance(one, bool)
                yield Declared(key.name, text, float(one) if is_number else None)  # type: ignore[arg-type]  # it is one


def text_of(value: JSON) -> str | None:
    """Write a value as it is compared: `true`, `5`, and `name:value` for a tag; None when it is no such value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return canonical(value).decode()
    if isinstance(value, dict) and len(value) == 1:
        name, held = next(iter(value.items()))
        return f"{name}:{held}" if isinstance(held, str) else None
    return None
