"""Reads a zip from outside: nothing of it is written to disk, believed or unpacked further than its limits."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import field
from typing import IO, Final

from app.core.errors import InvalidError
from app.core.values import dataclass
from app.http.intake import FileFaults

MAX_UNPACKED_BYTES: Final = 1 << 30
"""Counted while reading: what the zip says of its own sizes is not believed."""
MAX_MEMBER_BYTES: Final = 8 << 20
MAX_MEMBERS: Final = 200_000
MAX_NAME_BYTES: Final = 2000
PIECE_BYTES: Final = 1 << 16
MAX_DIRECTORY_BYTES: Final = 24 << 20
SHOWN_CHARACTERS: Final = 200
ARCHIVE: Final = "archive"
"""Under this name stands what is wrong with the zip as a whole."""

_ENCRYPTED, _UTF8 = 0x1, 0x800
_DIRECTORY_SIZE = 5
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    UnicodeError,
    ValueError,
)
"""What the library raises for bytes that are no zip, or no longer the one that was written."""


@dataclass(slots=True)
class SafeZip:
    """The files of one zip by name, in its order; `read` gives one at a time."""

    members: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    unread_bytes: int = MAX_UNPACKED_BYTES
    _zip: zipfile.ZipFile | None = None

    def read(self, name: str) -> bytes:
        """Unpack one file.

        Raises:
            InvalidError: it is damaged or too large.
        """
        if self._zip is None:
            raise TypeError("the zip was not opened")
        pieces: list[bytes] = []
        size = 0
        try:
            with self._zip.open(self.members[name]) as file:
                while piece := file.read(PIECE_BYTES):
                    size += len(piece)
                    self.unread_bytes -= len(piece)
                    self._refuse_large(size)
                    pieces.append(piece)
        except _BROKEN as error:
            raise InvalidError("the zip is damaged here; export it again") from error
        return b"".join(pieces)

    def _refuse_large(self, size: int) -> None:
        if size > MAX_MEMBER_BYTES:
            raise InvalidError(f"it unpacks to more than {MAX_MEMBER_BYTES} bytes, the most for one file; leave it out")
        if self.unread_bytes < 0:
            raise InvalidError(f"the zip unpacks to more than {MAX_UNPACKED_BYTES} bytes; export less at once")


def open_zip(file: IO[bytes]) -> SafeZip:
    """Read the directory of a zip and check every name in it before anything is unpacked.

    Raises:
        InvalidError: it is no zip, or holds what an archive of a configuration never does; all such members are named.
    """
    faults = FileFaults()
    opened, infos = _infos(file, faults)
    if len(infos) > MAX_MEMBERS:
        faults.add(ARCHIVE, f"it holds {len(infos)} files; at most {MAX_MEMBERS} are taken at once")
    claimed = sum(info.file_size for info in infos)
    if claimed > MAX_UNPACKED_BYTES:
        faults.add(ARCHIVE, f"it unpacks to {claimed} bytes; at most {MAX_UNPACKED_BYTES} are taken at once")
    faults.raise_if_any()
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _name(info)
        shown = _printable((name or info.orig_filename)[:SHOWN_CHARACTERS])
        for text in _faults(info, name):
            faults.add(shown, text)
        if name is None or name.endswith("/"):
            continue
        if name in members:
            faults.add(shown, "the zip holds two files of this name; keep one")
        members[name] = info
    faults.raise_if_any()
    return SafeZip(members, _zip=opened)


def _infos(file: IO[bytes], faults: FileFaults) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    try:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # noqa: SLF001  the size must be known before the library reads so much
        if end is not None and end[_DIRECTORY_SIZE] > MAX_DIRECTORY_BYTES:
            faults.add(ARCHIVE, f"it names more files than are taken at once ({MAX_MEMBERS}); export less at once")
            faults.raise_if_any()
        opened = zipfile.ZipFile(file)
        return opened, opened.infolist()
    except _BROKEN:
        faults.add(ARCHIVE, "the file is not a zip, or is damaged; export it again")
        faults.raise_if_any()
        raise


def _name(info: zipfile.ZipInfo) -> str | None:
    """Give the name as it was written; None where it is not UTF-8."""
    name = info.orig_filename
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        # Without the flag the library took the bytes for cp437.
        return name.encode("cp437").decode()
    except UnicodeError:
        return None


def _faults(info: zipfile.ZipInfo, name: str | None) -> Iterator[str]:
    mode = info.external_attr >> 16
    if name is None:
        yield "its name is not UTF-8; rename it"
    elif _is_unsafe(name):
        yield "its name is a path that leads out of the archive, or no path at all; rename it"
    if stat.S_IFMT(mode) and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        yield "it is a link or a device, not a file; put the file itself there"
    if info.flag_bits & _ENCRYPTED:
        yield "it is encrypted; export it without a password"
    elif info.compress_type not in _METHODS:
        yield f"it is compressed by method {info.compress_type}; only stored and deflated files are read"


def _printable(name: str) -> str:
    """Show a name that could otherwise pose as a line of a message, or speak to a terminal."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in name)


def _is_unsafe(name: str) -> bool:
    steps = name.removesuffix("/").split("/")
    return (
        len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES
        or any(step in {"", ".", ".."} for step in steps)
        or "\\" in name
        or ":" in steps[0]
        or not name.isprintable()
    )
