"""Fault points: places where a crash test kills the process; they do nothing in an unarmed one."""

import os
import signal
from itertools import count

_ARMED, _, _PASSAGE = os.environ.get("STERNPOST_TEST_FAULT", "").partition(":")
_LOG = os.environ.get("STERNPOST_TEST_FAULT_LOG", "")
_passages = count(1)


def fault_point(name: str) -> None:
    """Die here when `STERNPOST_TEST_FAULT` is `<name>` or `<name>:<n>` (the n-th passage in this process)."""
    if _ARMED and name == _ARMED and next(_passages) == int(_PASSAGE or 1):
        _die(name)


def _die(name: str) -> None:
    if _LOG:
        # A test fails when its fault never fired, so the line has to survive what follows.
        with open(_LOG, "a", encoding="utf-8") as log:  # noqa: PTH123 - one call for append, flush and fsync
            log.write(name + "\n")
            log.flush()
            os.fsync(log.fileno())
    os.kill(os.getpid(), signal.SIGKILL)
