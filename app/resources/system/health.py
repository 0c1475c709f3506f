"""Is the server well: each check looks at the thing itself, and says what to do where it is not."""

import resource
import shutil
from collections.abc import Callable, Iterator
from typing import Literal

from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import now_ms
from app.core.errors import SternpostError
from app.core.values import dataclass
from app.store.events import COMMITS_AFTER, LAST_OF_COMMIT, event
from app.store.heartbeat import seconds_since_beat
from app.store.migrations import is_current
from app.store.secrets import find_lost_key

Level = Literal["Ok", "Warning", "Critical"]

_GIB, _MIB = 1 << 30, 1 << 20
LITTLE_BYTES, HARDLY_ANY_BYTES = _GIB, 100 * _MIB
"""Free space at which a warning and an alarm are due."""

LATE_S, FAR_TOO_LATE_S = 60, 600
"""Git is normally one second behind the log, and the worker awake every second."""

FEW_FILES = 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says."""

    level: Level
    text: str


def check_database(work: Work) -> Finding:
    """Read the tenant's head, and see that every migration is there."""
    seq = work.session.head().seq
    if not is_current(work.session.database):
        return Finding("Critical", "Migrations are pending; run `sternpost db upgrade`")
    kind = "SQLite" if work.session.database.is_sqlite else "PostgreSQL"
    return Finding("Ok", f"{kind} answers, its tables are current, and the log stands at event {seq}")


def check_disk(work: Work) -> Finding:
    """Look for room where the data lies."""
    free = shutil.disk_usage(work.data_dir).free
    shown = f"{free / _GIB:.1f} GiB are free for the data directory"
    if free < HARDLY_ANY_BYTES:
        return Finding("Critical", f"{shown}; writes are refused when it is full: make room now")
    if free < LITTLE_BYTES:
        return Finding("Warning", f"{shown}; make room soon")
    return Finding("Ok", shown)


def check_git(work: Work) -> Finding:
    """Compare the repository with the log."""
    head, at = work.session.head().commit, work.git.position(work.ctx.tenant)
    if at == head:
        return Finding("Ok", "The repository stands at the head of the log")
    found = None if at is None else work.session.find(LAST_OF_COMMIT, {"commit": at})
    seq = found[0] if found is not None and found[0] is not None else 0
    row = work.session.find(COMMITS_AFTER, {"seq": seq, "most": 1})
    late_s = 0 if row is None else max(0, now_ms() - event(row).time) // 1000
    shown = f"The repository is behind the log since {late_s} s"
    if late_s <= LATE_S:
        return Finding("Ok", f"{shown}, and follows")
    level: Level = "Warning" if late_s <= FAR_TOO_LATE_S else "Critical"
    return Finding(level, f"{shown}; look into the worker's log, or run `sternpost git sync`")


def check_keys(work: Work) -> Finding:
    """Read every key that the database names."""
    with work.session.database.connect() as connection:
        lost = find_lost_key(connection, work.committer.ring)
    if lost is not None:
        return Finding("Critical", lost)
    return Finding("Ok", f"All {len(work.committer.ring.keys)} keys can be read")


def check_worker(work: Work) -> Finding:
    """Look for the worker's sign of life."""
    ago = seconds_since_beat(work.data_dir)
    if ago is None:
        return Finding("Warning", "No background worker was ever at work here; start `sternpost worker`")
    if ago <= LATE_S:
        return Finding("Ok", "The background worker is at work")
    level: Level = "Warning" if ago <= FAR_TOO_LATE_S else "Critical"
    return Finding(level, f"The background worker was last at work {ago:.0f} s ago; see its log, or start it again")


def check_files(_work: Work) -> Finding:
    """Look at how many files this process may open."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    shown = f"This process may open {'any number of' if limit == resource.RLIM_INFINITY else limit} files"
    if limit != resource.RLIM_INFINITY and limit < FEW_FILES:
        return Finding("Warning", f"{shown}; allow at least {FEW_FILES} (LimitNOFILE in systemd)")
    return Finding("Ok", shown)


CHECKS: tuple[tuple[str, Callable[[Work], Finding]], ...] = (
    ("Database", check_database),
    ("Disk space", check_disk),
    ("Git repository", check_git),
    ("Keys", check_keys),
    ("Background worker", check_worker),
    ("File descriptors", check_files),
)


def findings(work: Work) -> Iterator[Document]:
    """Carry out every check; one that cannot be carried out is an alarm, and the others go on."""
    for name, check in CHECKS:
        try:
            finding = check(work)
        except (SternpostError, OSError) as failure:
            said = failure.message if isinstance(failure, SternpostError) else f"It cannot be read: {failure.strerror}"
            finding = Finding("Critical", said)
        yield {"name": name, "msg": finding.text, "status": finding.level}
