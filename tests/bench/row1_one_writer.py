"""Row 1: one accepted, durable, logged, committed change after the other, in process."""

from collections.abc import Iterator

from app.boot import Installation, installation
from tests.bench.bare import bare_changes
from tests.bench.figures import Figure, at_least, duration, rate, say, side_by_side
from tests.bench.follower import follower
from tests.bench.ground import CTX, Changes, Ground, without_git
from tests.bench.naive import seconds_of_git_change


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare changes with and without git, the bare statements, and GitPython's index."""
    size = ground.size
    few, middle, _ = size.counts
    say("Row 1: one writer")
    taken = _taken(ground, middle)
    one = {name: seconds / size.changes for name, seconds in taken.items()}
    floor = rate(1 / one["floor"])
    what = f"one writer, {middle:,} documents"
    yield Figure(
        row="1",
        what=f"{what}, git writer counted",
        figure=rate(1 / one["counted"]),
        floor=floor,
        **at_least(one["floor"] / one["counted"], 0.6),
    )
    yield Figure(
        row="1",
        what=f"{what}, answers alone",
        figure=rate(1 / one["answers"]),
        floor=floor,
        **at_least(one["floor"] / one["answers"], 0.8),
    )
    yield Figure(
        row="1", what=f"{what}, bare SQL", figure=rate(1 / one["bare"]), ratio=f"{one['bare'] / one['answers']:.2f}"
    )
    for count, goal in ((few, 50), (middle, 200)):
        naive = seconds_of_git_change(ground.folder / f"naive-{count}", count, size.naive)
        yield Figure(
            row="1",
            what=f"against GitPython's index at {count:,}",
            figure=rate(1 / one["counted"]),
            naive=duration(naive),
            **at_least(naive / one["counted"], goal),
        )


def _taken(ground: Ground, count: int) -> dict[str, float]:
    size = ground.size
    with (
        ground.database(count) as config,
        ground.database(count) as floor_config,
        ground.database(count) as bare_config,
        installation(config) as real,
        installation(floor_config) as opened,
        bare_changes(bare_config, count) as bare,
        follower(config) as writer,
    ):
        floor, changes = without_git(opened), Changes(count)

        def counted() -> None:
            writer.start()
            _write(real, changes, size.changes)
            writer.finish()

        acts = {
            "floor": lambda: _write(floor, changes, size.changes),
            "answers": lambda: _write(real, changes, size.changes),
            "bare": lambda: [bare.change() for _ in range(size.changes)],
        }
        for act in (*acts.values(), counted):
            act()
        alone = side_by_side(size.rounds, acts)
        writer.finish()
        together = side_by_side(size.rounds, {"floor": acts["floor"], "counted": counted})
    # The floor was measured twice; scale the second part to the first.
    return {**alone, "counted": together["counted"] * alone["floor"] / together["floor"]}


def _write(opened: Installation, changes: Changes, count: int) -> None:
    submit = opened.committer.submit
    for _ in range(count):
        submit(CTX, [changes.edit()])
