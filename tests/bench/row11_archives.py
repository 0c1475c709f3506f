"""Row 11: an archive, a restore and a zip of the same documents after a short and after a long history."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

from app.boot import DEFAULT, Installation, installation
from app.changes.archives import SCOPES, create_archive
from app.changes.change import Edit
from app.changes.restoring import restore, zip_at
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.ground import CTX, Changes, Ground, rule_id, text_of

SCOPE = SCOPES["full"]
CHANGED = 50
"""Documents that differ from the archive when it is restored."""


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare two tenants with the same number of documents."""
    say("Row 11: archives")
    size = ground.size
    few, many = size.histories
    with ExitStack() as stack:
        opened = {commits: stack.enter_context(installation(ground.copied(size.counts[0]))) for commits in (few, many)}
        for commits, one in opened.items():
            _make_history(one, size.counts[0], commits)
        for what, act in ACTS.items():
            ready = {str(commits): act(one) for commits, one in opened.items()}
            taken = side_by_side(2 * size.rounds, ready, waits=False)
            yield Figure(
                row="11",
                what=f"{what} of {size.counts[0]:,} documents after {many:,} commits, against {few:,}",
                figure=duration(taken[str(many)]),
                floor=duration(taken[str(few)]),
                **at_most(taken[str(many)] / taken[str(few)], 1.5),
            )


def _make_history(opened: Installation, documents: int, commits: int) -> None:
    say(f"  Making {commits:,} commits")
    changes = Changes(documents)
    for _ in range(commits):
        opened.committer.submit(CTX, [changes.edit()])
    opened.git_writer.catch_up(DEFAULT)
    opened.git_writer.maintain(DEFAULT)


def _archive(opened: Installation) -> Callable[[], object]:
    """Make an archive, its tag counted."""

    def act() -> None:
        create_archive(opened.work(CTX), SCOPE)
        opened.git_writer.catch_up(DEFAULT)

    return act


def _restore(opened: Installation) -> Callable[[], object]:
    """Restore an archive after some changes, these and git counted."""
    archive = create_archive(opened.work(CTX), SCOPE)
    rounds = iter(range(1_000_000))

    def act() -> None:
        number = next(rounds) * CHANGED
        edits = [
            Edit("rule", rule_id(place), "modify", {"longDescription": text_of(number + place)})
            for place in range(CHANGED)
        ]
        opened.committer.submit(CTX, edits)
        restore(opened.work(CTX), SCOPE, archive.commit, archive=archive.id)

    return act


def _zip(opened: Installation) -> Callable[[], object]:
    """Write a zip of the head."""
    head = opened.work(CTX).session.head().commit or ""
    return lambda: zip_at(opened.work(CTX), SCOPE, head).close()


ACTS: Mapping[str, Callable[[Installation], Callable[[], object]]] = {
    "archive": _archive,
    "restore": _restore,
    "zip": _zip,
}
