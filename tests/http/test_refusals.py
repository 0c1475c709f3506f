"""Which input is refused, in which version, and in which words."""

import json
from io import BytesIO

import pytest

from tests.http.conftest import Caller, Server
from tests.http.reading import details, read
from tests.http.sample import Shelf


def test_all_wrong_fields_are_named_at_once(call: Caller) -> None:
    answer = call(
        "PUT",
        "/api/25/lamps",
        json={"enabled": "maybe", "priority": 11, "policyMode": "x", "tags": [{"a": 1}], "directives": ["a", 2]},
    )

    assert answer.status_code == 400
    assert answer.json["errors"] == {  # type: ignore[index]
        "displayName": ["is required and was not sent"],
        "enabled": ["'maybe' is not a boolean; use true or false"],
        "priority": ["'11' is not between 0 and 10"],
        "policyMode": ["'x' is not one of: default, audit"],
        "tags[0]": ['a tag is an object of texts such as {"site":"lyon"}, or the text site:lyon'],
        "directives[1]": ["'2' is not a text"],
    }
    assert "displayName: is required and was not sent; enabled: 'maybe'" in details(answer)


def test_rudders_texts_for_wrong_input(call: Caller) -> None:
    missing = call("PUT", "/api/24/lamps", json={"enabled": True})
    wrong = call("PUT", "/api/24/lamps", json={"displayName": "abc", "priority": "x"})
    empty = call("PUT", "/api/24/lamps", data="", content_type="application/json")
    a_list = call("PUT", "/api/24/lamps", json=[])

    hint = "Could not extract lamp parameters from request; cause was: Unexpected: "
    assert details(missing) == "Missing manadatory parameter 'displayName'"
    assert details(wrong) == hint + ".priority('x' is not an integer; use digits)"
    assert details(empty) == hint + "Unexpected end of input"
    assert details(a_list) == hint + "(expected '{' got '[')"
    assert {missing.status_code, wrong.status_code, empty.status_code, a_list.status_code} == {500}


@pytest.mark.parametrize(
    ("version", "status", "said"),
    [
        (10, 500, "Unexpected: .displayName(missing)"),
        (24, 200, ""),
        (25, 400, "'enabled' was given 2 times; it takes one value"),
    ],
)
@pytest.mark.usefixtures("lamp")
def test_a_repeated_name_that_takes_one_value(call: Caller, version: int, status: int, said: str) -> None:
    answer = call("POST", f"/api/{version}/lamps/l-1", data={"enabled": ["true", "false"]})

    assert answer.status_code == status
    if version == 10:
        assert details(answer) == "updateLamp should contain only one value for enabled"
    elif said:
        assert details(answer) == said
    else:
        assert answer.json["data"]["lamps"][0]["enabled"] is True  # type: ignore[index]


@pytest.mark.parametrize(
    "options",
    [
        {"query_string": "reason=why", "json": {}},
        {"query_string": "reason=why", "data": {"displayName": "Web"}},
        {"data": {"displayName": "Web", "reason": "why"}},
    ],
)
@pytest.mark.usefixtures("lamp")
def test_the_reason_comes_from_the_url_or_the_form(call: Caller, shelf: Shelf, options: dict[str, object]) -> None:
    assert read(call, shelf, "/api/25/lamps/l-1", **options).reason == "why"
    assert shelf.opened[-1].reason == "why"


@pytest.mark.usefixtures("lamp")
def test_the_reason_is_never_json(call: Caller, shelf: Shelf) -> None:
    assert read(call, shelf, "/api/24/lamps/l-1", json={"reason": "why"}).reason == ""

    answer = call("POST", "/api/25/lamps/l-1", json={"reason": "why"})

    assert answer.status_code == 400
    assert details(answer) == "'reason' is not read from a JSON body; send it in the URL"


@pytest.mark.usefixtures("lamp")
def test_a_repeated_general_parameter(call: Caller, shelf: Shelf) -> None:
    assert read(call, shelf, "/api/24/lamps/l-1?reason=first&reason=second", json={}).reason == "first"
    assert call("POST", "/api/25/lamps/l-1?reason=first&reason=second", json={}).status_code == 400


@pytest.mark.usefixtures("lamp")
def test_the_introductions_curl_call_is_read(call: Caller, shelf: Shelf) -> None:
    for version in (2, 25):
        sent = read(
            call,
            shelf,
            f"/api/{version}/lamps/l-1?reason=Reason%20used",
            data=b'{"displayName" : "new name", "enabled" : false, "directives" : "directiveId"}&reason=ignored',
            content_type="application/json",
        )

        assert sent.reason == "Reason used"
        assert sent.fields == {"name": "new name", "enabled": False, "directives": ["directiveId"]}


@pytest.mark.usefixtures("lamp")
def test_json_sent_as_a_form_is_told_the_missing_header(call: Caller) -> None:
    answer = call(
        "POST",
        "/api/25/lamps/l-1",
        data='{"displayName":"Web"}',
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 400
    assert "Content-Type: application/json" in details(answer)


@pytest.mark.usefixtures("lamp")
def test_input_in_the_url_beside_a_json_body_is_refused_in_25(call: Caller, shelf: Shelf) -> None:
    url = "lamps/l-1?enabled=false"

    assert read(call, shelf, f"/api/24/{url}", json={"priority": 1}).fields == {"priority": 1}
    answer = call("POST", f"/api/25/{url}", json={"priority": 1})

    assert answer.status_code == 400
    assert details(answer) == "'enabled' in the URL is not read beside a JSON body; put it into the body"


@pytest.mark.parametrize("version", [24, 25])
@pytest.mark.parametrize("kind", ["text/xml", "application/octet-stream"])
def test_other_media_types_are_415(call: Caller, version: int, kind: str) -> None:
    assert call("PUT", f"/api/{version}/lamps", data="x", content_type=kind).status_code == 415


def test_a_json_only_endpoint_says_so(call: Caller) -> None:
    answer = call("POST", "/api/24/people", data={"a": "b"})

    assert answer.status_code == 415
    assert details(answer) == "Cannot parse non-JSON request as JSON; please check content-type."
    assert call("POST", "/api/25/people", json=["ann"]).json["data"] == ["ann"]  # type: ignore[index]


def test_methods_without_input_take_json_content_types(call: Caller) -> None:
    json_type = {"Content-Type": "application/json"}

    assert call("GET", "/api/25/lamps", headers=json_type).status_code == 200
    assert call("GET", "/api/25/lamps", headers=json_type, data="{}").status_code == 200
    assert call("POST", "/api/25/reload", headers=json_type).status_code == 200


@pytest.mark.parametrize("version", [24, 25])
def test_a_body_over_the_limit_is_413(call: Caller, version: int) -> None:
    for options in ({"json": {"displayName": "x" * 20_000}}, {"data": {"displayName": "x" * 20_000}}):
        answer = call("PUT", f"/api/{version}/lamps", **options)

        assert answer.status_code == 413
        assert answer.json["result"] == "error"  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", json.dumps({"displayName": "x" * 20_000}).encode()),
        ("application/x-www-form-urlencoded", b"displayName=abc&value=" + b"x" * 20_000),
    ],
)
def test_a_chunked_body_over_the_limit_is_never_cut(server: Server, call: Caller, kind: str, body: bytes) -> None:
    answer = call(
        "PUT",
        "/api/25/lamps",
        input_stream=BytesIO(body),
        content_type=kind,
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    assert answer.status_code == 413
    assert server.shelf.lamps == {}


@pytest.mark.parametrize(
    "body", [b"{", b'{"a":1}x', b"\xff", b'{"displayName":"\\u0000abc"}', b"nul", b'{"displayName": 1}', b'"text"']
)
@pytest.mark.parametrize(("version", "status"), [(24, 500), (25, 400)])
def test_broken_bodies_are_refused(call: Caller, body: bytes, version: int, status: int) -> None:
    answer = call("PUT", f"/api/{version}/lamps", data=body, content_type="application/json")

    assert answer.status_code == status
    assert answer.json["action"] == "createLamp"  # type: ignore[index]


@pytest.mark.usefixtures("lamp")
def test_nested_records_follow_the_version(call: Caller, shelf: Shelf) -> None:
    limits = [{"name": "n", "most": 3}]

    assert read(call, shelf, "/api/24/lamps/l-1", json={"limits": limits}).fields == {"limits": limits}
    assert read(call, shelf, "/api/23/lamps/l-1", json={"limits": limits}).fields == {"limits": [{"name": "n"}]}
    assert call("POST", "/api/25/lamps/l-1", json={"limits": [{"name": "n", "x": 1}]}).status_code == 400
