"""Counts failed authentications per address, in memory of bounded size."""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import ip_address
from threading import Lock

LIMIT = 20
WINDOW_S = 60.0
MAX_ADDRESSES = 10_000


class Throttle:
    """Allows `LIMIT` failures per address within `WINDOW_S`; successes are neither counted nor slowed."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def fail(self, address: str) -> int:
        """Count a failure; give the seconds to wait when the address has had too many, else 0."""
        now, key = self._now_s(), bucket(address)
        with self._lock:
            times = self._failures.setdefault(key, deque(maxlen=LIMIT))
            self._failures.move_to_end(key)
            if len(self._failures) > MAX_ADDRESSES:
                self._failures.popitem(last=False)
            if len(times) == LIMIT and now - times[0] < WINDOW_S:
                return max(1, math.ceil(times[0] + WINDOW_S - now))
            times.append(now)
        return 0


def bucket(address: str) -> str:
    """Name whose failures count together: an IPv4 address, or the /64 that one IPv6 host can roam in."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else parsed.exploded[:19]  # noqa: PLR2004  the IP version
