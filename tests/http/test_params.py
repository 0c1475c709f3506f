"""The three forms of parameters, both dialects of lists, and what is refused in which version."""

from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.canonical import JSON
from app.http.fields import compact
from tests.http.conftest import Caller
from tests.http.reading import details, read
from tests.http.sample import Shelf

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
