"""Row 3: what one change costs as the documents grow, in time and in bytes of git."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from app.boot import DEFAULT, Installation, installation
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.ground import CTX, Changes, Ground


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare one change in tenants of three sizes."""
    say("Row 3: growth")
    size = ground.size
    with ExitStack() as stack:
        opened = {count: stack.enter_context(installation(ground.copied(count))) for count in size.counts}
        changes = {count: Changes(count) for count in size.counts}
        for count in size.counts:
            _write(opened[count], changes[count], size.changes // 2)  # loads the trees
        acts = {
            str(count): lambda count=count: _write(opened[count], changes[count], size.changes) for count in size.counts
        }
        taken = side_by_side(size.rounds, acts)
        few = taken[str(size.counts[0])] / size.changes
        for count in size.counts[1:]:
            one = taken[str(count)] / size.changes
            yield Figure(
                row="3",
                what=f"one change at {count:,} documents, against {size.counts[0]:,}",
                figure=duration(one),
                floor=duration(few),
                **at_most(one / few, 1.5),
            )
        for count in size.counts:
            kb = _git_bytes(opened[count], changes[count]) / 1000
            yield Figure(
                row="3", what=f"git bytes of a commit at {count:,}", figure=f"{kb:.1f} kB", **at_most(kb, 20, " kB")
            )


def _write(opened: Installation, changes: Changes, count: int) -> None:
    for _ in range(count):
        opened.committer.submit(CTX, [changes.edit()])


def _git_bytes(opened: Installation, changes: Changes, commits: int = 256) -> float:
    opened.git_writer.catch_up(DEFAULT)
    path = opened.git_writer.path(DEFAULT)
    before = _size(path)
    _write(opened, changes, commits)
    opened.git_writer.catch_up(DEFAULT)
    return (_size(path) - before) / commits


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
