"""How many requests one key may make: a bucket per key, refilled evenly, in memory of bounded size."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from app.core.errors import ThrottledError

MOST_KEYS: Final = 10_000


class Pace:
    """Lets so many requests per second pass, and as many at once; 0 lets all pass."""

    def __init__(self, per_s: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._now_s = now_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str) -> None:
        """Count a request.

        Raises:
            ThrottledError: it is one too many now.
        """
        if self._per_s == 0:
            return
        now = self._now_s()
        with self._lock:
            left, since = self._left.get(key, (float(self._per_s), now))
            left = min(float(self._per_s), left + (now - since) * self._per_s)
            self._left[key] = (left - 1 if left >= 1 else left, now)
            self._left.move_to_end(key)
            if len(self._left) > MOST_KEYS:
                self._left.popitem(last=False)
        if left < 1:
            raise ThrottledError("Too many requests", retry_after_s=max(1, math.ceil((1 - left) / self._per_s)))
