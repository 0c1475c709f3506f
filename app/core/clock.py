"""Time as milliseconds since 1970 UTC, and as RFC 3339 text."""

import re
import time
from datetime import UTC, datetime, timedelta

from app.core.errors import InvalidError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EXAMPLE = "2026-01-02T03:04:05Z"
_SHOWN = 60  # characters of a refused time that a message repeats

_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]"
    r"(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]+))?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_PLUS_LOST = re.compile(r".*[0-9] [0-9]{2}:[0-9]{2}")


def now_ms() -> int:
    """Read the clock."""
    return time.time_ns() // 1_000_000


def just_sleep(seconds: float) -> bool:
    """Wait, and know of no end."""
    time.sleep(seconds)
    return False


def rfc3339(ms: int) -> str:
    """Write a time with milliseconds, in UTC: `2026-01-02T03:04:05.678Z`."""
    return (_EPOCH + ms * _MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> int:
    """Read a time with an explicit zone, as milliseconds; what is finer is cut off.

    Raises:
        InvalidError: names the text and the remedy.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise _refusal(text, _remedy(text))
    if found["zone"] is None:
        raise _refusal(text, "has no time zone; add Z for UTC, or an offset such as +02:00")
    zone = "+00:00" if found["zone"] in "Zz" else found["zone"]
    fraction = (found["fraction"] or "").ljust(3, "0")[:3]
    try:
        moment = datetime.fromisoformat(f"{found['date']}T{found['clock']}.{fraction}{zone}")
        ms = (moment - _EPOCH) // _MILLISECOND
        rfc3339(ms)  # an offset can push the first and the last day out of the calendar
    except (ValueError, OverflowError) as error:
        raise _refusal(text, f"is not a time of the calendar ({error}); correct it, as in {_EXAMPLE}") from None
    return ms


def _remedy(text: str) -> str:
    if _PLUS_LOST.fullmatch(text):
        return "has a space before its offset; write the + as %2B in a URL"
    return f"is not an RFC 3339 time; write it as {_EXAMPLE}"


def _refusal(text: str, fault: str) -> InvalidError:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return InvalidError(f"Time {shown!r} {fault}")
