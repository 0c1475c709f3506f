import pytest

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.techniques.parameters import complete_parameters, empty_parameters, secret_paths
from tests.fleet.techniques.samples import (
    a_section,
    a_technique,
    a_variable,
    parameters,
    section,
    with_value,
    with_variable,
)

PACKAGES = a_technique(
    a_section(
        "Package",
        multivalued=True,
        required=True,
        variables=[a_variable("NAME", required=True), a_variable("AGE", default="1", type="integer")],
        sections=[a_section("Version", variables=[a_variable("POLICY", default="any")])],
    ),
    a_section("Before", variables=[a_variable("HOOK")]),
)


def faults_of(technique_parameters: JSON, unknown_refused: bool = True) -> dict[str, list[str]]:  # noqa: FBT001, FBT002  a test's switch
    with pytest.raises(InvalidError) as caught:
        complete_parameters(PACKAGES, technique_parameters, unknown="refuse" if unknown_refused else "drop")
    return caught.value.fields


def fault_of_value(value: JSON, **variable: JSON) -> str:
    with pytest.raises(InvalidError) as caught:
        complete_parameters(with_variable(**variable), with_value(value))
    return caught.value.fields["parameters/S/V"][0]


def stored(value: JSON, **variable: JSON) -> JSON:
    completed = complete_parameters(with_variable(**variable), with_value(value))
    return completed["section"]["sections"][0]["section"]["vars"][0]["var"]["value"]  # type: ignore[index,call-overload]  # the shape is what is tested


def test_defaults_are_filled_in_and_everything_is_sorted_by_name() -> None:
    completed = complete_parameters(PACKAGES, parameters(section("Package", {"NAME": "htop"})))

    assert completed == parameters(
        section("Before", {"HOOK": ""}),
        section("Package", {"AGE": "1", "NAME": "htop"}, section("Version", {"POLICY": "any"})),
    )


def test_repeats_of_a_multivalued_section_keep_their_order() -> None:
    completed = complete_parameters(
        PACKAGES, parameters(section("Package", {"NAME": "zsh"}), section("Package", {"NAME": "ack"}))
    )

    assert completed == parameters(
        section("Before", {"HOOK": ""}),
        section("Package", {"AGE": "1", "NAME": "zsh"}, section("Version", {"POLICY": "any"})),
        section("Package", {"AGE": "1", "NAME": "ack"}, section("Version", {"POLICY": "any"})),
    )


def test_variables_of_the_root_are_completed_too() -> None:
    technique = a_technique(parameters={"variables": [a_variable("B"), a_variable("A", default="x")]})

    assert complete_parameters(technique, section("sections", {"B": "y"})) == section("sections", {"A": "x", "B": "y"})


def test_lists_that_would_be_empty_are_left_out() -> None:
    technique = a_technique(a_section("Empty"), a_section("Many", multivalued=True))

    assert complete_parameters(technique, None) == {"section": {"name": "sections"}}


@pytest.mark.parametrize("nothing", [None, {}, {"section": {}}, {"section": {"name": "sections", "vars": []}}])
def test_parameters_that_say_nothing_are_all_defaults(nothing: JSON) -> None:
    technique = with_variable(default="x")

    assert complete_parameters(technique, nothing) == empty_parameters(technique) == with_value("x")


def test_a_null_value_is_the_default() -> None:
    assert stored(None, default="x") == "x"


def test_an_empty_value_is_kept_although_there_is_a_default() -> None:
    assert stored("", default="x") == ""


def test_empty_parameters_are_refused_when_something_is_required() -> None:
    with pytest.raises(InvalidError, match="section 'Package' is required at least once; give it with its variables"):
        empty_parameters(PACKAGES)


def test_unknown_names_are_dropped_where_the_dialect_demands_it() -> None:
    given = parameters(
        section("Package", {"NAME": "htop", "COLOUR": "red"}, section("Nowhere", {"X": "y"})), section("Elsewhere")
    )

    completed = complete_parameters(PACKAGES, given, unknown="drop")

    assert completed == complete_parameters(PACKAGES, parameters(section("Package", {"NAME": "htop"})))


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    given = parameters(section("Package", {"NAME": "htop", "COLOUR": "red"}, section("Nowhere")), section("Elsewhere"))

    assert faults_of(given) == {
        "parameters/Package[1]/COLOUR": ["section 'Package[1]' has no variable 'COLOUR'; it has: AGE, NAME"],
        "parameters/Package[1]/Nowhere": ["section 'Package[1]' has no section 'Nowhere'; it has: Version"],
        "parameters/Elsewhere": ["section 'sections' has no section 'Elsewhere'; it has: Before, Package"],
    }


def test_unknown_members_are_refused_with_the_known_ones() -> None:
    given: JSON = {
        "section": {
            "name": "sections",
            "colour": "red",
            "sections": [
                {"section": {"name": "Package", "vars": [{"var": {"name": "NAME", "value": "a", "type": "text"}}]}}
            ],
        },
        "version": 1,
    }

    assert faults_of(given) == {
        "parameters": [
            "section 'sections': unknown member 'version'; allowed: section",
            "section 'sections': unknown member 'colour'; allowed: name, vars, sections",
        ],
        "parameters/Package[1]/NAME": [
            "section 'Package[1]', variable 'NAME': unknown member 'type'; allowed: name, value"
        ],
    }


def test_a_required_variable_without_a_value_is_refused_by_name() -> None:
    assert faults_of(parameters(section("Package"))) == {
        "parameters/Package[1]/NAME": [
            "section 'Package[1]', variable 'NAME': is required and has no default; give a value"
        ]
    }


def test_the_message_names_the_technique_and_all_faults() -> None:
    given = parameters(
        section("Package", {"NAME": "", "AGE": "old"}), section("Package", {"NAME": "b", "AGE": "young"})
    )

    with pytest.raises(InvalidError) as caught:
        complete_parameters(PACKAGES, given)

    assert str(caught.value) == (
        "The parameters for technique 'sample' 1.0 cannot be accepted: "
        "section 'Package[1]', variable 'AGE': 'old' is not a whole number; give digits such as 10; "
        "section 'Package[1]', variable 'NAME': '' is empty, but a value is required; give one; "
        "section 'Package[2]', variable 'AGE': 'young' is not a whole number; give digits such as 10"
    )


def test_a_section_that_is_not_multivalued_is_given_once() -> None:
    given = parameters(section("Package", {"NAME": "a"}), section("Before"), section("Before"))

    assert faults_of(given) == {
        "parameters/Before": ["section 'Before' is given 2 times but is not multivalued; keep one"]
    }


def test_a_multivalued_section_is_bounded() -> None:
    given = parameters(*[section("Package", {"NAME": "a"})] * 1001)

    assert faults_of(given) == {
        "parameters/Package": ["section 'Package' is given 1001 times; the most allowed is 1000"]
    }


def test_a_variable_is_given_once() -> None:
    given = with_value("a")
    given["section"]["sections"][0]["section"]["vars"] *= 2  # type: ignore[index,call-overload,operator]  # built above

    with pytest.raises(InvalidError, match="section 'S', variable 'V': is given 2 times; keep one"):
        complete_parameters(with_variable(), given)


SHAPES: list[tuple[JSON, str, str]] = [
    ("text", "parameters", 'must be an object {"section": {"name": "sections", ...}}'),
    ([], "parameters", 'must be an object {"section": {"name": "sections", ...}}'),
    ({"section": []}, "parameters", 'must be an object {"section": {"name": "sections", ...}}'),
    ({"section": {"name": "other"}}, "parameters", "the outermost section must be named 'sections'"),
    ({"section": {"vars": {}}}, "parameters/vars", "section 'sections': 'vars' must be a list"),
    ({"section": {"vars": ["x"]}}, "parameters/vars", 'an item of \'vars\' must be {"var": {"name": ..., ...}}'),
    ({"section": {"sections": [{"section": {"name": 5}}]}}, "parameters/sections", 'must be {"section": {"name": ...'),
]


@pytest.mark.parametrize(("given", "field", "text"), SHAPES, ids=str)
@pytest.mark.parametrize("unknown_refused", [True, False])
def test_a_wrong_shape_is_refused_with_the_right_one(
    given: JSON, field: str, text: str, *, unknown_refused: bool
) -> None:
    assert text in faults_of(given, unknown_refused)[field][0]


ACCEPTED: list[tuple[Document, JSON, str]] = [
    ({}, " two words ", " two words "),
    ({"type": "textarea"}, "a\r\n\tb", "a\r\n\tb"),
    ({"type": "raw"}, "\x1b[0m", "\x1b[0m"),
    ({"type": "integer"}, 22, "22"),
    ({"type": "integer"}, 22.0, "22"),
    ({"type": "integer"}, "-007", "-007"),
    ({"type": "boolean"}, True, "true"),
    ({"type": "boolean"}, False, "false"),
    ({"type": "choice", "constraint": {"choices": ["a", "b"]}}, "b", "b"),
    ({"type": "list"}, ["a", "b"], "a,b"),
    ({"type": "list", "constraint": {"choices": ["a", "b"], "max": 2}}, "b, a", "b, a"),
    ({"type": "path"}, "/etc/motd", "/etc/motd"),
    ({"type": "size", "constraint": {"min": 1024}}, "1KiB", "1KiB"),
    ({"type": "size"}, 512, "512"),
    ({"constraint": {"regex": "a+", "minLength": 2, "maxLength": 3}}, "aaa", "aaa"),
    ({"type": "integer"}, "${node.properties[port]}", "${node.properties[port]}"),
    ({"type": "choice", "constraint": {"choices": ["a"]}}, "${rudder.param.state}", "${rudder.param.state}"),
    ({"type": "boolean"}, "${ Node.properties[a][b] | default = true}", "${ Node.properties[a][b] | default = true}"),
]


@pytest.mark.parametrize(("variable", "given", "text"), ACCEPTED, ids=str)
def test_a_value_of_the_type_is_stored_as_text(variable: Document, given: JSON, text: str) -> None:
    assert stored(given, **variable) == text


REFUSED: list[tuple[Document, JSON, str]] = [
    ({}, 5, "5 is not of type text; give it as a text"),
    ({}, True, "True is not of type text; give it as a text"),
    ({}, ["a"], "['a'] is not of type text; give it as a text"),
    ({}, "a\nb", r"'a\nb' holds a line end or another control character; give one line of text"),
    ({}, "\ud800", "holds U+0000 or half a character; leave it out"),
    ({"type": "textarea"}, "a\x07", r"'a\x07' holds a control character; give plain lines of text"),
    ({"type": "raw"}, "a\0", "holds U+0000 or half a character; leave it out"),
    ({"type": "raw"}, "a" * 262_145, "has 262145 characters; the most allowed is 262144"),
    ({"type": "integer"}, "ten", "'ten' is not a whole number; give digits such as 10"),
    ({"type": "integer"}, 1.5, "1.5 is not of type integer; give it as a text"),
    ({"type": "integer"}, True, "True is not of type integer; give it as a text"),
    ({"type": "integer"}, "9" * 19, "is not a whole number"),
    ({"type": "integer", "constraint": {"min": 1}}, 0, "'0' is too small; the least allowed is 1"),
    ({"type": "integer", "constraint": {"max": 65535}}, "65536", "'65536' is too large; the most allowed is 65535"),
    ({"type": "boolean"}, "yes", "'yes' is neither true nor false; give one of the two"),
    ({"type": "boolean"}, 1, "1 is not of type boolean; give it as a text"),
    (
        {"type": "choice", "constraint": {"choices": ["a", "b"]}},
        "c",
        "'c' is not one of the choices; give one of: a, b",
    ),
    ({"type": "list"}, ["a,b"], "is not of type list; give it as a text"),
    ({"type": "list"}, [5], "is not of type list; give it as a text"),
    ({"type": "list"}, "a,,b", "'a,,b' is not a list; give items separated by commas, none of them empty, on one line"),
    (
        {"type": "list", "constraint": {"choices": ["a"]}},
        "a,c",
        "'a,c' has an item that is not one of the choices; give",
    ),
    ({"type": "list", "constraint": {"max": 1}}, "a,b", "'a,b' has 2 items, which is too large; the most allowed is 1"),
    ({"type": "list", "constraint": {"regex": "a+"}}, "aa,b", "'aa,b' does not match the regular expression a+"),
    (
        {"type": "path"},
        "etc/motd",
        "'etc/motd' is not an absolute path; give one that starts with / and has no .. in it",
    ),
    ({"type": "path"}, "/etc/../root", "is not an absolute path"),
    ({"type": "size"}, "10 apples", "'10 apples' is not a size; give a number with an optional unit, such as 512, 64k"),
    ({"type": "size", "constraint": {"max": 1000}}, "1KiB", "'1KiB' is too large; the most allowed is 1000"),
    ({"constraint": {"minLength": 3}}, "ab", "'ab' has 2 characters; the least allowed is 3"),
    ({"constraint": {"maxLength": 3}}, "abcd", "'abcd' has 4 characters; the most allowed is 3"),
    (
        {"constraint": {"regex": "[a-z]+"}, "description": "A login name"},
        "A",
        "'A' does not match the regular expression [a-z]+; give a value that does: A login name",
    ),
    ({"required": True}, "", "'' is empty, but a value is required; give one"),
    ({}, {"$secret": "t1"}, "the value is a secret's tag, but the variable is not secret; give the text itself"),
    ({"type": "integer"}, "${unknown.thing}", "'${unknown.thing}' is not a whole number"),
]


@pytest.mark.parametrize(("variable", "given", "text"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_wrong_value_is_refused_with_its_section_variable_value_and_remedy(
    variable: Document, given: JSON, text: str
) -> None:
    fault = fault_of_value(given, **variable)

    assert fault.startswith("section 'S', variable 'V': ")
    assert text in fault


def test_a_long_value_is_shown_cut() -> None:
    assert len(fault_of_value("x" * 10_000, type="integer")) < 200


@pytest.mark.parametrize("given", ["hunter2\n", ["hunter2"], "hunter2 ", {"hunter2": 1}])
def test_a_wrong_secret_is_never_shown(given: JSON) -> None:
    fault = fault_of_value(given, type="password", constraint={"regex": "[$].*"})

    assert "hunter2" not in fault
    assert "the value (hidden, it is secret)" in fault


def test_a_secret_may_be_given_as_the_tag_that_stands_for_it() -> None:
    assert stored({"$secret": "t1"}, type="password", required=True) == {"$secret": "t1"}


@pytest.mark.parametrize("tag", [{"$secret": ""}, {"$secret": 5}, {"$secret": "a", "b": 1}, {"$secret": "a" * 201}])
def test_what_only_looks_like_a_tag_is_refused(tag: JSON) -> None:
    assert "is not of type password" in fault_of_value(tag, type="password")


def test_secret_values_are_found_wherever_they_are() -> None:
    technique = a_technique(
        a_section(
            "User",
            multivalued=True,
            variables=[a_variable("LOGIN"), a_variable("PASSWORD", type="password")],
            sections=[a_section("Keys", variables=[a_variable("TOKEN", secret=True)])],
        )
    )
    completed = complete_parameters(
        technique,
        parameters(
            section("User", {"LOGIN": "a", "PASSWORD": "s1"}),
            section("User", {"PASSWORD": {"$secret": "t"}}, section("Keys", {"TOKEN": "s2"})),
        ),
    )

    assert secret_paths(technique, completed) == [
        "/section/sections/0/section/vars/1/var/value",
        "/section/sections/1/section/vars/1/var/value",
        "/section/sections/1/section/sections/0/section/vars/0/var/value",
    ]


@pytest.mark.parametrize("broken", [None, "x", {"section": 5}, {"section": {"vars": [5], "sections": "x"}}])
def test_parameters_of_any_shape_can_be_asked_for_secrets(broken: JSON) -> None:
    assert secret_paths(with_variable(secret=True), broken) == []
