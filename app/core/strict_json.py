"""The slow and exact reader of JSON behind `canonical.parse`: it finds what must be refused and says where it is."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

from app.core.errors import InvalidError

BigIntegers: TypeAlias = Literal["refuse", "nearest"]
Path: TypeAlias = tuple[str | int, ...]

MAX_INTEGER = 2**53 - 1  # what a double holds exactly, and so every reader of JSON
MAX_DEPTH = 64
WHOLE = "The body"
"""With which messages begin that are about all of a text; whoever parses something else says what."""

_MAX_DIGITS = len(str(MAX_INTEGER))
_SHOWN = 60  # characters of the sender's own text that a message repeats
_SHOWN_PATH = 200

# A string always matches from its quote, ended or not: starting again inside it would take quadratic time.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]|[^\s",:&\[\]{}]+', re.DOTALL)
_CLOSER = {"[": "]", "{": "}"}
_INTEGER = re.compile(r"-?[0-9]+")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_NAME = re.compile(r"[^\W\d][\w$-]*")


class _Fault(NamedTuple):
    """Stands in a parsed value for what must be refused; `key` is the member at fault, if it is one."""

    text: str
    key: str | None = None


def read_exactly(text: bytes | str, big_integers: BigIntegers) -> Any:  # noqa: ANN401  the JSON type is defined above
    """Read JSON as `canonical.parse` promises, with no quick way.

    Raises:
        InvalidError: names the path (or line and column), what is wrong, and the remedy.
    """
    decoded = text if isinstance(text, str) else _decode(text)
    if not decoded.strip(" \t\r\n"):
        raise InvalidError(
            "Unexpected end of input: the body is empty; send one JSON value",
            rudder="Unexpected: Unexpected end of input",
        )
    if decoded.startswith("\ufeff"):
        raise _unreadable("the body starts with a byte order mark (U+FEFF); send UTF-8 without one")
    _check_depth(decoded, big_integers)
    return _read_judged(decoded, big_integers)


def end_of_value(text: str) -> int:
    """Find where the first JSON value of a text ends, or would if it were valid; the text's end if it is cut off."""
    for token, closers in _tokens(text):
        if not closers:
            return token.end()
    return len(text)


def show_path(path: Path) -> str:
    """Write a path as Rudder does: `.where[0].value`; the whole value is ``."""
    steps = [
        f"[{step}]"
        if isinstance(step, int)
        else f".{step}"
        if _PLAIN_NAME.fullmatch(step)
        else f"[{json.dumps(_shorten(step))}]"
        for step in path
    ]
    return _shorten("".join(steps), _SHOWN_PATH)


def _decode(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        byte = text[error.start]
        raise _unreadable(f"the body is not UTF-8: byte 0x{byte:02x} at offset {error.start}; send UTF-8") from None


def _tokens(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """List the tokens of the first JSON value, each with the closers that are then due."""
    closers: list[str] = []
    for token in _TOKEN.finditer(text):
        if token.group() in _CLOSER:
            closers.append(_CLOSER[token.group()])
        elif token.group() in {"]", "}"} and closers:
            closers.pop()
        yield token, closers
        if not closers:
            return


def _check_depth(text: str, big_integers: BigIntegers) -> None:
    for token, closers in _tokens(text):
        if len(closers) > MAX_DEPTH:
            # Everything before, made whole: what is wrong there comes first, and its last members are the path.
            before = _read_judged(text[: token.start()] + "null" + "".join(reversed(closers[:-1])), big_integers)
            raise _refusal(f"nested more than {MAX_DEPTH} levels deep; flatten it, or send it as text", _last(before))


def _last(value: Any) -> Path:  # noqa: ANN401  any JSON
    path: list[str | int] = []
    while value:
        step = next(reversed(value)) if isinstance(value, dict) else len(value) - 1
        path.append(step)
        value = value[step]
    return tuple(path)


def _read_judged(text: str, big_integers: BigIntegers) -> Any:  # noqa: ANN401  any JSON
    try:
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_int=lambda token: _number(token, big_integers),
            parse_float=lambda token: _number(token, big_integers),
            parse_constant=lambda name: _Fault(f"{name} is not a JSON number; send null or a text"),
        )
    except json.JSONDecodeError as error:
        raise _syntax_error(error) from None
    _judge(value, ())
    return value


def _number(token: str, big_integers: BigIntegers) -> int | float | _Fault:
    if len(token) <= _MAX_DIGITS and _INTEGER.fullmatch(token):
        value: int | float = int(token)
    else:
        value = float(token)  # takes time in proportion to the digits; int() does not
    if not math.isfinite(value):
        return _Fault(f"the number {_shorten(token)} is too large for a double; send it as text")
    if isinstance(value, float) and not value.is_integer():
        return value
    if abs(value) <= MAX_INTEGER:
        return int(value)
    if big_integers == "nearest":
        return float(value)
    return _Fault(f"the number {_shorten(token)} is beyond {MAX_INTEGER}, where digits are lost; send it as text")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object] | _Fault:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    [(key, times)] = Counter(key for key, _ in pairs).most_common(1)
    return _Fault(f"the key is there {times} times; keep one of them", key)


def _judge(value: object, path: Path) -> None:
    if isinstance(value, _Fault):
        raise _refusal(value.text, path if value.key is None else (*path, value.key))
    if isinstance(value, str):
        _check_text("text", value, path)
    elif isinstance(value, dict):
        for key, member in value.items():
            _check_text("key", key, (*path, key))
            _judge(member, (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _judge(member, (*path, index))


def _check_text(what: str, text: str, path: Path) -> None:
    if "\0" in text:
        raise _refusal(f"the {what} holds the character U+0000 (\\u0000), which cannot be stored; leave it out", path)
    if lone := _LONE_SURROGATE.search(text):
        shown = f"\\u{ord(lone.group()):04x}"
        raise _refusal(f"the {what} holds half of a surrogate pair, {shown}; send both halves or leave it out", path)


def _refusal(fault: str, path: Path) -> InvalidError:
    shown = show_path(path)
    return InvalidError(
        f"{shown or WHOLE}: {fault}", fields={shown or ".": [fault]}, rudder=f"Unexpected: {shown}({fault})"
    )


def _syntax_error(error: json.JSONDecodeError) -> InvalidError:
    what = error.msg[:1].lower() + error.msg[1:].removesuffix(" starting at").removesuffix(" at").rstrip(": ")
    at_end = error.pos >= len(error.doc.rstrip(" \t\r\n")) or error.msg.startswith("Unterminated string")
    start = "Unexpected end of input" if at_end else f"{WHOLE.lower()} is not JSON"
    return _unreadable(f"{start}: {what} at line {error.lineno}, column {error.colno}; correct it there")


def _unreadable(fault: str) -> InvalidError:
    return InvalidError(fault[:1].upper() + fault[1:], rudder=f"Unexpected: {fault}")


def _shorten(text: str, limit: int = _SHOWN) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2 - 2
    return f"{text[:half]}...{text[-half:]}"
