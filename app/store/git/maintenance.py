"""Keeps the number of packs small by merging them geometrically, in steps that may be killed anywhere."""

from collections.abc import Sequence

from app.core.errors import IntegrityError
from app.core.faults import fault_point
from app.store.git.command import run_git
from app.store.git.durable import sync_directory, sync_file
from app.store.git.manifest import Line, read_lines, remove_leftovers, write_lines
from app.store.git.packs import Pack
from app.store.git.repository import Repository

_FACTOR = 2


def merge_packs(repository: Repository, *, most_packs: int) -> bool:
    """Merge when there are more than `most_packs`; the caller holds the lock and has caught up.

    `git repack -d` removes packs before anything records the new one; so the steps are our own: write the merged pack,
    enter it in the manifest, then remove what it replaces. A kill before the manifest leaves the new pack over, after
    it the old ones; `remove_leftovers` clears either.
    """
    lines = read_lines(repository.manifest)
    merged = {pack.name for pack in choose_packs([line.pack for line in lines])}
    if len(lines) <= most_packs or not merged:
        return False
    new = _pack_together(repository, sorted(merged))
    fault_point("git.merged")
    kept = [line.pack for line in lines if line.pack.name not in merged and line.pack.name != new.name]
    # After a merge no line but the last can say up to which commit the packs are complete.
    write_lines(repository.manifest, [*(Line(pack, None) for pack in kept), Line(new, lines[-1].head)])
    fault_point("git.merge_listed")
    remove_leftovers(repository, read_lines(repository.manifest))
    fault_point("git.merge_removed")
    run_git(repository.path, "commit-graph", "write", "--reachable", "--changed-paths")
    run_git(repository.path, "multi-pack-index", "write")
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


def _pack_together(repository: Repository, names: Sequence[str]) -> Pack:
    printed = run_git(
        repository.path,
        "-c",
        "pack.threads=1",
        "pack-objects",
        "--stdin-packs",
        "--delta-base-offset",
        "--quiet",
        str(repository.packs / "pack"),
        stdin="".join(f"{name}.pack\n" for name in names).encode(),
    )
    name = f"pack-{printed.decode().strip()}"
    file = repository.packs / f"{name}.pack"
    if not file.is_file():
        raise IntegrityError(f"git wrote no pack for tenant '{repository.path.stem}'; run `sternpost git rebuild`")
    for suffix in (".pack", ".idx"):
        sync_file(file.with_suffix(suffix))
    sync_directory(repository.packs)
    return Pack(name, file.stat().st_size)
