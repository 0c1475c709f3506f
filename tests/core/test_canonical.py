"""Canonical JSON: its bytes, its inverse, and the strict parser of input."""

import json
import math
from collections.abc import Callable

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.canonical import JSON, canonical, load, parse, parse_leading, pretty
from app.core.errors import InvalidError

LARGEST = 9007199254740991

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
integers = st.integers(-LARGEST, LARGEST)
doubles = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | integers | doubles | texts
documents: st.SearchStrategy[JSON] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5), max_leaves=25
)
almost_json = st.text('[]{}",:&= \\u0dn1-.e+\n', max_size=25)


def refusal_of(text: bytes | str) -> str:
    with pytest.raises(InvalidError) as caught:
        parse(text)
    return caught.value.message


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0", 1),
        ("1e3", 1000),
        ("-0", 0),
        ("-0.0", 0),
        ("9007199254740991.0", LARGEST),
        ("-9007199254740991", -LARGEST),
        ("0.1", 0.1),
        ("1e-400", 0),
        ("1." + "0" * 50_000, 1),
    ],
)
def test_a_number_with_an_integer_value_becomes_an_integer(text: str, expected: float) -> None:
    for value in (parse(text), parse(f'[{text}, "\\":"]')[0]):  # type: ignore[index]  # both ways of reading
        assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    "number", ["9007199254740992", "-9007199254740992", "9.007199254740992e15", "1e300", "18446744073709551616"]
)
def test_an_integer_beyond_2_53_is_refused_however_it_is_written(number: str) -> None:
    message = refusal_of(f'{{"where": [{{"value": {number}}}]}}')

    assert message.startswith(f".where[0].value: the number {number} is beyond 9007199254740991")
    assert message.endswith("send it as text")


@pytest.mark.parametrize("number", ["9007199254740993", "1e300", "-18446744073709551617", "9" * 300])
def test_an_integer_beyond_2_53_becomes_the_nearest_double_on_request(number: str) -> None:
    value = parse(number, big_integers="nearest")

    assert (value, type(value)) == (float(number), float)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 1_000_000])
@pytest.mark.parametrize("big_integers", ["refuse", "nearest"])
def test_a_number_that_no_double_can_hold_is_refused(number: str, big_integers: str) -> None:
    with pytest.raises(InvalidError, match="too large for a double") as caught:
        parse(f'{{"a":{number}}}', big_integers=big_integers)  # type: ignore[arg-type]  # one of the two

    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":{"b":1,"b":2}}', ".a.b: the key is there 2 times; keep one of them"),
        ('{"a":{"b":1,"b" :2}}', ".a.b: the key is there 2 times; keep one of them"),
        ('[{"a b":1,"\\u0061 b":2}]', '[0]["a b"]: the key is there 2 times; keep one of them'),
        ('{"a":1,"x":"\\":","a":2}', ".a: the key is there 2 times; keep one of them"),
        ('{"a":[NaN]}', ".a[0]: NaN is not a JSON number; send null or a text"),
        ("-Infinity", "The body: -Infinity is not a JSON number; send null or a text"),
        (
            '{"a":"x\\ud800y"}',
            ".a: the text holds half of a surrogate pair, \\ud800; send both halves or leave it out",
        ),
        (
            '{"\\udfff":1}',
            '["\\udfff"]: the key holds half of a surrogate pair, \\udfff; send both halves or leave it out',
        ),
        ('"\udc00"', "The body: the text holds half of a surrogate pair, \\udc00; send both halves or leave it out"),
        (
            '{"a":"\\u0000"}',
            ".a: the text holds the character U+0000 (\\u0000), which cannot be stored; leave it out",
        ),
        (
            '{"\\u0000":1}',
            '["\\u0000"]: the key holds the character U+0000 (\\u0000), which cannot be stored; leave it out',
        ),
        ("", "Unexpected end of input: the body is empty; send one JSON value"),
        (" \n", "Unexpected end of input: the body is empty; send one JSON value"),
        ('{"a":', "Unexpected end of input: expecting value at line 1, column 6; correct it there"),
        ('{\n"a', "Unexpected end of input: unterminated string at line 2, column 1; correct it there"),
        ('{\n "a" 1}', "The body is not JSON: expecting ':' delimiter at line 2, column 6; correct it there"),
        ("1 2", "The body is not JSON: extra data at line 1, column 3; correct it there"),
        ('"a\tb"', "The body is not JSON: invalid control character at line 1, column 3; correct it there"),
        (b'{"a":"\xff"}', "The body is not UTF-8: byte 0xff at offset 6; send UTF-8"),
        (b'"\xed\xa0\x80"', "The body is not UTF-8: byte 0xed at offset 1; send UTF-8"),
        (b"\xef\xbb\xbf{}", "The body starts with a byte order mark (U+FEFF); send UTF-8 without one"),
    ],
)
def test_a_refusal_says_where_what_and_the_remedy(text: bytes | str, message: str) -> None:
    assert refusal_of(text) == message


def test_a_refusal_has_the_path_as_a_field_and_as_rudder_writes_it() -> None:
    with pytest.raises(InvalidError) as caught:
        parse('{"where":[{"value":NaN}]}')

    assert caught.value.fields == {".where[0].value": ["NaN is not a JSON number; send null or a text"]}
    assert caught.value.rudder == "Unexpected: .where[0].value(NaN is not a JSON number; send null or a text)"


def test_an_empty_body_has_the_text_that_scripts_for_rudder_match() -> None:
    with pytest.raises(InvalidError) as caught:
        parse(b"")

    assert caught.value.rudder == "Unexpected: Unexpected end of input"


def test_64_levels_are_accepted() -> None:
    assert canonical(parse("[" * 64 + "]" * 64)) == b"[" * 64 + b"]" * 64


@pytest.mark.parametrize("levels", [65, 2000, 100_000])
@pytest.mark.parametrize(("opener", "closer", "step"), [("[", "]", "[0]"), ('{"a":', "}", ".a")])
def test_more_than_64_levels_are_refused_with_their_path(levels: int, opener: str, closer: str, step: str) -> None:
    message = refusal_of(opener * levels + "1" + closer * levels)

    assert message == f"{step * 64}: nested more than 64 levels deep; flatten it, or send it as text"


def test_brackets_in_texts_are_not_levels() -> None:
    assert parse(json.dumps(["[" * 100, '"[' * 100, '":'])) == ["[" * 100, '"[' * 100, '":']


@pytest.mark.parametrize("text", ['"' + '\\"' * 500_000 + "\\", '"' * 1_000_000, '"' + " " * 1_000_000, "[}" * 500_000])
@pytest.mark.timeout(20)
def test_hostile_texts_take_time_in_proportion_to_their_length(text: str) -> None:
    assert len(refusal_of(text)) < 300


@pytest.mark.parametrize("write", [canonical, pretty, lambda value: json.dumps(value).encode()])
@given(value=documents)
def test_what_is_written_is_parsed_to_the_same(write: Callable[[JSON], bytes], value: JSON) -> None:
    assert canonical(parse(write(value), big_integers="nearest")) == canonical(value)


@given(documents)
def test_text_and_bytes_are_parsed_alike(value: JSON) -> None:
    text = json.dumps(value, ensure_ascii=False)

    assert parse(text, big_integers="nearest") == parse(text.encode(), big_integers="nearest")


@given(almost_json)
def test_both_ways_of_reading_agree(text: str) -> None:
    def outcome(body: str) -> object:
        try:
            return repr(parse(body))
        except InvalidError:
            return InvalidError

    quick, slow = outcome(f'[{text},"a"]'), outcome(f'[{text},"\\u0061\\":"]')  # `":` in a text forces the slow way

    assert quick is slow is InvalidError or quick == str(slow).replace("'a\":'", "'a'")


@pytest.mark.parametrize(
    "tail", [b"", b"&reason=Reason ignored", b" \n&a=1&b[]=%20&c=", b"&reason=[[[[{{\xff", b"&a==&b=1"]
)
def test_form_parameters_after_the_value_are_ignored(tail: bytes) -> None:
    assert parse_leading(b'{"a": "x&y=z"}' + tail) == {"a": "x&y=z"}


@pytest.mark.parametrize("tail", [b"&", b"&reason", b"&=x", b"reason=x", b",&a=b", b"{}", b"&a=b&", b"& a=b"])
def test_anything_else_after_the_value_is_refused(tail: bytes) -> None:
    with pytest.raises(InvalidError, match=r"^The body is not JSON: extra data at line 1, column"):
        parse_leading(b'{"a":1}' + tail)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a":NaN}&reason=x', r"^\.a: NaN"),
        (b'{"a":1,"a":2}&reason=x', r"^\.a: the key is there 2 times"),
        (b"[" * 65 + b"]" * 65 + b"&reason=x", "nested more than 64"),
        (b'{"a":1&reason=x', "delimiter at line 1, column 7"),
        (b"&reason=x", "expecting value at line 1, column 1"),
    ],
)
def test_what_is_wrong_before_form_parameters_is_refused_as_ever(text: bytes, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        parse_leading(text)


@given(documents)
def test_form_parameters_change_nothing(value: JSON) -> None:
    body = canonical(value)

    assert canonical(parse_leading(body + b"&reason=x", big_integers="nearest")) == body
