"""ETags, If-Match, idempotency keys, dry runs and pages of version 25."""

from dataclasses import replace

import pytest

from app.http.answers import spliced
from app.http.endpoint import Shown
from tests.http.conftest import Caller
from tests.http.sample import Document, Shelf, document


@pytest.fixture
def five(shelf: Shelf) -> list[str]:
    ids = [f"l-{number}" for number in range(5)]
    for lamp_id in ids:
        shelf.lamps[lamp_id] = document(id=lamp_id, displayName="Lamp")
    return ids


@pytest.mark.usefixtures("lamp")
def test_one_object_has_its_revision_as_etag(call: Caller) -> None:
    answer = call("GET", "/api/25/lamps/l-1")

    assert answer.headers["ETag"] == '"1"'
    assert "ETag" not in call("GET", "/api/24/lamps/l-1").headers


@pytest.mark.parametrize("sent", ['"1"', 'W/"1"', '"0", "1"', "*"])
@pytest.mark.usefixtures("lamp")
def test_who_has_the_revision_gets_304(call: Caller, sent: str) -> None:
    answer = call("GET", "/api/25/lamps/l-1", headers={"If-None-Match": sent})

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", '"1"')


@pytest.mark.usefixtures("five")
def test_a_collection_is_not_read_again_while_its_state_is_the_same(call: Caller, shelf: Shelf) -> None:
    etag = call("GET", "/api/25/lamps?level=1&include=a").headers["ETag"]
    shelf.seen.clear()

    same = call("GET", "/api/25/lamps?include=a&level=1", headers={"If-None-Match": etag})
    other_query = call("GET", "/api/25/lamps?include=b&level=1", headers={"If-None-Match": etag})
    other_actor = call.using("ci-token")("GET", "/api/25/lamps?include=a&level=1", headers={"If-None-Match": etag})
    shelf.head = "head-2"
    other_state = call("GET", "/api/25/lamps?include=a&level=1", headers={"If-None-Match": etag})

    assert etag.startswith('W/"')
    assert (same.status_code, len(shelf.seen)) == (304, 3)
    assert {other_query.status_code, other_actor.status_code, other_state.status_code} == {200}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ('"1"', 200),
        ('"1-77"', 200),
        ("*", 200),
        ('"2"', 412),
        ('"abc"', 412),
        ('"01"', 412),
        ("1", 400),
        ('"1", "2"', 400),
    ],
)
@pytest.mark.usefixtures("lamp")
def test_if_match_compares_revisions_in_25(call: Caller, sent: str, status: int) -> None:
    assert call("POST", "/api/25/lamps/l-1", json={"enabled": False}, headers={"If-Match": sent}).status_code == status
    assert call("POST", "/api/24/lamps/l-1", json={"enabled": False}, headers={"If-Match": sent}).status_code == 200


@pytest.mark.usefixtures("lamp")
def test_a_missing_object_is_404_before_its_revision_is_compared(call: Caller) -> None:
    assert call("POST", "/api/25/lamps/none", json={}, headers={"If-Match": '"9"'}).status_code == 404


@pytest.mark.usefixtures("lamp")
def test_the_same_request_has_the_same_digest(call: Caller, shelf: Shelf) -> None:
    for body in ({"enabled": True}, {"enabled": True}, {"enabled": False}):
        call("POST", "/api/25/lamps/l-1", json=body, headers={"Idempotency-Key": "k-1"})
    call("POST", "/api/25/lamps/l-1", data={"enabled": "true"}, headers={"Idempotency-Key": "k-1"})

    digests = [intent.digest for intent in shelf.intents]
    assert {intent.idempotency_key for intent in shelf.intents} == {"k-1"}
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
    assert shelf.seen[-1].fields == {"enabled": True}


def multipart(boundary: str, enabled: str = "true", content: str = "abc", name: str = "a.zip") -> bytes:
    file = f'form-data; name="file"; filename="{name}"\r\nContent-Type: application/zip\r\n\r\n{content}'
    parts = [f'form-data; name="enabled"\r\n\r\n{enabled}', file]
    text = "".join(f"--{boundary}\r\nContent-Disposition: {part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return text.encode()


@pytest.mark.usefixtures("lamp")
def test_the_boundary_of_a_multipart_form_is_no_part_of_its_digest(call: Caller, shelf: Shelf) -> None:
    def send(boundary: str, body: bytes) -> str:
        headers = {"Idempotency-Key": "k-1", "Content-Type": f"multipart/form-data; boundary={boundary}"}
        call("POST", "/api/25/lamps/l-1", data=body, headers=headers)
        return shelf.intents[-1].digest

    first = send("one", multipart("one"))

    assert send("two-2", multipart("two-2")) == first
    assert shelf.seen[-1].fields == {"enabled": True}
    others = [
        send("one", multipart("one", enabled="false")),
        send("one", multipart("one", content="abd")),
        send("one", multipart("one", name="b.zip")),
    ]
    assert len({first, *others}) == 4


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_wrong_idempotency_key_is_refused(call: Caller, key: str) -> None:
    assert call("POST", "/api/25/lamps/l-1", json={}, headers={"Idempotency-Key": key}).status_code == 400


@pytest.mark.usefixtures("lamp")
def test_a_dry_run_is_for_those_who_serve_it(call: Caller, shelf: Shelf) -> None:
    dry = {"Prefer": "wait=5, dry-run"}
    before = shelf.lamps["l-1"]

    tried = call("POST", "/api/25/lamps/l-1", json={"enabled": False}, headers=dry)
    refused = call("PUT", "/api/25/lamps", json={"displayName": "New"}, headers=dry)

    assert (tried.status_code, refused.status_code) == (200, 400)
    assert shelf.lamps == {"l-1": before}


def test_pages_follow_each_other_to_the_end(call: Caller, five: list[str]) -> None:
    found: list[str] = []
    url: str | None = "/api/25/lamps?limit=2"
    pages = 0
    while url is not None:
        answer = call("GET", url)
        body = answer.json
        assert body is not None
        assert list(body) == ["action", "result", "data", "meta"]
        found += [lamp["id"] for lamp in body["data"]["lamps"]]
        pages += 1
        url = answer.headers["Link"].partition(">")[0][1:] if "Link" in answer.headers else None
        assert ("next" in body["meta"]) == (url is not None)

    assert (found, pages) == (five, 3)


@pytest.mark.usefixtures("five")
def test_the_link_keeps_the_prefix_and_the_query(call: Caller) -> None:
    link = call("GET", "/rudder/api/latest/lamps?limit=1&level=2").headers["Link"]

    assert link.startswith("</rudder/api/latest/lamps?limit=1&level=2&cursor=")
    assert link.endswith('>; rel="next"')


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "limit=1&limit=2", "limit=1&cursor=%21", "cursor="]
)
def test_a_wrong_page_is_refused(call: Caller, query: str) -> None:
    answer = call("GET", f"/api/25/lamps?{query}")

    assert answer.status_code == 400
    assert set(answer.json["errors"]) <= {"limit", "cursor"}  # type: ignore[index]


@pytest.mark.usefixtures("five")
def test_there_are_no_pages_up_to_24(call: Caller) -> None:
    body = call("GET", "/api/24/lamps?limit=2").json

    assert list(body) == ["action", "result", "data"]  # type: ignore[arg-type]
    assert len(body["data"]["lamps"]) == 5  # type: ignore[index]


def test_large_answers_are_compressed_for_who_accepts_it(call: Caller, shelf: Shelf) -> None:
    shelf.lamps["l-1"] = document(id="l-1", displayName="x" * 5000)

    plain = call("GET", "/api/25/lamps/l-1")
    packed = call("GET", "/api/25/lamps/l-1", headers={"Accept-Encoding": "gzip"})
    refused = call("GET", "/api/25/lamps/l-1", headers={"Accept-Encoding": "gzip;q=0"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 10
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in refused.headers


def test_a_bare_document_is_its_stored_text(shelf: Shelf, lamp: Document) -> None:
    assert spliced(Shown(lamp, bare=True)) == lamp.body
    assert spliced(Shown(replace(lamp, body="{}"))).startswith('{"revision":1,')
    assert shelf.lamps
