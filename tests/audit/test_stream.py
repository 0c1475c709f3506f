"""The log as server-sent events: in order, filtered, resumed, of one tenant only, and never in the way of others."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.application import create_app
from tests.installations import Server
from tests.plain_documents import commit, create, modify


class Pauses:
    """Takes the place of waiting: each pause does the next thing, and the server ends after the last."""

    def __init__(self, *acts: Callable[[], object]) -> None:
        self._acts = list(acts)

    def __call__(self, _seconds: float) -> bool:
        if not self._acts:
            return True
        self._acts.pop(0)()
        return False


def frames(server: Server, query: str = "", *acts: Callable[[], object], seen: str | None = None) -> list[Any]:
    """Read a stream to its end: (id, event) pairs."""
    client = create_app(server.config, server.opened, pause=Pauses(*acts)).test_client()
    headers = {"X-API-Token": server.token, **({"Last-Event-ID": seen} if seen is not None else {})}
    answer = client.get(f"/api/25/events/stream?{query}", headers=headers)
    assert (answer.status_code, answer.content_type) == (200, "text/event-stream")
    first, *found = answer.get_data(as_text=True).split("\n\n")
    assert (first, found.pop()) == ("retry: 1000", "")
    return list(_read(found))


def _read(texts: list[str]) -> Iterator[Any]:
    for text in texts:
        fields = dict(line.split(": ", 1) for line in text.split("\n") if not line.startswith(":"))
        yield int(fields["id"]), json.loads(fields["data"]) if "data" in fields else None


def test_events_come_as_they_happen_and_look_as_in_the_list(server: Server) -> None:
    commit(server.opened, create("r-0"))

    found = frames(
        server, "",
        lambda: commit(server.opened, create("r-1"), create("g-1", "group")),
        lambda: commit(server.opened, modify("r-1", enabled=True)),
    )  # fmt: skip

    listed = server.get("/api/25/events?limit=3").get_json()["data"]["events"]
    assert [event for _, event in found] == listed[::-1]
    assert [number for number, _ in found] == [event["seq"] for event in listed[::-1]]


def test_a_client_resumes_where_it_broke_off_and_gets_what_its_filter_lets_through(server: Server) -> None:
    first = commit(server.opened, create("r-1"), create("g-1", "group")).first_seq or 0
    commit(server.opened, create("r-2"))

    assert [number for number, _ in frames(server, seen=str(first))] == [first + 1, first + 2]
    assert [number for number, _ in frames(server, "kind=rule&after=1")] == [first, first + 2]
    assert [number for number, _ in frames(server, "kind=rule&after=1", seen=str(first))] == [first + 2]
    assert frames(server, "actor=nobody&after=1") == []


def test_a_quiet_stream_says_now_and_then_where_the_log_is(server: Server) -> None:
    last = commit(server.opened, create("r-1")).last_seq

    assert frames(server, "kind=group", *[lambda: None] * 30) == [(last, None)]


@pytest.mark.parametrize(
    ("query", "seen", "said"),
    [
        ("", "x", "Last-Event-ID 'x' is no seq of this stream; leave it out, or send the last id"),
        ("", "999", "Event 999 has not happened yet; the last one is 1"),
        ("after=999", None, "Event 999 has not happened yet; the last one is 1"),
        ("after=-1", None, "after"),
        ("from=2026-01-01T00:00:00Z", None, "from"),
    ],
)
def test_a_stream_that_cannot_begin_there_is_refused(server: Server, query: str, seen: str | None, said: str) -> None:
    headers = {} if seen is None else {"Last-Event-ID": seen}

    answer = server.get(f"/api/25/events/stream?{query}", headers=headers)

    assert answer.status_code == 400
    assert said in answer.get_json()["errorDetails"]


def test_streams_hold_half_of_the_threads_at_most(server: Server) -> None:
    held = [server.get("/api/25/events/stream", buffered=False) for _ in range(server.config.threads // 2)]

    refused = server.get("/api/25/events/stream")
    held.pop().close()
    again = server.get("/api/25/events/stream", buffered=False)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert again.status_code == 200
    for answer in (*held, again):
        answer.close()
