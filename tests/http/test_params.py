"""The three forms of parameters, both dialects of lists, and what is refused in which version."""

import json
from collections.abc import Mapping
from io import BytesIO
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.core.canonical import JSON
from app.http.endpoint import Given
from app.http.fields import compact
from tests.http.conftest import Caller, Server
from tests.http.sample import Shelf


def read(call: Caller, shelf: Shelf, url: str, **options: object) -> Given:
    shelf.seen.clear()
    answer = call("POST", url, **options)
    assert shelf.seen, answer.text
    return shelf.seen[0]


def details(answer: TestResponse) -> str:
    assert answer.json is not None
    return str(answer.json["errorDetails"])


TYPED = {"displayName": "Web", "enabled": False, "priority": 3, "directives": ["b", "a"], "tags": [{"x": "1"}]}
QUOTED = {"displayName": "Web", "enabled": "false", "priority": "3", "directives": ["a", "b"], "tags": {"x": "1"}}
TODAY = {**QUOTED, "directives": '["a","b"]', "tags": '[{"x":"1"}]'}
OLD = {**QUOTED, "directives": ["b", "a"], "tags": ["x:1"]}


@pytest.mark.parametrize("version", [2, 10, 24, 25])
@pytest.mark.parametrize(
    "options",
    [
        {"json": TYPED},
        {"json": QUOTED},
        {"data": TODAY},
        {"data": OLD},
        {"data": OLD, "content_type": "multipart/form-data"},
        {"query_string": urlencode(OLD, doseq=True)},
        {"query_string": "displayName=Web&enabled=false&priority=3&tags=x:1", "data": {"directives": ["a", "b"]}},
    ],
)
@pytest.mark.usefixtures("lamp")
def test_json_form_and_query_say_the_same(call: Caller, shelf: Shelf, version: int, options: dict[str, object]) -> None:
    fields = read(call, shelf, f"/api/{version}/lamps/l-1", **options).fields

    assert fields == {
        "name": "Web",
        "enabled": False,
        "priority": 3,
        "directives": ["a", "b"],
        "tags": [{"x": "1"}],
    }


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=3, max_size=40)
# One value that starts like JSON is JSON, and one empty value is the empty list: these have no form of their own.
WORDS = TEXTS.filter(lambda text: text.lstrip()[:1] not in ("[", "{"))
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS, lambda inner: st.lists(inner, max_size=3)
)
SENT = st.fixed_dictionaries(
    {"displayName": TEXTS},
    optional={
        "enabled": st.booleans(),
        "priority": st.integers(0, 10),
        "policyMode": st.sampled_from(["default", "audit"]),
        "directives": st.lists(WORDS, max_size=4),
        "targets": st.lists(st.fixed_dictionaries({"include": st.lists(TEXTS, max_size=2)}), max_size=3),
        "tags": st.lists(st.dictionaries(WORDS, TEXTS, min_size=1, max_size=1), max_size=3),
        "query": st.dictionaries(TEXTS, VALUES, max_size=3),
    },
)


def as_texts(fields: Mapping[str, JSON]) -> dict[str, str | list[str]]:
    """Write fields as a form does, lists in the old dialect where it has one."""
    written: dict[str, str | list[str]] = {}
    for name, value in fields.items():
        if name == "directives" and isinstance(value, list) and value:
            written[name] = [str(item) for item in value]
        elif isinstance(value, str):
            written[name] = value
        else:
            written[name] = compact(value)
    return written


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=SENT)
@pytest.mark.usefixtures("lamp")
def test_whatever_is_sent_form_query_and_json_are_one(call: Caller, shelf: Shelf, fields: dict[str, JSON]) -> None:
    texts = as_texts(fields)

    by_json = read(call, shelf, "/api/25/lamps/l-1", json=fields)
    by_form = read(call, shelf, "/api/25/lamps/l-1", data=texts)
    by_query = read(call, shelf, "/api/25/lamps/l-1", query_string=urlencode(texts, doseq=True))

    assert by_json.document == by_form.document == by_query.document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"debug":true}', {"debug": True}),
        ("[1,2]", [1, 2]),
        ("plain", "plain"),
        ("42", "42"),
        ("{{ template }}", "{{ template }}"),
        ("", ""),
    ],
)
@pytest.mark.usefixtures("lamp")
def test_a_free_value_is_json_when_it_is_json(call: Caller, shelf: Shelf, text: str, value: JSON) -> None:
    assert read(call, shelf, "/api/24/lamps/l-1", data={"value": text}).fields == {"value": value}


@pytest.mark.parametrize("sent", ['{"directives":""}', '{"directives":[]}', "directives="])
@pytest.mark.usefixtures("lamp")
def test_an_empty_value_clears_a_list(call: Caller, shelf: Shelf, sent: str) -> None:
    kind = "application/json" if sent.startswith("{") else "application/x-www-form-urlencoded"

    assert read(call, shelf, "/api/25/lamps/l-1", data=sent, content_type=kind).fields == {"directives": []}


@pytest.mark.parametrize("version", [24, 25])
@pytest.mark.usefixtures("lamp")
def test_one_text_stands_for_a_list_in_json(call: Caller, shelf: Shelf, version: int) -> None:
    fields = read(call, shelf, f"/api/{version}/lamps/l-1", json={"directives": "d", "targets": {"include": {}}}).fields

    assert fields == {"directives": ["d"], "targets": [{"include": {}}]}


@pytest.mark.parametrize("version", [21, 22, 25])
@pytest.mark.parametrize("name", ["category", "categoryId"])
@pytest.mark.usefixtures("lamp")
def test_both_names_of_a_renamed_field_are_read_everywhere(call: Caller, shelf: Shelf, version: int, name: str) -> None:
    sent = read(call, shelf, f"/api/{version}/lamps/l-1", json={name: "c"})

    assert (sent.fields, sent.document) == ({"category": "c"}, {"categoryId": "c"})


@pytest.mark.parametrize("version", [24, 25])
@pytest.mark.usefixtures("lamp")
def test_null_and_absent_are_not_given(call: Caller, shelf: Shelf, version: int) -> None:
    assert read(call, shelf, f"/api/{version}/lamps/l-1", json={"enabled": None}).fields == {}


@pytest.mark.usefixtures("lamp")
def test_an_id_in_the_body_of_an_update_is_ignored(call: Caller, shelf: Shelf) -> None:
    sent = read(call, shelf, "/api/25/lamps/l-1", json={"id": "other", "enabled": True})

    assert (sent.path, sent.fields) == ({"id": "l-1"}, {"enabled": True})


@pytest.mark.usefixtures("lamp")
def test_a_whole_object_posted_back_is_accepted_in_25(call: Caller) -> None:
    shown = call("GET", "/api/25/lamps/l-1").json["data"]["lamps"][0]  # type: ignore[index]

    answer = call("POST", "/api/25/lamps/l-1", json={**shown, "overridable": True, "lampClass": ["x"]})

    assert answer.status_code == 200


@pytest.mark.usefixtures("lamp")
def test_unknown_names_are_refused_in_25_with_the_allowed_ones(call: Caller) -> None:
    for options in ({"json": {"colour": 1}}, {"data": {"colour": "1"}}, {"query_string": "colour=1"}):
        answer = call("POST", "/api/25/lamps/l-1", **options)

        assert answer.status_code == 400
        assert "Unknown field 'colour'; allowed are: " in details(answer)
        assert "displayName" in details(answer)
        assert list(answer.json["errors"]) == ["colour"]  # type: ignore[index]


@pytest.mark.usefixtures("lamp")
def test_unknown_names_are_ignored_up_to_24(call: Caller) -> None:
    assert call("POST", "/api/24/lamps/l-1", json={"colour": 1}).status_code == 200
    assert call("GET", "/api/24/lamps?colour=1&limit=x").status_code == 200


def test_an_unknown_filter_is_refused_in_25(call: Caller) -> None:
    answer = call("GET", "/api/25/lamps?levle=2")

    assert answer.status_code == 400
    assert "allowed are: changeRequestDescription, changeRequestName, cursor, include, level, limit, " in details(
        answer
    )


def test_queries_are_read_by_their_schema(call: Caller, shelf: Shelf) -> None:
    call(
        "GET", "/api/25/lamps?include=minimal,%20os&level=2", headers={"Content-Type": "application/json"}, data="null"
    )

    assert shelf.seen[0].query == {"include": ["minimal", "os"], "level": 2}


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
