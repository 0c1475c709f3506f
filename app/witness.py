"""The file of checkpoints that somebody else keeps: one a line, only ever appended to."""

import os
from collections.abc import Sequence
from pathlib import Path

import orjson

from app.core.canonical import Document, canonical
from app.core.errors import InvalidError


def append_checkpoints(file: Path, checkpoints: Sequence[Document]) -> int:
    """Append those that tell of more than the file does, durably; answers how many.

    Raises:
        InvalidError: the file holds something else, or a checkpoint of a later event than the log has.
    """
    known = _read(file)
    fresh = []
    for one in checkpoints:
        tenant, seq = str(one["tenant"]), int(str(one["seq"]))
        if known.get(tenant, 0) > seq:
            raise InvalidError(
                f"{file} tells of event {known[tenant]} of tenant '{tenant}', and its log ends at {seq}: it was "
                f"cut, or an old backup restored; run `sternpost verify --checkpoints {file}`"
            )
        if known.get(tenant, 0) < seq:
            fresh.append(one)
    if fresh:
        with file.open("ab") as out:
            out.write(b"".join(canonical(one) + b"\n" for one in fresh))
            out.flush()
            os.fsync(out.fileno())
    return len(fresh)


def _read(file: Path) -> dict[str, int]:
    newest: dict[str, int] = {}
    if not file.exists():
        return newest
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            one = orjson.loads(line)
            newest[one["tenant"]] = max(newest.get(one["tenant"], 0), int(one["seq"]))
        except (ValueError, KeyError, TypeError):
            raise InvalidError(f"Line {number} of {file} is no checkpoint; name another file") from None
    return newest
