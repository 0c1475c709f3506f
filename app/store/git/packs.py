"""Writes one self-contained pack (version 2) and its index, streamed to disk, fsynced and then renamed into place."""

import hashlib
import os
import struct
import zlib
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple, Self

from app.core.faults import fault_point
from app.store.git.deltas import delta, encode_size
from app.store.git.durable import sync_directory
from app.store.git.objects import object_sha
from app.store.git.trees import ChangedTree

Kind = Literal["commit", "blob", "tag"]

MAX_OBJECTS = 65_536
MAX_BYTES = 1 << 30
"""A pack is full at either; so its index stays small in memory and needs no 64-bit offsets."""

_NUMBERS = {"commit": 1, "blob": 3, "tag": 4}
_TREE, _OFFSET_DELTA = 2, 6
_MAX_CHAIN = 50
_HASH_BYTES = 20
# Measured on trees of 27 kB: level 1 takes 0.6 ms and leaves 72 %, level 6 takes 1.0 ms and leaves 70 %.
_LEVEL = 1
_STORED_BELOW = 64


class Pack(NamedTuple):
    """A finished pack: `pack-<checksum>` and the bytes of its `.pack`."""

    name: str
    size: int


class _Version(NamedTuple):
    offset: int
    chain: int
    content: bytes


class PackWriter:
    """A pack being written. `finish` keeps it; leaving the `with` block before that removes every trace."""

    def __init__(self, directory: Path) -> None:
        """Start a pack in `objects/pack`; the temporary name is one that git ignores and clears away."""
        self._directory = directory
        self._path = directory / f"tmp_pack_{os.getpid()}_{id(self):x}"
        self._file = self._path.open("wb", 1 << 20)
        self._offset = self._file.write(struct.pack(">4sII", b"PACK", 2, 0))
        self._records: dict[bytes, int] = {}  # SHA to offset << 32 | CRC: half the memory of a tuple
        self._versions: dict[bytes, _Version] = {}  # newest version of each tree, to be replaced by the next

    def __enter__(self) -> Self:
        """Give back the writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop what was not finished."""
        self._path.unlink(missing_ok=True)
        with suppress(OSError):  # a full disk refuses the flush, of bytes that nobody wants
            self._file.close()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was added yet."""
        return not self._records

    @property
    def is_full(self) -> bool:
        """Say whether it is time to finish and go on in another pack."""
        return len(self._records) >= MAX_OBJECTS or self._offset >= MAX_BYTES

    def add(self, kind: Kind, content: bytes) -> bytes:
        """Add an object unless the pack has it; return its name (20 bytes)."""
        sha = object_sha(kind.encode(), content)
        if sha not in self._records:
            self._write(sha, _NUMBERS[kind], b"", content)
        return sha

    def add_tree(self, tree: ChangedTree) -> None:
        """Add a tree, as a delta when the one it replaces is in this pack and the delta is small."""
        base = self._versions.pop(tree.replaces, None) if tree.replaces else None
        if tree.sha in self._records:
            return
        offset, chain = self._offset, 0
        change = delta(base.content, tree.content) if base and base.chain < _MAX_CHAIN else None
        if base and change is not None and len(change) * 2 < len(tree.content):
            chain = base.chain + 1
            self._write(tree.sha, _OFFSET_DELTA, _encode_offset(offset - base.offset), change)
        else:
            self._write(tree.sha, _TREE, b"", tree.content)
        self._versions[tree.sha] = _Version(offset, chain, tree.content)

    def finish(self) -> Pack:
        """Write the trailer and the index, and make both durable under their final names."""
        checksum = self._close_pack()
        name = f"pack-{checksum.hex()}"
        final = self._directory / f"{name}.pack"
        index = self._directory / f"{name}.idx"
        self._path.replace(final)
        fault_point("git.pack_written")
        beside = self._directory / f"tmp_idx_{os.getpid()}_{id(self):x}"
        with beside.open("wb") as file:
            file.write(self._index(checksum))
            _make_durable(file.fileno())
        beside.replace(index)
        sync_directory(self._directory)
        fault_point("git.idx_written")
        return Pack(name, self._offset + _HASH_BYTES)

    def _write(self, sha: bytes, number: int, base: bytes, content: bytes) -> None:
        rest, low = divmod(len(content), 16)
        first = number << 4 | low
        header = bytes((first | 0x80,)) + encode_size(rest) if rest else bytes((first,))
        encoded = header + base + _deflate(content)
        self._file.write(encoded)
        self._records[sha] = self._offset << 32 | zlib.crc32(encoded)
        self._offset += len(encoded)

    def _close_pack(self) -> bytes:
        # The header counts the objects, so it is written last and the checksum read back from the page cache.
        self._file.seek(4 + 4)
        self._file.write(struct.pack(">I", len(self._records)))
        self._file.flush()
        with self._path.open("rb") as written:
            checksum = hashlib.file_digest(written, "sha1").digest()
        self._file.seek(0, os.SEEK_END)
        self._file.write(checksum)
        self._file.flush()
        _make_durable(self._file.fileno())
        self._file.close()
        return checksum

    def _index(self, checksum: bytes) -> bytes:
        names = sorted(self._records)
        records = [self._records[name] for name in names]
        counts = [0] * 256
        for name in names:
            counts[name[0]] += 1
        body = b"".join(
            (
                b"\xfftOc\x00\x00\x00\x02",
                struct.pack(">256I", *accumulate(counts)),
                *names,
                struct.pack(f">{len(names)}I", *(record & 0xFFFFFFFF for record in records)),
                struct.pack(f">{len(names)}I", *(record >> 32 for record in records)),
                checksum,
            )
        )
        return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _deflate(content: bytes) -> bytes:
    size = len(content)
    if size > _STORED_BELOW:
        return zlib.compress(content, _LEVEL)
    # A delta is mostly one SHA and does not compress; a stored block (RFC 1951, 3.2.4) costs 2 us instead of 15.
    return b"\x78\x01\x01%s%s%s" % (
        struct.pack("<HH", size, size ^ 0xFFFF),
        content,
        struct.pack(">I", zlib.adler32(content)),
    )


def _make_durable(handle: int) -> None:
    os.fchmod(handle, 0o444)
    os.fsync(handle)


def _encode_offset(distance: int) -> bytes:
    out = bytearray((distance & 0x7F,))
    distance >>= 7
    while distance:
        distance -= 1
        out.insert(0, 0x80 | distance & 0x7F)
        distance >>= 7
    return bytes(out)
