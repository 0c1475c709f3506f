"""Freeze windows: times in which nothing is deployed, as people write them down in their own time zone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from app.changes.review.durations import duration_ms
from app.core.canonical import JSON
from app.core.errors import InvalidError
from app.core.values import dataclass

LONGEST_MS = 32 * 86_400_000
MEMBERS = frozenset({"cron", "duration", "timezone"})
_MOST_STARTS = 2_000


@dataclass(frozen=True, slots=True)
class Freeze:
    """A window that begins whenever the clock of a zone shows a moment of `cron`, and lasts so many milliseconds.

    The beginning follows the zone's own clock over its changes; the length is real time.
    """

    cron: str
    lasts_ms: int
    zone: str

    def until(self, now_ms: int) -> int | None:
        """Say when the windows that hold now end; None when none does."""
        end, zone = None, ZoneInfo(self.zone)
        since = datetime.fromtimestamp((now_ms - self.lasts_ms) / 1000, UTC).astimezone(zone) - timedelta(minutes=1)
        for count, start in enumerate(CronSim(self.cron, since)):
            start_ms = int(start.timestamp() * 1000)
            if start_ms > (now_ms if end is None else end) or count > _MOST_STARTS:
                break
            if start_ms + self.lasts_ms > now_ms:
                end = max(end or 0, start_ms + self.lasts_ms)
        return end


def frozen_until(freezes: Iterable[Freeze], now_ms: int) -> int | None:
    """Say when every window that holds now is over; None when none does."""
    ends = [end for end in (freeze.until(now_ms) for freeze in freezes) if end is not None]
    return max(ends) if ends else None


def read_freezes(value: JSON) -> tuple[Freeze, ...]:
    """Read the windows of a policy.

    Raises:
        InvalidError: naming what is wrong with the first bad one.
    """
    items = value if isinstance(value, list) else []
    return tuple(_read(item, f"freeze[{place}]") for place, item in enumerate(items))


def _read(item: JSON, path: str) -> Freeze:
    if not isinstance(item, dict) or set(item) != MEMBERS or not all(isinstance(text, str) for text in item.values()):
        raise _fault(path, 'must be {"cron":"0 18 * * 5","duration":"PT62H","timezone":"Europe/Paris"}')
    cron, zone = str(item["cron"]), str(item["timezone"])
    try:
        CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError:
        raise _fault(f"{path}.cron", f"'{cron[:60]}' is not a cron line of five fields") from None
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _fault(f"{path}.timezone", f"'{zone[:60]}' is not an IANA time zone such as Europe/Paris") from None
    return Freeze(cron, duration_ms(str(item["duration"]), f"{path}.duration", longest_ms=LONGEST_MS), zone)


def _fault(path: str, text: str) -> InvalidError:
    return InvalidError(f"{path}: {text}", fields={path: [text]})
