"""Plots as pages draw them: numbers turned into places of a picture, which has no scripts and no styles inline."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from app.core.values import dataclass

Json = dict[str, Any]

WIDTH: Final = 720
HEIGHT: Final = 120
GAP: Final = 2
DAY_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: its place, what it says, and the page that it leads to."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class Point:
    """One day of a line: its place, and what it says."""

    x: float
    y: float
    day: str
    share: float
    components: int


def bars_of(histogram: Json, page: str, filters: dict[str, str]) -> list[Bar]:
    """Place the bars of `GET /events/histogram`; each leads to `page` with its moments among the filters."""
    shown = histogram.get("bars", [])
    most = max((one["count"] for one in shown), default=0) or 1
    step = WIDTH / (len(shown) or 1)
    bars = []
    for place, one in enumerate(shown):
        height = round(one["count"] / most * (HEIGHT - 2), 1)
        # One event among very many is still to be seen.
        height = max(height, 2.0) if one["count"] else 0.0
        query = urlencode({**filters, "from": one["from"], "to": one["to"]})
        label = (
            f"{_moment(one['from'], histogram['widthSeconds'])}: {one['count']} event{'' if one['count'] == 1 else 's'}"
        )
        bars.append(
            Bar(
                round(place * step, 1), HEIGHT - height, round(step - GAP, 1), height, label, one["count"],
                f"{page}?{query}",
            )
        )  # fmt: skip
    return bars


def points_of(history: Sequence[Json], days: int) -> list[Point]:
    """Place the days of `GET /compliance/history`, the last of them at the right edge."""
    if not history:
        return []
    last = _day_number(history[-1]["day"])
    return [
        Point(
            round(WIDTH - 6 - (last - _day_number(one["day"])) / max(days - 1, 1) * (WIDTH - 12), 1),
            round(6 + (100 - one["compliance"]) / 100 * (HEIGHT - 12), 1),
            one["day"],
            one["compliance"],
            one["components"],
        )
        for one in history
    ]


def line_through(points: Sequence[Point]) -> str:
    """Write the line through some points as SVG does."""
    return " ".join(f"{point.x},{point.y}" for point in points)


def _moment(time: str, width_s: int) -> str:
    return time[:10] if width_s >= DAY_S else f"{time[:10]} {time[11:16]} UTC"


def _day_number(day: str) -> int:
    return date.fromisoformat(day).toordinal()
