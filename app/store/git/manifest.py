"""The list of packs that were complete before the ref moved: what is not in it is a leftover, what is must be whole."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from app.core.errors import IntegrityError
from app.store.git.durable import replace_file
from app.store.git.packs import Pack
from app.store.git.repository import Repository

_UNFINISHED = "-"
_INDEX_BYTES = 8 + 256 * 4 + 2 * 20
_INDEX_BYTES_PER_OBJECT = 20 + 4 + 4


class Line(NamedTuple):
    """One pack; `head` is the commit that this pack and those above it hold in full, None within a long one."""

    pack: Pack
    head: str | None


def read_lines(manifest: Path) -> list[Line]:
    """Read the manifest; a missing or unreadable one vouches for nothing."""
    try:
        rows = [row.split(" ") for row in manifest.read_text("ascii").splitlines()]
        return [Line(Pack(name, int(size)), None if head == _UNFINISHED else head) for name, size, head in rows]
    except (FileNotFoundError, ValueError):
        return []


def write_lines(manifest: Path, lines: Sequence[Line]) -> None:
    """Replace the manifest durably."""
    rows = (f"{line.pack.name} {line.pack.size} {line.head or _UNFINISHED}\n" for line in lines)
    replace_file(manifest, "".join(rows).encode())


def sound_lines(repository: Repository, is_known: Callable[[str], bool]) -> list[Line]:
    """Find the packs that can be built on: all present, up to the newest commit that `is_known` to the log.

    A pack that is gone is a half-deleted repository, which heals; one of another size is damage, which is named.

    Raises:
        IntegrityError: a pack is damaged.
    """
    lines = read_lines(repository.manifest)
    for at, line in enumerate(lines):
        if not _is_present(repository, line.pack):
            lines = lines[:at]
            break
    while lines and not ((head := lines[-1].head) and is_known(head)):
        lines.pop()
    return lines


def remove_leftovers(repository: Repository, lines: Sequence[Line]) -> bool:
    """Remove every file beside the packs of `lines`; say whether there was any."""
    kept = {line.pack.name for line in lines}
    derived = "multi-pack-index"
    found = [path for path in repository.packs.iterdir() if path.stem not in kept and not path.name.startswith(derived)]
    if found:
        repository.drop_derived()
    for path in found:
        path.unlink()
    return bool(found)


def _is_present(repository: Repository, pack: Pack) -> bool:
    file = repository.packs / f"{pack.name}.pack"
    try:
        size = file.stat().st_size
        index_size = file.with_suffix(".idx").stat().st_size
        with file.open("rb", buffering=0) as header:
            objects = int.from_bytes(header.read(12)[8:], "big")
    except FileNotFoundError:
        return False
    if size != pack.size or index_size < _INDEX_BYTES + objects * _INDEX_BYTES_PER_OBJECT:
        raise IntegrityError(
            f"Pack '{pack.name}' of tenant '{repository.path.stem}' is damaged ({size} of {pack.size} bytes, "
            f"index {index_size} bytes); run `sternpost git rebuild`"
        )
    return True
