"""Times in milliseconds and as text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import now_ms, parse_rfc3339, rfc3339
from app.core.errors import InvalidError

FIRST_MS, LAST_MS = -62135596800000, 253402300799999  # years 1 and 9999


def test_now_is_in_milliseconds_since_1970() -> None:
    before = time.time_ns() // 1_000_000

    assert before <= now_ms() <= time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1767323045678, "2026-01-02T03:04:05.678Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (FIRST_MS, "0001-01-01T00:00:00.000Z"),
        (LAST_MS, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_times_are_written_in_utc_with_milliseconds(ms: int, text: str) -> None:
    assert rfc3339(ms) == text


@given(st.integers(FIRST_MS, LAST_MS))
def test_a_written_time_is_read_back(ms: int) -> None:
    assert parse_rfc3339(rfc3339(ms)) == ms


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05.678Z",
        "2026-01-02t03:04:05.678z",
        "2026-01-02 03:04:05.678Z",
        "2026-01-02T03:04:05.678999999999Z",
        "2026-01-02T05:04:05.678+02:00",
        "2026-01-01T21:34:05.678-05:30",
    ],
)
def test_one_moment_can_be_given_in_many_ways(text: str) -> None:
    assert parse_rfc3339(text) == 1767323045678


def test_a_fraction_may_be_short_or_missing() -> None:
    assert parse_rfc3339("1970-01-01T00:00:00.5Z") - parse_rfc3339("1970-01-01T00:00:00Z") == 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "2026-01-02T03:04:05",
            "Time '2026-01-02T03:04:05' has no time zone; add Z for UTC, or an offset such as +02:00",
        ),
        (
            "2026-01-02T03:04:05 02:00",
            "Time '2026-01-02T03:04:05 02:00' has a space before its offset; write the + as %2B in a URL",
        ),
        ("2026-01-02", "Time '2026-01-02' is not an RFC 3339 time; write it as 2026-01-02T03:04:05Z"),
        ("", "Time '' is not an RFC 3339 time; write it as 2026-01-02T03:04:05Z"),
        ("x" * 1000, f"Time '{'x' * 60}...' is not an RFC 3339 time; write it as 2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05Z\n", r"Time '2026-01-02T03:04:05Z\n' is not an RFC 3339 time"),
        ("٢٠٢٦-01-02T03:04:05Z", "Time '٢٠٢٦-01-02T03:04:05Z' is not an RFC 3339 time"),
        ("2026-02-29T00:00:00Z", "Time '2026-02-29T00:00:00Z' is not a time of the calendar"),
        ("2026-01-02T25:00:00Z", "Time '2026-01-02T25:00:00Z' is not a time of the calendar"),
        ("2026-01-02T00:00:00+99:00", "Time '2026-01-02T00:00:00+99:00' is not a time of the calendar"),
        ("0001-01-01T00:00:00+01:00", "Time '0001-01-01T00:00:00+01:00' is not a time of the calendar"),
    ],
)
def test_a_refused_time_is_shown_with_its_remedy(text: str, message: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_rfc3339(text)

    assert caught.value.message.startswith(message)
