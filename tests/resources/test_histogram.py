"""How many events there were over time: every event in one bar, and each bar is what its moments find."""

from itertools import pairwise

import pytest

from app.changes.change import Edit
from app.core.clock import parse_rfc3339
from app.resources.events.histogram import DAY_MS, WIDTHS_MS, Bars
from tests.installations import Server, submit

START = 1_700_000_000_000


def histogram(server: Server, query: str = "") -> dict[str, object]:
    answer = server.get(f"/api/25/events/histogram{query}")
    assert (answer.status_code, answer.json["action"]) == (200, "eventsHistogram"), answer.json
    found: dict[str, object] = answer.json["data"]["histogram"]
    return found


@pytest.mark.parametrize("span_ms", [1, 60_000, 3_600_001, 40 * DAY_MS, 4000 * DAY_MS, 50_000 * DAY_MS])
@pytest.mark.parametrize("most", [1, 7, 30])
def test_bars_cover_the_span_without_gaps_and_are_not_too_many(span_ms: int, most: int) -> None:
    bars = Bars.between(START + 17, START + 17 + span_ms, most)

    spans = list(bars.spans())

    assert (spans[0][0], spans[-1][1]) == (START + 17, START + 16 + span_ms)
    assert all(last + 1 == start for (_, last), (start, _) in pairwise(spans))
    assert len(spans) <= most
    assert bars.width_ms in WIDTHS_MS or span_ms > most * WIDTHS_MS[-1] // 2


@pytest.mark.parametrize("query", ["", "?kind=rule", "?actor=ci", "?actor=ci&type=RuleAdded", "?bars=3"])
def test_each_bar_counts_what_its_moments_find(server: Server, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    began = parse_rfc3339(server.get("/api/25/events?limit=1").json["data"]["events"][0]["time"])
    for place in range(4):
        monkeypatch.setattr(server.opened.committer, "clock", lambda place=place: began + place * 3 * DAY_MS + 5000)
        submit(server.opened, Edit("rule", f"r-{place}", "create", {"displayName": f"Rule {place}"}))

    found = histogram(server, query)

    bars = found["bars"]
    assert isinstance(bars, list)
    assert found["total"] == sum(bar["count"] for bar in bars) > 0
    joined = f"{query}&" if query else "?"
    joined = joined.replace("bars=3&", "")
    for bar in bars:
        path = f"/api/25/events{joined}from={bar['from']}&to={bar['to']}"
        assert len(server.get(path).json["data"]["events"]) == bar["count"], bar
    assert (query != "?bars=3") or len(bars) <= 3


def test_a_span_without_events_has_no_bars(server: Server) -> None:
    assert histogram(server, "?to=2001-01-01T00:00:00Z") == {"widthSeconds": 0, "total": 0, "bars": []}
    for query in ("bars=0", "from=yesterday", "text=anything"):
        assert server.get(f"/api/25/events/histogram?{query}").status_code == 400, query
