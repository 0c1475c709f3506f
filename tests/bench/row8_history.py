"""Row 8: the history of one document among many commits, against the range scan of the index."""

import sqlite3
from collections.abc import Iterator

from app.boot import DEFAULT, Installation, installation
from app.changes.change import Edit
from app.changes.history import history
from app.resources.rules.kind import RULE
from app.store.events import COLUMNS
from app.store.session import TenantSession
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.ground import CTX, Ground, rule_id, text_of

REVISIONS = 200
PAGE = 100
REPEATS = 20
_NAMES = ", ".join(column.name for column in COLUMNS)
_SCAN = (
    f"SELECT {_NAMES} FROM events WHERE tenant = ? AND object_kind = 'rule' AND object_id = ? ORDER BY seq DESC LIMIT ?"
)


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare reading the newest hundred revisions of a document with reading their rows."""
    say("Row 8: history")
    size = ground.size
    config = ground.copied(size.counts[0])
    with installation(config) as opened:
        document = rule_id(7)
        _change(opened, document, REVISIONS // 2, first=1_000_000)
        database = sqlite3.connect(config.database_url.removeprefix("sqlite:///"), isolation_level=None)
        _multiply(database, size.commits)
        _change(opened, document, REVISIONS // 2, first=2_000_000)
        session = TenantSession(opened.database, DEFAULT)
        acts = {
            "real": lambda: [history(session, RULE, document, before=1 << 62, most=PAGE) for _ in range(REPEATS)],
            "floor": lambda: [database.execute(_SCAN, (DEFAULT, document, PAGE)).fetchall() for _ in range(REPEATS)],
        }
        taken = side_by_side(size.rounds, acts, waits=False)
        session.release()
        database.close()
    real, floor = taken["real"] / REPEATS, taken["floor"] / REPEATS
    yield Figure(
        row="8",
        what=f"history of one document at {size.commits:,} commits",
        figure=duration(real),
        floor=duration(floor),
        **at_most(real / floor, 2),
    )


def _change(opened: Installation, document: str, count: int, *, first: int) -> None:
    for number in range(first, first + count):
        opened.committer.submit(CTX, [Edit("rule", document, "modify", {"longDescription": text_of(number)})])


def _multiply(database: sqlite3.Connection, commits: int) -> None:
    """Add commits by repeating the events that are there: the history does not read what is between."""
    first, last = database.execute("SELECT min(seq), max(seq) FROM events WHERE tenant = ?", (DEFAULT,)).fetchone()
    columns = _NAMES.replace("seq", "seq + ?", 1).replace("commit_id", "printf('%040x', seq + ?)")
    database.execute("BEGIN IMMEDIATE")
    end = last
    while end < commits:
        step = end - first
        database.execute(
            f"INSERT INTO events ({_NAMES}) SELECT {columns} FROM events "
            "WHERE tenant = ? AND seq > ? AND seq <= ? AND object_id != ?",
            (step, step, DEFAULT, first, min(end, commits - step + first), rule_id(7)),
        )
        end += step
    database.execute("UPDATE tenants SET seq = ? WHERE id = ?", (end, DEFAULT))
    database.execute("COMMIT")
