"""Keeps the number of packs small by merging them geometrically, in steps that may be killed anywhere."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from app.core.faults import fault_point
from app.store.git.command import run_git
from app.store.git.durable import sync_directory, sync_file
from app.store.git.manifest import Line, read_lines, remove_leftovers, write_lines
from app.store.git.packs import Pack
from app.store.git.repository import Repository

_FACTOR = 2


class Merge(NamedTuple):
    """A pack written aside (in `aside`, an object directory of its own) that can replace the `replaced` ones."""

    aside: Path
    pack: Pack
    replaced: frozenset[str]


def prepare_merge(repository: Repository, *, most_packs: int) -> Merge | None:
    """Write the merged pack and the commit graph aside, when there are more than `most_packs`.

    This can take minutes and needs no lock against the writer, only against another merge: git reads the repository
    as an alternate and writes elsewhere. `git repack -d` would hold everybody up, and removes packs before anything
    records the new one.
    """
    aside = repository.path / "merge"
    shutil.rmtree(aside, ignore_errors=True)
    lines = read_lines(repository.manifest)
    replaced = frozenset(pack.name for pack in choose_packs([line.pack for line in lines]))
    if len(lines) <= most_packs or not replaced:
        return None
    (aside / "pack").mkdir(parents=True)
    (aside / "info").mkdir()
    pack = _pack_together(repository, aside, sorted(replaced))
    _git_aside(repository, aside, "commit-graph", "write", "--reachable", "--changed-paths")
    fault_point("git.merged")
    return Merge(aside, pack, replaced)


def adopt_merge(repository: Repository, merge: Merge) -> bool:
    """Put the merged pack in the place of those it replaces; False when they changed meanwhile.

    The caller holds the lock and has caught up. A kill before the manifest is written leaves the new pack over, after
    it the old ones; `remove_leftovers` clears either.
    """
    lines = read_lines(repository.manifest)
    if merge.replaced - {line.pack.name for line in lines} or not merge.aside.exists():
        return False
    for suffix in (".pack", ".idx"):
        name = merge.pack.name + suffix
        (merge.aside / "pack" / name).replace(repository.packs / name)
    sync_directory(repository.packs)
    fault_point("git.merge_moved")
    kept = [line.pack for line in lines if line.pack.name not in merge.replaced and line.pack.name != merge.pack.name]
    # After a merge no line but the last can say up to which commit the packs are complete.
    write_lines(repository.manifest, [*(Line(pack, None) for pack in kept), Line(merge.pack, lines[-1].head)])
    fault_point("git.merge_listed")
    remove_leftovers(repository, read_lines(repository.manifest))
    fault_point("git.merge_removed")
    (merge.aside / "info" / "commit-graph").replace(repository.path / "objects" / "info" / "commit-graph")
    run_git(repository.path, "multi-pack-index", "write")
    shutil.rmtree(merge.aside)
    return True


def choose_packs(packs: Sequence[Pack]) -> list[Pack]:
    """Choose the smallest packs such that afterwards each pack is at least twice as large as the next smaller one."""
    ordered = sorted(packs, key=lambda pack: pack.size)
    count = next(
        (at + 1 for at in range(len(ordered) - 1, 0, -1) if ordered[at].size < _FACTOR * ordered[at - 1].size), 0
    )
    total = sum(pack.size for pack in ordered[:count])
    while 0 < count < len(ordered) and ordered[count].size < _FACTOR * total:
        total += ordered[count].size
        count += 1
    return ordered[:count]


def _pack_together(repository: Repository, aside: Path, names: Sequence[str]) -> Pack:
    options = ("--stdin-packs", "--delta-base-offset", "--threads=1", "--quiet")
    wanted = "".join(f"{name}.pack\n" for name in names).encode()
    printed = _git_aside(repository, aside, "pack-objects", *options, str(aside / "pack" / "pack"), stdin=wanted)
    file = aside / "pack" / f"pack-{printed.decode().strip()}.pack"
    for suffix in (".pack", ".idx"):
        sync_file(file.with_suffix(suffix))
    return Pack(file.stem, file.stat().st_size)


def _git_aside(repository: Repository, aside: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    directories = {
        "GIT_OBJECT_DIRECTORY": str(aside),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository.path / "objects"),
    }
    return run_git(repository.path, *arguments, stdin=stdin, environment=directories)
