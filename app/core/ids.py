"""Ids of documents: which are allowed, new ones, and where a document lives in git (docs/format-1.md)."""

import re
import uuid
from hashlib import sha256

from app.core.errors import InvalidError

MAX_LENGTH = 200

_FORBIDDEN = re.compile(r"[^A-Za-z0-9._:@{}-]")
_SHOWN = 60  # characters of a refused id that a message repeats

_MAX_NAME_BYTES = 200  # an encoded name; file systems end at 255
_KEPT_NAME_BYTES = 120
_NAME_PIECES = tuple(
    chr(byte) if chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789._-" else f"%{byte:02X}" for byte in range(256)
)


def check_id(value: str, *, what: str, field: str = "id") -> str:
    """Return the id if it is one; `what` is the thing it names, as in "rule"; `field` is where it was sent.

    Raises:
        InvalidError: names the thing, the value and the remedy.
    """
    fault = _find_fault(value)
    if fault is None:
        return value
    shown = repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
    text = f"{what[:1].upper()}{what[1:]} id {shown} {fault}"
    raise InvalidError(text, fields={field: [text]})


def new_id() -> str:
    """Make an id that no one else has."""
    return str(uuid.uuid4())


def file_name(document_id: str) -> str:
    """Name the file of a document, `.json` included; two ids never share one, whatever case the file system ignores."""
    raw = document_id.encode()
    name = "".join([_NAME_PIECES[byte] for byte in raw])
    if len(name) > _MAX_NAME_BYTES:
        name = f"{name[:_KEPT_NAME_BYTES]}~{sha256(raw).hexdigest()}"
    return f"{name}.json"


def shard(document_id: str) -> str:
    """Name the folder that a document's file is in, one of 256, so that trees stay small."""
    return sha256(document_id.encode()).hexdigest()[:2]


def document_path(folder: str, document_id: str) -> str:
    """Give the path of a document in the tenant's tree; `folder` is its kind's."""
    return f"{folder}/{shard(document_id)}/{file_name(document_id)}"


def _find_fault(value: str) -> str | None:
    if not value:
        return f"is empty; give 1 to {MAX_LENGTH} characters"
    if len(value) > MAX_LENGTH:
        return f"is {len(value)} characters long; shorten it to {MAX_LENGTH}"
    if value in {".", ".."}:
        return "is a step in a path, not a name; choose another id"
    if found := _FORBIDDEN.search(value):
        return _explain(found.group())
    if value.startswith("."):
        return "starts with a dot; start it with a letter or a digit"
    return None


def _explain(character: str) -> str:
    match character:
        case " ":
            return "contains a space; write '-' or '_' instead"
        case "/" | "\\":
            return f"contains a slash ({character}); an id is no path, write '-' or '_' instead"
        case "+":
            return "contains '+', which starts a revision and is no part of an id; leave it and the rest out"
        case _ if not character.isprintable():
            return f"contains the unprintable character {_escape(character)}; take it out"
        case _:
            return f"contains {character!r}; use only letters A-Z and a-z, digits and . _ : @ {{ }} -"


def _escape(character: str) -> str:
    return repr(character).strip("'")
