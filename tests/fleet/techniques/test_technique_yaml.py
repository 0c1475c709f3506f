from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidError
from app.fleet.techniques.yaml_source import load_technique_yaml, parse_yaml

GOOD = """\
# a technique
id: motd
version: 1.10
parameters:
  sections:
    - name: Message
      variables:
        - name: TEXT
          type: textarea
          default: |
            Hello
"""


def test_a_technique_is_read_from_yaml_and_completed() -> None:
    document = load_technique_yaml(GOOD.encode())

    assert (document["id"], document["version"], document["name"]) == ("motd", "1.10", "motd")


def test_what_json_has_no_word_for_stays_the_text_that_was_written() -> None:
    value, _ = parse_yaml(
        "[1.0, 0644, yes, off, 2026-01-02, '5', 5, -3, true, False, null, ~, , 1e3, .nan]".replace(", ,", ",")
    )

    assert value == ["1.0", "0644", "yes", "off", "2026-01-02", "5", 5, -3, True, "False", None, None, "1e3", ".nan"]


def test_a_version_that_is_written_as_a_whole_number_is_the_text() -> None:
    assert load_technique_yaml("id: a\nversion: 8\n")["version"] == "8"


def test_json_is_yaml_too() -> None:
    assert load_technique_yaml('{"id": "a", "version": "1.0"}')["id"] == "a"


def test_faults_name_the_line() -> None:
    broken = GOOD.replace("type: textarea", "type: novel").replace("version: 1.10", "version: one")

    with pytest.raises(InvalidError) as caught:
        load_technique_yaml(broken)

    assert caught.value.fields["version"][0].startswith("line 3: 'one' is not a version")
    assert caught.value.fields["parameters/sections/0/variables/0/type"][0].startswith("line 9: section 'Message'")


def test_a_missing_member_is_told_with_the_line_of_the_object_around_it() -> None:
    with pytest.raises(InvalidError) as caught:
        load_technique_yaml(GOOD.replace("- name: TEXT\n          type", "- type"))

    assert caught.value.fields["parameters/sections/0/variables/0/name"][0].startswith("line 8: '' is not a name")


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bomb(30), "line 1: anchors (&) and aliases (*) are not allowed; write the value out"),
        ("id: *a", "aliases (*) are not allowed"),
        ("a: &x\n  <<: *x\n", "are not allowed"),
        (
            "id: !!python/object/apply:os.system ['true']",
            "line 1: the tag tag:yaml.org,2002:python/object/apply:os.system",
        ),
        ("id: !x y", "the tag !x is not allowed; leave it out"),
        ("a: 1\n---\nb: 2\n", "line 2: there is a second document; give one technique at a time"),
        ("[" * 100, "line 1: values are nested more than 40 deep; make them flatter"),
        ("[" * 100_000, "nest"),
        ("- a\n" * 100_001, "there are more than 100000 values; make the technique smaller"),
        ("id: a\nid: b\n", "line 2: the name 'id' is given twice; keep one"),
        ("? [a, b]\n: c\n", "line 1: a name must be a plain text"),
        ("id: [a\nversion: 1\n", "The YAML text cannot be read: line 2: "),
        ("id: a\n\tversion: 1\n", "The YAML text cannot be read: line 2: "),
        ('id: "a\\0b"', "line 1: a text holds U+0000 or half a character; leave it out"),
        ("id: a\nversion: b\x07", "line 2: U+0007 is a control character; leave it out"),
        ("", "The YAML text is empty; give a technique with at least 'id' and 'version'"),
        ("# nothing\n", "The YAML text is empty"),
        ("just text", "line 1: 'technique' must be an object"),
        ("\ud800", "The YAML text is not UTF-8; save it as UTF-8"),
        (b"\xff\xfeid", "The YAML text is not UTF-8; save it as UTF-8"),
        ("#" * (1 << 20) + "#", "The YAML text has 1048577 bytes; the most allowed is 1048576"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_not_allowed_is_refused_with_its_line(text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidError) as caught:
        load_technique_yaml(text)

    assert message in str(caught.value)


@given(st.text(st.characters(exclude_categories=[])) | st.text(st.sampled_from("[]{}:-,?&*!|>'\"%@`#\n \tab0\ufeff~")))
def test_any_text_is_read_or_refused_and_never_fails_otherwise(text: str) -> None:
    with suppress(InvalidError):
        load_technique_yaml(text)
