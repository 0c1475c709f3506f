"""The types a variable of a technique can have: what their values look like and which constraints they take."""

import re
from collections.abc import Callable, Mapping

from app.core.canonical import JSON
from app.core.values import dataclass

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_SIZE = re.compile(r"([0-9]{1,15})\s?(?:([kKmMgGtT])(i?)[bB]?|[bB])?")
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One allowed value and what people see instead of it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """What a value must satisfy beside its type; None or empty means no such limit."""

    regex: str | None = None
    min: int | None = None
    max: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueType:
    """One type: `find_fault` says what is wrong with a text (None: nothing), `to_text` how JSON values become texts."""

    name: str
    meaning: str
    limits: tuple[str, ...]
    find_fault: Callable[[str, Constraint], str | None]
    to_text: Callable[[JSON], str | None]


def _only_text(value: JSON) -> str | None:
    return value if isinstance(value, str) else None


def _whole_number(value: JSON) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) else _only_text(value)


def _truth(value: JSON) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _only_text(value)


def _items(value: JSON) -> str | None:
    if not isinstance(value, list):
        return _only_text(value)
    texts = [item for item in value if isinstance(item, str)]
    if len(texts) != len(value) or any("," in text for text in texts):
        return None
    return ",".join(texts)


def _check_text(text: str, _: Constraint) -> str | None:
    if _CONTROL.search(text):
        return "holds a line end or another control character; give one line of text"
    return None


def _check_lines(text: str, _: Constraint) -> str | None:
    if _CONTROL_BUT_LINES.search(text):
        return "holds a control character; give plain lines of text"
    return None


def _check_nothing(_text: str, _: Constraint) -> str | None:
    return None


def _check_integer(text: str, constraint: Constraint) -> str | None:
    if not _INTEGER.fullmatch(text):
        return "is not a whole number; give digits such as 10"
    return _check_range(int(text), constraint)


def _check_boolean(text: str, _: Constraint) -> str | None:
    return None if text in {"true", "false"} else "is neither true nor false; give one of the two"


def _check_choice(text: str, constraint: Constraint) -> str | None:
    values = [choice.value for choice in constraint.choices]
    return None if text in values else f"is not one of the choices; give one of: {', '.join(values)}"


def _check_list(text: str, constraint: Constraint) -> str | None:
    items = split_list(text)
    if _CONTROL.search(text) or not all(items):
        return "is not a list; give items separated by commas, none of them empty, on one line"
    if constraint.choices:
        values = {choice.value for choice in constraint.choices}
        wrong = next((item for item in items if item not in values), None)
        if wrong is not None:
            return f"has an item that {_check_choice(wrong, constraint)}"
    fault = _check_range(len(items), constraint)
    return None if fault is None else f"has {len(items)} items, which {fault}"


def _check_path(text: str, _: Constraint) -> str | None:
    if _CONTROL.search(text) or not text.startswith("/") or ".." in text.split("/"):
        return "is not an absolute path; give one that starts with / and has no .. in it"
    return None


def _check_size(text: str, constraint: Constraint) -> str | None:
    size_bytes = find_size_bytes(text)
    if size_bytes is None:
        return "is not a size; give a number with an optional unit, such as 512, 64k, 20MB or 2GiB"
    return _check_range(size_bytes, constraint)


def _check_range(number: int, constraint: Constraint) -> str | None:
    if constraint.min is not None and number < constraint.min:
        return f"is too small; the least allowed is {constraint.min}"
    if constraint.max is not None and number > constraint.max:
        return f"is too large; the most allowed is {constraint.max}"
    return None


def split_list(text: str) -> list[str]:
    """Give the items of a value of type list, without the spaces around them."""
    return [item.strip() for item in text.split(",")]


def find_size_bytes(text: str) -> int | None:
    """Give a value of type size in bytes; `k`, `kB` count in 1000s, `KiB` in 1024s; None when it is not a size."""
    found = _SIZE.fullmatch(text)
    if not found:
        return None
    number, unit, binary = found.groups()
    return int(number) * int((1024 if binary else 1000) ** _POWER[(unit or "").lower()])


_LENGTHS = ("regex", "minLength", "maxLength")
VALUE_TYPES = (
    ValueType("text", "one line of text", _LENGTHS, _check_text, _only_text),
    ValueType("textarea", "text of any number of lines", _LENGTHS, _check_lines, _only_text),
    ValueType("raw", "any text; every character but U+0000", _LENGTHS, _check_nothing, _only_text),
    ValueType("integer", "a whole number of at most 18 digits", ("min", "max"), _check_integer, _whole_number),
    ValueType("boolean", "`true` or `false`", (), _check_boolean, _truth),
    ValueType("choice", "exactly one of the choices", ("choices",), _check_choice, _only_text),
    ValueType(
        "list",
        "items separated by commas; `min` and `max` count them; `choices`, where given, are the allowed items",
        ("regex", "min", "max", "choices"),
        _check_list,
        _items,
    ),
    ValueType("path", "an absolute path without `..`", _LENGTHS, _check_path, _only_text),
    ValueType(
        "size",
        "a number of bytes with an optional unit (`64k`, `20MB` in 1000s, `2GiB` in 1024s); `min` and `max` in bytes",
        ("min", "max"),
        _check_size,
        _whole_number,
    ),
    ValueType("password", "one line of text, always secret", _LENGTHS, _check_text, _only_text),
)
TYPE_BY_NAME: Mapping[str, ValueType] = {value_type.name: value_type for value_type in VALUE_TYPES}
