import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.techniques.definition import NOT_APPLICABLE, check_definition, read_technique
from app.fleet.techniques.versions import document_id, newest_version, version_key
from tests.fleet.techniques.samples import a_definition, a_section, a_technique, a_variable


def test_a_minimal_technique_is_completed_with_every_stored_field() -> None:
    document = check_definition({"id": "motd", "version": "1.0"})

    assert document == {
        "id": "motd",
        "name": "motd",
        "version": "1.0",
        "category": "ncf_techniques",
        "description": "",
        "documentation": "",
        "source": "editor",
        "enabled": True,
        "system": False,
        "applicable": False,
        "applicableReason": NOT_APPLICABLE,
        "parameters": {"variables": [], "sections": []},
        "resources": [],
        "calls": [],
        "tags": [],
        "internalId": None,
    }


def test_a_variable_is_completed_with_every_stored_field() -> None:
    document = a_technique(a_section(variables=[a_variable("PORT")])).parameters.sections[0].variables[0].to_json()

    assert document == {
        "name": "PORT",
        "description": "",
        "longDescription": "",
        "type": "text",
        "default": "",
        "required": False,
        "secret": False,
        "constraint": {
            "regex": None,
            "min": None,
            "max": None,
            "minLength": None,
            "maxLength": None,
            "choices": [],
        },
    }


def test_a_complete_document_is_read_back_unchanged() -> None:
    document = check_definition(
        a_definition(
            a_section("A", multivalued=True, required=True, sections=[a_section("B", variables=[a_variable()])]),
            name="Sample",
            category="applications/web",
            source="import",
            applicableReason="its templates have no equivalent",
            resources=[{"name": "a.conf", "state": "new", "content": "x"}, {"name": "b"}],
            calls=[{"method": "package_present", "params": {"name": "htop"}}],
            tags=[{"os": "linux"}, {"b": 1}],
        )
    )

    assert check_definition(document) == document


def test_an_applicable_technique_gives_no_reason() -> None:
    technique = a_technique(source="starter", applicableReason="none")

    assert (technique.applicable, technique.applicable_reason) == (True, "")


def test_the_document_id_is_name_and_version() -> None:
    assert a_technique().document_id == document_id("sample", "1.0") == "sample:1.0"


@pytest.mark.parametrize(
    ("value_type", "default", "stored"),
    [("integer", 22, "22"), ("boolean", True, "true"), ("list", ["a", "b"], "a,b"), ("size", 512, "512")],
)
def test_a_default_may_be_a_json_value_of_its_type(value_type: str, default: JSON, stored: str) -> None:
    technique = a_technique(a_section(variables=[a_variable(type=value_type, default=default)]))

    assert technique.parameters.sections[0].variables[0].default == stored


def test_a_choice_may_be_a_plain_text() -> None:
    technique = a_technique(a_section(variables=[a_variable(type="choice", constraint={"choices": ["a"]})]))

    choice = technique.parameters.sections[0].variables[0].constraint.choices[0]
    assert (choice.value, choice.label) == ("a", "a")


FIRST = "parameters/sections/0/variables/0"
TOP_FAULTS: list[tuple[Document, str, str]] = [
    ({"id": "a b"}, "id", "'a b' is not a name of a technique; give 1 to 128 of A-Z, a-z, 0-9, _ and -"),
    ({"id": "a" * 129}, "id", "is not a name of a technique"),
    ({"version": "1.x"}, "version", "'1.x' is not a version; give numbers with dots in quotes, like '1.0'"),
    ({"version": 1.5}, "version", "'version' must be a text; put it in quotes"),
    ({"version": True}, "version", "'version' must be a text"),
    ({"category": "a//b"}, "category", "'a//b' is not a category; give ids with /, like systemSettings/users"),
    ({"source": "web"}, "source", "'web' is not a source of techniques; use one of: starter, editor, import"),
    ({"enabled": "yes"}, "enabled", "'enabled' must be true or false, without quotes"),
    ({"name": 5}, "name", "'name' must be a text; put it in quotes"),
    ({"name": "x" * 256}, "name", "'name' has 256 characters; the most allowed is 255"),
    ({"description": "a\0"}, "description", "'description' holds U+0000 or half a character; leave it out"),
    ({"items": []}, "items", "unknown member 'items' of 'technique'; allowed: id, name, version,"),
    ({"parameters": []}, "parameters", "'parameters' must be an object with the members variables, sections"),
    ({"parameters": {"sections": {}}}, "parameters/sections", "'parameters/sections' must be a list"),
    ({"resources": [{}]}, "resources/0/name", "needs a 'name', the path of the file inside the technique"),
    ({"resources": [{"name": "a", "state": "x"}]}, "resources/0/state", "'x' is not a state of a resource; use one of"),
    ({"calls": ["x"]}, "calls/0", "'calls/0' must be an object, a method or a block of methods"),
    ({"calls": [{}] * 1001}, "calls", "'calls' has 1001 items; the most allowed is 1000"),
    ({"tags": ["x"]}, "tags", "'tags' must be a list of objects with one member each"),
]


@pytest.mark.parametrize(("members", "field", "text"), TOP_FAULTS, ids=str)
def test_a_fault_of_a_technique_names_the_thing_the_value_and_the_remedy(
    members: Document, field: str, text: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        read_technique({**a_definition(), **members})

    assert any(text in fault for fault in caught.value.fields[field])


VARIABLE_FAULTS: list[tuple[Document, str, str]] = [
    ({"name": ""}, "name", "'' is not a name of a variable; give printable text, no space at either end"),
    ({"name": "a\nb"}, "name", "is not a name of a variable"),
    ({"type": "float"}, "type", "'float' is not a type; use one of: text, textarea, raw, integer, boolean, choice"),
    ({"label": "x"}, "label", "unknown member 'label'"),
    ({"type": "password", "secret": False}, "secret", "a password is always secret; leave 'secret' out"),
    ({"secret": True, "default": "hunter2"}, "default", "a secret cannot have a default"),
    ({"type": "integer", "default": "x"}, "default", "the default 'x' is not a whole number; give digits such as 10"),
    ({"type": "text", "default": 5}, "default", "the default 5 is not of type text; give it as a text"),
    ({"default": {"$secret": "t"}}, "default", "the default the value is a secret's tag"),
    ({"type": "choice"}, "constraint/choices", "a choice needs 'choices' with at least one value"),
    ({"type": "choice", "constraint": {"choices": ["a", "a"]}}, "constraint/choices", "a value is listed twice"),
    ({"type": "list", "constraint": {"choices": ["a,b"]}}, "constraint/choices", "cannot hold a comma"),
    (
        {"constraint": {"choices": ["a"]}},
        "constraint/choices",
        "type text takes no 'choices'; it takes: regex, minLength",
    ),
    ({"type": "boolean", "constraint": {"regex": "a"}}, "constraint/regex", "it takes: no constraint at all"),
    (
        {"type": "integer", "constraint": {"min": 5, "max": 4}},
        "constraint/max",
        "'max' 4 is less than the least allowed",
    ),
    ({"constraint": {"minLength": 5, "maxLength": 4}}, "constraint/maxLength", "'maxLength' 4 is less than the least"),
    ({"type": "integer", "constraint": {"min": "5"}}, "constraint/min", "must be a whole number, without quotes"),
    ({"constraint": {"regex": "["}}, "constraint/regex", "is not a regular expression of RE2 (missing ]"),
    ({"constraint": {"regex": "(?=a)b"}}, "constraint/regex", "look-around and back references are not supported"),
    ({"constraint": {"regex": "a" * 1001}}, "constraint/regex", "has 1001 characters; the most allowed is 1000"),
    ({"constraint": {"regex": "((a{1000}){1000}){1000}"}}, "constraint/regex", "is not a regular expression of RE2"),
    (
        {"constraint": {"regex": "(?:[a-z]{999}){1,1}[\\pL]{999}"}},
        "constraint/regex",
        "is too large a regular expression; repeat less in it",
    ),
]


@pytest.mark.parametrize(("members", "field", "text"), VARIABLE_FAULTS, ids=str)
def test_a_fault_of_a_variable_names_the_thing_the_value_and_the_remedy(
    members: Document, field: str, text: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        a_technique(a_section(variables=[{**a_variable(), **members}]))

    assert text in caught.value.fields[f"{FIRST}/{field}"][0]


def test_the_default_of_a_secret_is_not_in_the_message() -> None:
    with pytest.raises(InvalidError) as caught:
        a_technique(a_section(variables=[a_variable(secret=True, default="hunter2")]))

    assert "hunter2" not in str(caught.value) + str(caught.value.fields)


@pytest.mark.parametrize("what", ["variables", "sections"])
def test_names_are_unique_in_their_section(what: str) -> None:
    items: list[JSON] = [{"name": "A"}, {"name": "B"}, {"name": "A"}]

    with pytest.raises(InvalidError) as caught:
        a_technique(a_section(**{what: items}))

    assert caught.value.fields == {
        f"parameters/sections/0/{what}/2/name": ["the name 'A' is used twice in one section; rename one"]
    }


def test_the_same_name_may_be_used_in_two_sections() -> None:
    technique = a_technique(a_section("A", variables=[a_variable()]), a_section("B", variables=[a_variable()]))

    assert [variable.name for variable in technique.parameters.all_variables()] == ["V", "V"]


def test_only_a_multivalued_section_can_be_required() -> None:
    with pytest.raises(InvalidError, match="section 'S' is not multivalued and so always there"):
        a_technique(a_section(required=True))


def test_a_section_cannot_have_the_name_of_the_root() -> None:
    with pytest.raises(InvalidError, match="a section cannot be named 'sections'"):
        a_technique(a_section("sections"))


def test_sections_are_nested_eight_deep_at_most() -> None:
    def nested(depth: int) -> Document:
        return a_section(sections=[nested(depth - 1)]) if depth > 1 else a_section()

    assert a_technique(nested(8)).parameters.sections
    with pytest.raises(InvalidError, match="nested more than 8 deep"):
        a_technique(nested(9))


def test_the_number_of_variables_is_bounded() -> None:
    many: list[JSON] = [a_variable(f"V{number}") for number in range(600)]

    with pytest.raises(InvalidError, match="has 1200 variables; the most allowed is 1000"):
        a_technique(a_section("A", variables=many), a_section("B", variables=many))


def test_all_faults_are_told_at_once_and_the_message_names_the_first_ten() -> None:
    with pytest.raises(InvalidError) as caught:
        a_technique(a_section(variables=[a_variable(f"V{number}", type="x") for number in range(12)]))

    assert len(caught.value.fields) == 12
    assert str(caught.value).endswith("; and 2 more")


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidError, match="'technique' must be an object"):
        read_technique("packageManagement")


def test_versions_are_compared_number_by_number() -> None:
    versions = ["1.10", "1.9", "10.0", "2", "1.9.1", "1.01", "1.1"]

    assert sorted(versions, key=version_key) == ["1.01", "1.1", "1.9", "1.9.1", "1.10", "2", "10.0"]
    assert newest_version(versions) == "10.0"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_value_in_any_place_is_refused_or_read_and_never_fails_otherwise(value: JSON) -> None:
    definition = a_definition(a_section(variables=[a_variable(default=value, constraint=value)]), tags=value)

    try:
        document = check_definition(definition)
    except InvalidError:
        return

    assert check_definition(document) == document
