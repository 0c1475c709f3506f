"""The envelope on every answer, its exact form, and its statuses per era."""

import json
from collections.abc import Iterator

import pytest

from app.core import errors
from app.http.problems import KEPT, status_of
from app.http.versions import RUDDER, TRUE
from tests.http.conftest import Caller, Server
from tests.http.sample import Document


@pytest.mark.usefixtures("lamp")
def test_one_object_comes_in_a_list_of_one_with_its_id(call: Caller) -> None:
    assert call("GET", "/api/21/lamps/l-1").text == (
        '{"action":"lampDetails","id":"l-1","result":"success","data":{"lamps":[{"id":"l-1","displayName":"Desk",'
        '"category":"cat-a","enabled":true,"tags":[{"a":"b"}],"value":1.5,"status":{"value":"on"}}]}}'
    )


def test_25_shows_the_stored_text_with_our_members(call: Caller, lamp: Document) -> None:
    answer = call("GET", "/api/25/lamps/l-1")

    assert answer.text == (
        '{"action":"lampDetails","id":"l-1","result":"success","data":{"lamps":['
        + lamp.body[:-1]
        + ',"revision":1,"createdAt":"2026-01-02T03:04:05.678Z","updatedAt":"2026-01-02T03:04:05.678Z",'
        '"status":{"value":"on"}}]}}'
    )
    assert answer.content_type == "application/json; charset=utf-8"


TREE = {"lampTree": {"id": "root", "displayName": "All lamps"}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/lamps", {"action": "listLamps", "result": "success", "data": {"lamps": []}}),
        ("/lamps/tree", {"action": "getLampTree", "result": "success", "data": TREE}),
        ("/motd", {"action": "motd", "result": "success", "data": "hello"}),
        ("/lamps/x/reload", {"action": "reloadLamp", "id": "x", "result": "success", "data": "reloaded"}),
    ],
)
def test_containers(call: Caller, path: str, expected: dict[str, object]) -> None:
    assert call("GET", f"/api/24{path}").json == expected
    assert call("GET", f"/api/25{path}").json == expected


@pytest.mark.usefixtures("lamp")
def test_a_container_can_wrap_each_object(call: Caller) -> None:
    data = call("GET", "/api/24/lamps/categories/l-1").json["data"]  # type: ignore[index]

    assert list(data) == ["lampsCategories"]
    assert list(data["lampsCategories"][0]) == ["lampCategories"]


def test_nothing_to_say_is_no_data(call: Caller) -> None:
    assert call("POST", "/api/25/reload").json == {"action": "reload", "result": "success"}


def test_a_text_has_no_envelope(call: Caller) -> None:
    answer = call("GET", "/api/25/table")

    assert (answer.text, answer.mimetype) == ('"a","b"\n', "text/plain")


def test_prettify_is_rudders_form(call: Caller) -> None:
    assert call("GET", "/api/24/lamps/tree?prettify=TRUE").text == (
        "{\n"
        '  "action" : "getLampTree",\n'
        '  "result" : "success",\n'
        '  "data" : {\n'
        '    "lampTree" : {\n'
        '      "id" : "root",\n'
        '      "displayName" : "All lamps"\n'
        "    }\n"
        "  }\n"
        "}"
    )


@pytest.mark.parametrize("query", ["prettify=false", "prettify=yes", "prettify=true&prettify=true", ""])
def test_anything_but_one_true_is_not_pretty(call: Caller, query: str) -> None:
    assert "\n" not in call("GET", f"/api/24/lamps?{query}").text


def test_errors_are_pretty_when_asked(call: Caller) -> None:
    assert call.using(None)("GET", "/api/24/lamps?prettify=true").text.startswith('{\n  "action" : "listLamps",\n')


def test_the_id_of_the_path_is_on_errors_too(call: Caller) -> None:
    answer = call("GET", "/api/24/lamps/categories/none")

    assert answer.json == {
        "action": "lampCategory",
        "id": "none",
        "result": "error",
        "errorDetails": "Lamp with id 'none' was not found",
    }


def test_the_two_eras_say_the_same_refusal_differently(call: Caller) -> None:
    rudder, true = call("GET", "/api/24/lamps/none"), call("GET", "/api/25/lamps/none")

    assert (rudder.status_code, true.status_code) == (500, 404)
    assert rudder.json["errorDetails"] == "Lamp with id 'none' was not found"  # type: ignore[index]
    assert true.json["errorDetails"] == "Lamp 'none' was not found"  # type: ignore[index]


def subclasses(kind: type[errors.SternpostError]) -> Iterator[type[errors.SternpostError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:  # those of a layer above never reach a caller of the API
            yield from subclasses(child)


@pytest.mark.parametrize("kind", list(subclasses(errors.SternpostError)), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_in_both_eras(kind: type[errors.SternpostError]) -> None:
    true, rudder = status_of(kind, TRUE), status_of(kind, RUDDER)

    kept = true in KEPT and kind not in (errors.DisabledError, errors.UndecidedError)
    assert rudder == (true if kept or kind is errors.UnknownPathError else 500)
    assert true in {400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 502, 503} or kind in (
        errors.SternpostError,
        errors.IntegrityError,
    )


@pytest.mark.parametrize("version", [24, 25])
def test_what_nobody_foresaw_tells_only_the_request_id(call: Caller, version: int) -> None:
    answer = call("GET", f"/api/{version}/broken", headers={"X-Request-Id": "r-77"})

    assert answer.status_code == 500
    assert answer.json == {
        "action": "broken",
        "result": "error",
        "errorDetails": "The server failed on this request; tell the operator its id: r-77",
    }


@pytest.mark.parametrize(
    ("method", "version", "status", "said"),
    [
        ("PATCH", 24, 500, "Bad request: API does not support HTTP request type 'PATCH'"),
        ("PATCH", 25, 405, "The method PATCH is not served here; use one of: GET, HEAD, OPTIONS, PUT"),
        ("BREW", 24, 500, "Bad request: API does not support HTTP request type 'BREW'"),
        ("BREW", 25, 405, "The method BREW is not served here; use one of: GET, HEAD, OPTIONS, PUT"),
        ("DELETE", 25, 405, "The method DELETE is not served here; use one of: GET, HEAD, OPTIONS, PUT"),
        ("DELETE", 24, 404, "There is nothing at this path in version 24; see /api/docs/24/"),
    ],
)
def test_methods_that_a_path_does_not_have(call: Caller, method: str, version: int, status: int, said: str) -> None:
    answer = call(method, f"/api/{version}/lamps")

    assert answer.status_code == status
    assert answer.json == {"action": "unknown", "result": "error", "errorDetails": said}


@pytest.mark.usefixtures("lamp")
def test_head_is_get_without_a_body(call: Caller) -> None:
    head, get = call("HEAD", "/api/25/lamps/l-1"), call("GET", "/api/25/lamps/l-1")

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == get.headers["ETag"]


def test_options_names_the_methods(call: Caller) -> None:
    answer = call("OPTIONS", "/api/24/lamps/l-1")

    assert (answer.status_code, answer.headers["Allow"]) == (200, "GET, HEAD, OPTIONS, POST")


def test_paths_outside_the_api_are_in_the_envelope_too(call: Caller) -> None:
    answer = call.using(None)("GET", "/favicon.ico")

    assert answer.status_code == 404
    assert answer.json == {"action": "unknown", "result": "error", "errorDetails": "There is nothing at this path"}


def test_an_unavailable_database_is_503_with_retry_after(server: Server, call: Caller) -> None:
    server.shelf.closed = True

    for version in (24, 25):
        answer = call("GET", f"/api/{version}/lamps")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")


@pytest.mark.usefixtures("lamp")
def test_a_clone_names_its_own_action_on_success_only(call: Caller) -> None:
    made = call("PUT", "/api/24/lamps", json={"id": "l-2", "displayName": "Copy", "source": "l-1"})
    refused = call("PUT", "/api/24/lamps", json={"id": "l-2", "displayName": "Copy", "source": "l-1"})

    assert made.json["action"] == "cloneLamp"  # type: ignore[index]
    assert refused.json["action"] == "createLamp"  # type: ignore[index]


@pytest.mark.usefixtures("lamp")
def test_the_envelope_is_never_null(call: Caller) -> None:
    for version in range(2, 26):
        body = json.loads(call("GET", f"/api/{version}/lamps").data)
        assert None not in body.values()
        assert list(body) == ["action", "result", "data"]
