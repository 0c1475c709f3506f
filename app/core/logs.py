"""Log lines: an event and its fields, one JSON object a line on standard error.

Not a library, because the common ones load a console renderer, tracebacks in colour and asyncio: a tenth of a start.
"""

import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import orjson

Line = MutableMapping[str, Any]
LEVELS: Final = ("debug", "info", "warning", "error")


def written(line: Line) -> bytes:
    """Write one line in one step: a chain of processors and a text stream cost a quarter of a short request."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    line["timestamp"] = f"{_second(seconds)}.{nanoseconds // 1000:06}Z"
    return orjson.dumps(line, default=str) + b"\n"


@lru_cache(maxsize=2)
def _second(whole_s: int) -> str:
    return datetime.fromtimestamp(whole_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def to_standard_error(line: Line) -> None:
    """Send a line where the operator looks."""
    sys.stderr.buffer.write(written(line))
    sys.stderr.buffer.flush()


class Log:
    """Says what happened to whoever listens; by default everything from `info` on goes to standard error."""

    def __init__(self, tell: Callable[[Line], None] = to_standard_error) -> None:
        self.tell = tell
        self.least = LEVELS.index("info")

    def info(self, event: str, **fields: object) -> None:
        """Say what is usual."""
        self._say("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Say what the operator may want to mend."""
        self._say("warning", event, fields)

    def error(self, event: str, *, failure: BaseException | None = None, **fields: object) -> None:
        """Say what went wrong, with the traceback of what nobody foresaw."""
        if failure is not None:
            fields["exception"] = "".join(traceback.format_exception(failure)).rstrip("\n")
        self._say("error", event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """Say what went wrong while an exception is handled."""
        self.error(event, failure=sys.exc_info()[1], **fields)

    def _say(self, level: str, event: str, fields: Line) -> None:
        if LEVELS.index(level) >= self.least:
            fields["event"], fields["level"] = event, level
            self.tell(fields)


LOG: Final = Log()
"""The log of this process."""


def configure_logging(level: str) -> None:
    """Say from which of the levels on lines are written."""
    LOG.least = LEVELS.index(level)
