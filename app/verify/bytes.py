"""The bytes of format 1: canonical JSON, indented form, paths, hashes."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import rfc8785

LARGEST = 2**53 - 1
_KEPT = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789._-")
_LONGEST_NAME, _KEPT_NAME = 200, 120
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"{}\[\],:]+|[{}\[\],:]')


class _Odd(Exception):  # noqa: N818  a signal within this module
    """Python and RFC 8785 may write this value differently."""


def _float(_text: str) -> float:
    raise _Odd


def _integer(text: str) -> int:
    value = int(text)
    if abs(value) > LARGEST:
        raise _Odd
    return value


_PLAIN = json.JSONDecoder(parse_float=_float, parse_int=_integer, parse_constant=_float)
_WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read(text: str) -> Any:  # noqa: ANN401  any JSON
    """Read stored JSON; an integer beyond 2^53-1 can only be a whole double."""
    return json.loads(text, parse_int=lambda digits: int(digits) if abs(int(digits)) <= LARGEST else float(digits))


def is_canonical(text: str) -> bool:
    """Say whether a text is RFC 8785; Python's own writer agrees with it on ASCII without doubles."""
    try:
        if text.isascii():
            return _WRITER.encode(_PLAIN.decode(text)) == text
    except (_Odd, ValueError):
        pass
    try:
        return bool(rfc8785.dumps(read(text)).decode() == text)
    except ValueError:
        return False


def canonical(value: Any) -> bytes:  # noqa: ANN401  any JSON
    """Write the canonical form of a value that holds no doubles."""
    text = _WRITER.encode(value)
    return text.encode() if text.isascii() else bytes(rfc8785.dumps(value))


def indented(text: str) -> bytes:
    """Write the git form of a canonical text, piece by piece, so that numbers and strings stay as they are."""
    out: list[str] = []
    depth, before = 0, ""
    for piece in _PIECE.findall(text):
        if piece in "}]":
            depth -= 1
            if before not in "{[":
                out.append("\n" + "  " * depth)
        elif before and before in "{[,":
            out.append("\n" + "  " * depth)
        out.append(": " if piece == ":" else piece)
        if piece in "{[":
            depth += 1
        before = piece if piece in "{[,}]:" else "x"
    return ("".join(out) + "\n").encode()


def object_name(kind: str, content: bytes) -> str:
    """Name a git object."""
    digest = hashlib.sha1(f"{kind} {len(content)}\0".encode(), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()


def place(folder: str, document_id: str) -> tuple[str, str, str]:
    """Say in which folder, shard and file a document lies."""
    raw = document_id.encode()
    digest = hashlib.sha256(raw).hexdigest()
    name = "".join(chr(byte) if byte in _KEPT else f"%{byte:02X}" for byte in raw)
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_KEPT_NAME]}~{digest}"
    return folder, digest[:2], f"{name}.json"


def read_with_writer(text: str) -> tuple[Any, Callable[[Any], str]]:
    """Read JSON, and give what writes parts of it canonically: Python's own writer where the two agree."""
    try:
        if text.isascii():
            return _PLAIN.decode(text), _WRITER.encode
    except _Odd:
        pass
    return read(text), lambda value: rfc8785.dumps(value).decode()
