"""JSON in and out: the strict parser of input, RFC 8785 bytes for storage and hashing, the indented form for git."""

import re
from collections.abc import Iterable
from types import NoneType
from typing import Any, TypeAlias

import orjson
import rfc8785

from app.core.errors import InvalidError
from app.core.strict_json import MAX_DEPTH, MAX_INTEGER, BigIntegers, end_of_value, read_exactly

JSON: TypeAlias = dict[str, "JSON"] | list["JSON"] | str | int | float | bool | None
Document: TypeAlias = dict[str, JSON]

_SMALLEST_PLAIN = 1e-5
_ATOMS = frozenset({str, bool, NoneType})
_KEY_END = re.compile(rb'"[ \t\r\n]*:')
_KEY_GAPS = (b" :", b"\t:", b"\r:", b"\n:")
_ANY_DIGIT = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_DIGITS = b"0" * len(str(MAX_INTEGER))
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|\{\}|\[\]|[{}\[\],:]|[^"{}\[\],:]+')
_PARAMETERS = re.compile(rb"[ \t\r\n]*(?:&[^=&\s]++=[^&]*+)++")


class _OddError(Exception):
    """The quick way cannot settle this value."""


def canonical(value: JSON) -> bytes:
    """Write RFC 8785 bytes.

    Raises:
        ValueError: the value is not JSON, or has an int beyond 2^53-1; what `parse` and `load` return never is.
    """
    quick = _write_quickly(value)
    return rfc8785.dumps(value) if quick is None else quick


def pretty(value: JSON, compact: bytes | None = None) -> bytes:
    """Write the form of git blobs: as `canonical`, indented by two, with a final newline (docs/format-1.md).

    Who has the canonical bytes already gives them as `compact` and spares the walk over the value.
    """
    if compact is None:
        compact = canonical(value)
    if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) != compact:
        return _indent(compact)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def canonical_texts(value: dict[str, JSON]) -> bytes:
    """Write `canonical` bytes of a value made of our own ASCII names, texts, null and numbers of events.

    Raises:
        ValueError: a text cannot be written.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def load(body: str | bytes) -> JSON:
    """Read back what `canonical` wrote; an integer beyond 2^53-1 can only be a whole double there, so it is a float."""
    value: JSON = orjson.loads(body)
    raw = body.encode() if isinstance(body, str) else body
    if _LONG_DIGITS in raw.translate(_ANY_DIGIT):  # 20 times quicker than a pattern
        return _round_integers(value)
    return value


def parse(text: bytes | str, *, big_integers: BigIntegers = "refuse") -> JSON:
    """Read JSON from outside; a number with an integer value within 2^53-1 becomes int, however it is written.

    `big_integers` says what integers beyond become: an error, or the nearest double.

    Raises:
        InvalidError: not JSON, or JSON that cannot be kept exactly; it names the place and the remedy.
    """
    body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        box: list[JSON] = [orjson.loads(body)]
        # As many `":` as keys that arrived: no key was there twice. A text that holds `":` only costs the slow way.
        if b"\\u0000" not in body and _settle(box, MAX_DEPTH + 1) == _count_key_ends(body):
            return box[0]
    except (orjson.JSONDecodeError, _OddError):
        pass  # the slow way judges, and says where and why
    value: JSON = read_exactly(text, big_integers)
    return value


def parse_leading(text: bytes, *, big_integers: BigIntegers = "refuse") -> JSON:
    """Read JSON and ignore form parameters after it, as `curl -d @rule.json -d "reason=x"` sends them.

    Raises:
        InvalidError: as `parse`, also when anything else follows the value.
    """
    try:
        return parse(text, big_integers=big_integers)
    except InvalidError:
        end = end_of_value(text.decode("latin-1"))  # one character a byte; what delimits JSON is ASCII
        if not _PARAMETERS.fullmatch(text, end):
            raise
    return parse(text[:end], big_integers=big_integers)


def _write_quickly(value: JSON) -> bytes | None:
    if not _is_plain((value,)):
        return None
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None  # the slow way writes it or raises


def _is_plain(members: Iterable[Any]) -> bool:
    """Tell whether orjson writes all of them as RFC 8785 does."""
    for member in members:
        kind = type(member)
        if kind in _ATOMS:
            continue
        if kind is dict:
            plain = _are_plain_keys(member) and _is_plain(member.values())
        elif kind is list:
            plain = _is_plain(member)
        elif kind is int:
            plain = -MAX_INTEGER <= member <= MAX_INTEGER
        else:
            # orjson writes 1.0, 1e16 and 9.9e-6 where the RFC has 1, 10000000000000000 and 0.0000099.
            plain = kind is float and not member.is_integer() and _SMALLEST_PLAIN <= abs(member) < MAX_INTEGER
        if not plain:
            return False
    return True


def _are_plain_keys(keys: Iterable[Any]) -> bool:
    for key in keys:
        if type(key) is not str:
            return False
        # orjson sorts by code point: other than by UTF-16 units where astral characters meet U+E000..U+FFFF.
        if not key.isascii() and max(key) >= "\ue000":
            return False
    return True


def _indent(compact: bytes) -> bytes:
    pieces: list[bytes] = []
    depth = 0
    for token in _TOKEN.findall(compact):
        if token in {b"{", b"["}:
            depth += 1
            pieces += (token, b"\n", b"  " * depth)
        elif token in {b"}", b"]"}:
            depth -= 1
            pieces += (b"\n", b"  " * depth, token)
        elif token == b",":
            pieces += (b",\n", b"  " * depth)
        else:
            pieces.append(b": " if token == b":" else token)
    return b"".join((*pieces, b"\n"))


def _round_integers(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _round_integers(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_round_integers(member) for member in value]
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return float(value)
    return value


def _count_key_ends(body: bytes) -> int:
    if any(gap in body for gap in _KEY_GAPS):
        return len(_KEY_END.findall(body))
    return body.count(b'":')


def _settle(container: dict[Any, Any] | list[Any], room: int) -> int:
    """Turn whole floats into int, in place, and count the keys; `room` is how many levels of containers may come."""
    if not room:
        raise _OddError
    keys = len(container) if isinstance(container, dict) else 0
    places: Iterable[tuple[Any, Any]] = container.items() if isinstance(container, dict) else enumerate(container)
    for place, member in places:
        kind = type(member)
        if kind in _ATOMS:
            continue
        if kind is dict or kind is list:
            keys += _settle(member, room - 1)
        elif not -MAX_INTEGER <= member <= MAX_INTEGER:
            raise _OddError
        elif kind is float and member.is_integer():
            container[place] = int(member)
    return keys
