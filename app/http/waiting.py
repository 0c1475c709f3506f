"""Tags of lists and other answers that depend on much, and long polls: who holds the newest waits for the next one."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Final

from app.changes.review.durations import duration_ms
from app.core.canonical import JSON
from app.http.params import Named

WAIT: Final = "wait"
LONGEST_MS: Final = 30_000
LONGEST_ASKED_MS: Final = 3_600_000
PACE_S: Final = 0.2


def collection_tag(known: tuple[object, ...], named: Named | None) -> str:
    """Tag an answer: by version, tenant, actor, the state it depends on and its path, and by the query in any order."""
    query = sorted((name, value) for name, values in (named or {}).items() if name != WAIT for value in values)
    return f'W/"{hashlib.sha256(repr((*known, query)).encode()).hexdigest()[:32]}"'


def wait_s(asked: JSON) -> float:
    """Read how long to wait, 0 where nobody asked; more than half a minute is cut.

    Raises:
        InvalidError: it is no duration.
    """
    if asked is None:
        return 0.0
    return min(duration_ms(str(asked), WAIT, longest_ms=LONGEST_ASKED_MS), LONGEST_MS) / 1000


def awaited(
    again: Callable[[], str],
    tag: str,
    longest_s: float,
    threads: threading.BoundedSemaphore,
    pause: Callable[[float], bool],
) -> str:
    """Give the tag as soon as it is another one, or the same when the time is over or no thread is free to wait.

    `pause` waits so many seconds and tells whether the server is about to end, which nobody is to hold up.
    """
    if not threads.acquire(blocking=False):
        return tag
    try:
        ends, now, is_over = time.monotonic() + longest_s, tag, False
        while now == tag and not is_over:
            left_s = ends - time.monotonic()
            is_over = pause(min(PACE_S, max(0.0, left_s))) or left_s <= PACE_S
            now = again()
        return now
    finally:
        threads.release()
