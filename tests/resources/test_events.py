"""The event log over HTTP: rows, filters, pages, one event; refusals; other tenants."""

from dataclasses import replace
from typing import Any

import pytest

from app.changes.operating import Deed
from app.changes.recording import Fact
from app.core.context import Source
from app.resources.events import service
from app.store.log import ReviewTrail
from tests.installations import Server, as_account
from tests.plain_documents import commit, copied_tenant, create, delete, modify


def events(server: Server, query: str = "", **more: Any) -> list[dict[str, Any]]:
    answer = server.get(f"/api/25/events?{query}", **more)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["data"]["events"])


def seqs(server: Server, query: str = "") -> list[int]:
    return [row["seq"] for row in events(server, query)]


@pytest.fixture
def story(server: Server) -> int:
    """Three events after the first ones of the installation; answers the seq before them."""
    start = events(server)[0]["seq"]
    ctx = replace(as_account(reason="First steps"), source=Source("192.0.2.7", "curl/8", "req-1"))
    commit(server.opened, create("r-1", enabled=True), ctx=ctx)
    commit(server.opened, modify("r-1", enabled=False), ctx=as_account("robot", reason="Pause Überwachung"))
    commit(server.opened, delete("r-1"), create("g-1", "group"))
    return int(start)


def test_a_row_says_who_changed_what_from_where_and_why(server: Server, story: int) -> None:
    row = events(server, "object=r-1&type=RuleAdded")[0]

    commit_id, prev_hash, own_hash, time = (row.pop(name) for name in ("commit", "prevHash", "hash", "time"))
    assert (len(commit_id), len(prev_hash), len(own_hash), time[-1]) == (40, 64, 64, "Z")
    assert row == {
        "seq": story + 1,
        "id": f"default:{story + 1}",
        "type": "RuleAdded",
        "outcome": "success",
        "actor": {"id": "ci", "kind": "account", "handle": "ci", "name": "CI"},
        "credential": {"id": "ci", "name": "ci"},
        "onBehalfOf": None,
        "source": {"ip": "192.0.2.7", "userAgent": "curl/8", "requestId": "req-1"},
        "object": {"kind": "rule", "id": "r-1", "name": "R-1"},
        "changes": [
            {"path": "/displayName", "old": None, "new": "R-1"},
            {"path": "/enabled", "old": None, "new": True},
            {"path": "/id", "old": None, "new": "r-1"},
        ],
        "reason": "First steps",
        "changeRequest": None,
    }


def test_events_are_listed_newest_first_in_the_envelope(server: Server, story: int) -> None:
    body = server.get("/api/25/events").get_json()

    assert list(body) == ["action", "result", "data", "meta"]
    assert (body["action"], body["result"], body["meta"]) == ("listEvents", "success", {"limit": 100})
    assert [row["seq"] for row in body["data"]["events"]][:4] == [story + 4, story + 3, story + 2, story + 1]


@pytest.mark.usefixtures("story")
def test_a_modification_and_a_deletion_show_the_fields_before(server: Server) -> None:
    deleted, modified, _ = events(server, "object=r-1")

    assert modified["changes"] == [{"path": "/enabled", "old": True, "new": False}]
    assert deleted["changes"] == [
        {"path": "/displayName", "old": "R-1", "new": None},
        {"path": "/enabled", "old": False, "new": None},
        {"path": "/id", "old": "r-1", "new": None},
    ]


def test_pages_are_not_shifted_by_new_events(server: Server, story: int) -> None:
    first = server.get("/api/25/events?limit=2")
    commit(server.opened, create("r-9"))
    second = server.get(f"/api/25/events?limit=2&cursor={first.get_json()['meta']['next']}").get_json()

    assert [row["seq"] for row in first.get_json()["data"]["events"]] == [story + 4, story + 3]
    assert [row["seq"] for row in second["data"]["events"]] == [story + 2, story + 1]
    assert 'rel="next"' in first.headers["Link"]


@pytest.mark.usefixtures("story")
def test_the_last_page_has_no_next(server: Server) -> None:
    assert server.get("/api/25/events?limit=1000").get_json()["meta"] == {"limit": 1000}


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("actor=robot", [2]),
        ("credential=robot", [2]),
        ("type=RuleDeleted", [3]),
        ("kind=group&actor=ci", [4]),
        ("object=r-1", [3, 2, 1]),
        ("kind=rule&object=r-1&actor=ci", [3, 1]),
        ("object=r-1&outcome=failed", []),
        ("object=r-1&outcome=success", [3, 2, 1]),
        ("text=first%20STEPS", [1]),
        ("text=Überwachung", [2]),
        ("text=100%25", []),
        ("changeRequest=1", []),
    ],
)
def test_each_filter_lets_its_events_through(server: Server, story: int, query: str, places: list[int]) -> None:
    assert seqs(server, query) == [story + place for place in places]


def test_a_page_reads_so_many_events_for_a_text_and_says_where_the_next_one_goes_on(
    server: Server, story: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "READ_FOR_TEXT", 3)

    first = server.get("/api/25/events?text=first%20steps").get_json()
    second = server.get(f"/api/25/events?text=first%20steps&cursor={first['meta']['next']}").get_json()
    picked = server.get("/api/25/events?text=first%20steps&kind=rule").get_json()
    counted = server.get("/api/25/events?text=first%20steps&kind=rule&limit=1").get_json()
    early = server.get("/api/25/events?text=first%20steps&to=1999-01-01T00:00:00Z").get_json()
    exported = server.get("/api/25/events/export?text=first%20steps&format=csv").get_data(as_text=True)

    assert (first["data"]["events"], first["examined"]) == ([], {"first": story + 2})
    assert [row["seq"] for row in second["data"]["events"]] == [story + 1]
    assert "examined" not in second
    assert [row["seq"] for row in picked["data"]["events"]] == [story + 1]  # the third of those about rules
    assert [row["seq"] for row in counted["data"]["events"]] == [story + 1]
    assert (early["data"]["events"], "next" in early["meta"]) == ([], False)
    assert "next" not in server.get("/api/25/events?from=2020-01-01T00:00:00Z").get_json()["meta"]
    assert "First steps" in exported


def test_the_events_of_one_commit_are_found_by_it(server: Server, story: int) -> None:
    commit_id = events(server, "object=g-1")[0]["commit"]

    assert seqs(server, f"commit={commit_id}") == [story + 4, story + 3]


def test_the_events_of_a_change_request_are_found_by_it(server: Server, story: int) -> None:
    trail = ReviewTrail(7, "d" * 64, "author", "u-1", ("robot",))
    opened = server.opened
    with opened.database.writing_everywhere("test") as connection:
        from sqlalchemy import text  # noqa: PLC0415  one test's own statement

        connection.execute(
            text("UPDATE events SET change_request_id = :id WHERE tenant = 'default' AND seq = :seq"),
            {"id": trail.id, "seq": story + 2},
        )

    assert seqs(server, "changeRequest=7") == [story + 2]


def test_from_and_to_take_both_ends(server: Server, story: int) -> None:
    row = events(server, "object=r-1&type=RuleModified")[0]

    assert story + 2 in seqs(server, f"from={row['time']}&to={row['time']}")
    assert seqs(server, f"to={events(server)[-1]['time']}")[-1] == 1
    assert seqs(server, "from=2999-01-01T00:00:00Z") == []
    assert seqs(server, "to=1999-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("from=2026-01-02T03:04:05", "from", "has no time zone; add Z for UTC, or an offset such as +02:00"),
        ("to=yesterday", "to", "is not an RFC 3339 time"),
        ("from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from", "is later than 'to'"),
        ("limit=0", "limit", "limit '0' is not an integer from 1 to 1000"),
        ("limit=1001", "limit", "limit '1001' is not an integer from 1 to 1000"),
        ("cursor=xyz", "cursor", "is not a cursor"),
        ("outcome=maybe", "outcome", "'maybe' is not one of: success, denied, failed"),
        ("commit=abc", "commit", "'abc' must match [0-9a-f]{40}"),
        ("changeRequest=x", "changeRequest", "'x' is not an integer; use digits"),
        ("actor=a&actor=b", "actor", "'actor' was given 2 times; it takes one value"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(server: Server, query: str, field: str, said: str) -> None:
    answer = server.get(f"/api/25/events?{query}")

    assert answer.status_code == 400
    assert said in answer.get_json()["errorDetails"]
    assert list(answer.get_json()["errors"]) == [field]


def test_an_unknown_filter_is_refused_with_the_allowed_ones(server: Server) -> None:
    answer = server.get("/api/25/events?user=robot")

    assert answer.status_code == 400
    said = answer.get_json()["errorDetails"]
    assert said.startswith("Unknown field 'user'; allowed are: actor, ")
    names = "actor changeRequest commit credential cursor from kind limit object outcome text to type"
    assert set(names.split()) <= set(said.partition("allowed are: ")[2].split(", "))


def test_one_event_shows_the_documents_before_and_after(server: Server, story: int) -> None:
    body = server.get(f"/api/25/events/{story + 2}").get_json()

    one = body["data"]["events"][0]
    assert (body["action"], body["id"], len(body["data"]["events"])) == ("eventDetails", str(story + 2), 1)
    assert one["before"] == {"displayName": "R-1", "enabled": True, "id": "r-1"}
    assert one["after"] == {"displayName": "R-1", "enabled": False, "id": "r-1"}
    assert (one["revision"], one["format"], one["data"], len(one["beforeHash"])) == (2, 1, None, 64)
    assert one["changes"] == [{"path": "/enabled", "old": True, "new": False}]


@pytest.mark.parametrize("seq", ["999", "0", "abc", "-1", "9" * 40])
def test_an_event_that_does_not_exist_is_404(server: Server, seq: str) -> None:
    answer = server.get(f"/api/25/events/{seq}")

    assert answer.status_code == 404
    assert answer.get_json()["errorDetails"].startswith(f"Event '{seq[:40]}' was not found; this tenant has the events")


@pytest.mark.parametrize("path", ["events", "events/1"])
def test_older_versions_have_no_event_log(server: Server, path: str) -> None:
    assert server.get(f"/api/24/{path}").status_code == 404


def test_a_token_without_the_right_is_refused(server: Server) -> None:
    token = server.account("nobody", authorization="none")

    assert server.get("/api/25/events", token=token).status_code == 403


def test_another_tenant_sees_neither_events_nor_counts(server: Server, story: int) -> None:
    copied_tenant(server.opened, "other", [create("r-7")])
    token = server.account("ci2", tenant="other")

    assert {row["id"].split(":")[0] for row in events(server, token=token)} == {"other"}
    missing = server.get(f"/api/25/events/{story + 2}", token=token)
    assert (missing.status_code, missing.get_json()["errorDetails"][-13:]) == (404, "events 1 to 1")


def test_the_change_of_a_copied_document_shows_what_it_was_copied_as(server: Server) -> None:
    ctx = copied_tenant(server.opened, "other", [create("r-7", enabled=True), create("r-8", enabled=True)])
    commit(server.opened, modify("r-7", enabled=False), modify("r-8", enabled=False), ctx=ctx)
    token = server.account("ci2", tenant="other")

    rows = events(server, "kind=rule", token=token)

    assert [row["changes"] for row in rows] == [[{"path": "/enabled", "old": True, "new": False}]] * 2


def test_a_refused_attempt_at_an_object_is_no_deletion(server: Server, story: int) -> None:
    commit(server.opened, create("r-2", enabled=True))
    ctx = as_account("stranger")
    fact = Fact(type="AccessDenied", kind="rule", id="r-2", outcome="denied")
    server.opened.committer.operate(ctx, lambda _connection, _now: Deed(facts=[fact], answer={}))
    commit(server.opened, modify("r-2", enabled=False))

    assert seqs(server, "outcome=denied") == [story + 6]
    assert events(server, "object=r-2")[0]["changes"] == [{"path": "/enabled", "old": True, "new": False}]
    assert events(server, "outcome=denied")[0]["changes"] == []


def test_a_client_that_holds_the_page_gets_304_until_something_happens(server: Server) -> None:
    etag = server.get("/api/25/events").headers["ETag"]
    again = server.get("/api/25/events", headers={"If-None-Match": etag})
    commit(server.opened, create("r-3"))
    after = server.get("/api/25/events", headers={"If-None-Match": etag})

    assert (again.status_code, after.status_code) == (304, 200)
