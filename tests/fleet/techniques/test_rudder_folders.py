"""Technique folders of Rudder: what of them becomes our definition, and what is noted as kept only."""

from typing import Any

import pytest

from app.core.canonical import Document
from app.core.errors import InvalidError
from app.fleet.techniques.library import starter_library
from app.fleet.techniques.rudder.folder import Folder, files_of, read_folder
from app.fleet.techniques.rudder.metadata import read_metadata


def metadata(inside: str) -> bytes:
    return f'<TECHNIQUE name="T"><SECTIONS>{inside}</SECTIONS></TECHNIQUE>'.encode()


def an_input(constraint: str, name: str = "V") -> str:
    return f"<INPUT><NAME>{name}</NAME><CONSTRAINT>{constraint}</CONSTRAINT></INPUT>"


def read(**files: bytes) -> tuple[Document, list[str]]:
    named = {name.replace("_", "."): content for name, content in files.items()}
    found = read_folder(Folder("own", "t", "1.0", named))
    return found.document, found.notes


def variable(document: Document) -> Any:
    parameters: Any = document["parameters"]
    (only,) = parameters["variables"]
    return only


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("", "text"),
        ("string", "text"),
        ("textarea", "textarea"),
        ("raw", "raw"),
        ("integer", "integer"),
        ("boolean", "boolean"),
        ("size-kb", "integer"),
        ("destinationfullpath", "text"),
        ("password:linux-shadow-sha512", "password"),
        ("masterPassword:linux-shadow-sha256", "password"),
        ("derivedPassword:linux", "password"),
        ("perm", "text"),
    ],
)
def test_each_type_of_rudder_has_one_of_ours(theirs: str, ours: str) -> None:
    document, notes = read(metadata_xml=metadata(an_input(f"<TYPE>{theirs}</TYPE>")))

    assert (variable(document)["type"], notes) == (ours, [])


def test_what_a_variable_has_no_equivalent_for_is_noted() -> None:
    document, notes = read(
        metadata_xml=metadata(an_input("<TYPE>colour</TYPE><REGEX>a(?!b)</REGEX><MAYBEEMPTY>true</MAYBEEMPTY>"))
    )

    assert (variable(document)["type"], variable(document)["constraint"]["regex"]) == ("textarea", None)
    assert len(notes) == 2
    assert "'colour' is read as text" in notes[0]
    assert "look-around" in notes[1]


def test_an_empty_choice_allows_no_value() -> None:
    items = "<ITEM><LABEL>None</LABEL><VALUE></VALUE></ITEM><ITEM><LABEL>One</LABEL><VALUE>1</VALUE></ITEM>"

    document, _ = read(metadata_xml=metadata(f"<SELECT1><NAME>V</NAME>{items}</SELECT1>"))

    assert variable(document)["required"] is False
    assert variable(document)["constraint"]["choices"] == [{"value": "1", "label": "One"}]


def test_sections_without_variables_are_left_out() -> None:
    document, _ = read(metadata_xml=metadata('<SECTION name="Only reports"><SECTION name="More"/></SECTION>'))

    assert document["parameters"] == {"variables": [], "sections": []}


def test_every_fault_of_a_definition_is_named() -> None:
    two = an_input("<TYPE>integer</TYPE><DEFAULT>many</DEFAULT>", "A") + an_input("", "")

    with pytest.raises(InvalidError) as refused:
        read(metadata_xml=metadata(two))

    assert "'many' is not a whole number" in refused.value.message
    assert "'' is not a name of a variable" in refused.value.message


def test_parameters_of_the_editor_stand_in_its_section_without_generated_files() -> None:
    yml = b"id: t\nname: T\nversion: '2.0'\nparams:\n  - id: p-1\n    name: first\nitems: []\n"

    document, _ = read(technique_yml=yml)

    assert (document["version"], document["category"]) == ("2.0", "own")
    parameters: Any = document["parameters"]
    (section,) = parameters["sections"]
    assert (section["name"], [one["name"] for one in section["variables"]]) == ("Technique parameters", ["P-1"])


def test_a_constraint_that_is_not_checked_is_noted() -> None:
    yml = b"id: t\nversion: '1.0'\nparams:\n  - {id: p, name: first, constraints: {not_regex: x}}\n"

    _, notes = read(technique_yml=yml)

    assert notes == ["parameter 'P': the constraint 'not_regex' is not checked"]


@pytest.mark.parametrize("document", starter_library(), ids=lambda one: f"{one['id']}:{one['version']}")
def test_the_starter_library_comes_back_as_it_is_and_rudder_can_read_its_sections(document: Document) -> None:
    files = files_of(document)
    path = str(document["category"])

    again = read_folder(Folder(path, str(document["id"]), str(document["version"]), files))

    assert again.document == document
    assert again.notes == []
    theirs: Any = read_metadata(files["metadata.xml"]).parameters
    assert names(theirs) == names(document["parameters"])


def names(section: Any) -> Any:
    inner = [names(one) for one in section["sections"]]
    return section.get("name"), section.get("multivalued"), [one["name"] for one in section["variables"]], inner
