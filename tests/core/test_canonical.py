"""Canonical JSON: its bytes, their inverse, and the form of git blobs."""

import json
import math

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.canonical import JSON, canonical, load, pretty

LARGEST = 9007199254740991

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
integers = st.integers(-LARGEST, LARGEST)
doubles = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | integers | doubles | texts
documents: st.SearchStrategy[JSON] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5), max_leaves=25
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        (True, b"true"),
        ({}, b"{}"),
        ([], b"[]"),
        (1.0, b"1"),
        (-0.0, b"0"),
        (0.5, b"0.5"),
        (1e-5, b"0.00001"),
        (9.9e-6, b"0.0000099"),
        (1e-6, b"0.000001"),
        (1e-7, b"1e-7"),
        (1.5e-7, b"1.5e-7"),
        (-5e-324, b"-5e-324"),
        (4503599627370495.5, b"4503599627370495.5"),
        (9007199254740991, b"9007199254740991"),
        (9007199254740992.0, b"9007199254740992"),
        (1e20, b"100000000000000000000"),
        (1e21, b"1e+21"),
        (1.7976931348623157e308, b"1.7976931348623157e+308"),
        ("é/\u007f\u2028", b'"\xc3\xa9/\x7f\xe2\x80\xa8"'),
        ('\b\f\n\r\t\x1f"\\', b'"\\b\\f\\n\\r\\t\\u001f\\"\\\\"'),
        ({"b": 1, "a": [1, {"d": None, "c": "x"}]}, b'{"a":[1,{"c":"x","d":null}],"b":1}'),
        ({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3}, b'{"\xe2\x82\xac":3,"\xf0\x9f\x98\x80":2,"\xef\xac\xb3":1}'),
    ],
)
def test_canonical_bytes_are_those_of_the_rfc(value: JSON, expected: bytes) -> None:
    assert canonical(value) == expected


@given(documents)
@example([1e16, 0.00001, 9.9e-6, -0.0, 1e21, 2.0**53])
@example({"\ue000": 1, "\U00010000": 2})
def test_canonical_agrees_with_an_independent_implementation(value: JSON) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(doubles)
def test_doubles_are_written_as_an_independent_implementation_does(value: float) -> None:
    assert canonical([value]) == rfc8785.dumps([value])


@pytest.mark.parametrize("value", [LARGEST + 1, math.nan, math.inf, "\ud800", {1: 2}, b"x", {"a": {"b"}}])
def test_what_is_not_json_cannot_be_written(value: JSON) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whichever library finds it words it
        canonical(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, b"{}\n"),
        (
            {"b": [], "a": {"y": [1, {}], "x": "k: [{,}]"}},
            b'{\n  "a": {\n    "x": "k: [{,}]",\n    "y": [\n      1,\n      {}\n    ]\n  },\n  "b": []\n}\n',
        ),
        (
            {"b": 1e21, "a": ['"\\', {}, {"x": 1e-6}]},
            b'{\n  "a": [\n    "\\"\\\\",\n    {},\n    {\n      "x": 0.000001\n    }\n  ],\n  "b": 1e+21\n}\n',
        ),
        ({"\ue000": 1, "\U00010000": 2}, b'{\n  "\xf0\x90\x80\x80": 2,\n  "\xee\x80\x80": 1\n}\n'),
    ],
)
def test_pretty_bytes_are_frozen(value: JSON, expected: bytes) -> None:
    assert pretty(value) == expected


@given(documents)
def test_pretty_says_the_same_value(value: JSON) -> None:
    assert json.loads(pretty(value), parse_int=float) == value


@given(documents)
def test_pretty_has_the_keys_numbers_and_texts_of_canonical_in_its_order(value: JSON) -> None:
    def tokens(body: bytes) -> object:
        return json.loads(body, object_pairs_hook=list, parse_int=str, parse_float=str)

    assert tokens(pretty(value)) == tokens(canonical(value))


@given(documents)
def test_pretty_without_the_odd_number_is_the_same_whichever_way_writes_it(value: JSON) -> None:
    quick, slow = pretty([value, 7]), pretty([value, 7.0])

    assert quick == slow


@given(documents)
@example([1e16, -1e16, 2.0**63, 2.0**64, 1e21, 123456789.12345678])
def test_a_stored_body_is_read_back_and_written_the_same(value: JSON) -> None:
    body = canonical(value)

    assert canonical(load(body)) == canonical(load(body.decode())) == body


def test_whole_doubles_beyond_the_exact_integers_are_read_back_as_floats() -> None:
    value = load('{"a":[9007199254740992,18446744073709552000,9007199254740991,"9007199254740992"]}')

    assert value == {"a": [9007199254740992.0, 1.8446744073709552e19, 9007199254740991, "9007199254740992"]}
    assert [type(item) for item in value["a"]] == [float, float, int, str]  # type: ignore[union-attr]  # shown above
