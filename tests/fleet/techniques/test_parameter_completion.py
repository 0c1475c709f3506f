"""Completion on random techniques and parameters."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.techniques.definition import Technique, read_technique
from app.fleet.techniques.parameters import complete_parameters
from app.fleet.techniques.variables import Section
from tests.fleet.techniques.samples import a_definition, a_section, a_variable, section

NAMES = st.sampled_from(["a", "b", "B", "c/d", "é"])
DEFAULTS: dict[str, list[JSON]] = {"text": ["", "x"], "integer": ["", 5], "boolean": [True], "list": ["", ["p", "q"]]}
VALUES: dict[str, st.SearchStrategy[JSON]] = {
    "text": st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
    "integer": st.integers(-(10**9), 10**9),
    "boolean": st.booleans(),
    "list": st.lists(st.sampled_from(["p", "q", "r"])),
}


@st.composite
def variables(draw: st.DrawFn) -> Document:
    value_type = draw(st.sampled_from(sorted(DEFAULTS)))
    return a_variable(draw(NAMES), type=value_type, default=draw(st.sampled_from(DEFAULTS[value_type])))


def unique(items: st.SearchStrategy[Document]) -> st.SearchStrategy[list[Document]]:
    return st.lists(items, max_size=3, unique_by=lambda item: str(item["name"]))


def sections(inner: st.SearchStrategy[list[Document]]) -> st.SearchStrategy[list[Document]]:
    return unique(
        st.builds(
            lambda name, many, own, nested: a_section(name, multivalued=many, variables=own, sections=nested),
            NAMES,
            st.booleans(),
            unique(variables()),
            inner,
        )
    )


TECHNIQUES = sections(sections(sections(st.just([])))).map(lambda found: read_technique(a_definition(*found)))


@st.composite
def given_sections(draw: st.DrawFn, described: tuple[Section, ...]) -> list[JSON]:
    found: list[JSON] = []
    for inner in described:
        repeats = draw(st.integers(0, 3 if inner.multivalued else 1))
        for _ in range(repeats):
            values = {
                variable.name: draw(VALUES[variable.type.name]) for variable in inner.variables if draw(st.booleans())
            }
            nested = draw(given_sections(inner.sections))
            found.append(section(inner.name, values, *nested))
    return found


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Technique, Document]:
    technique = draw(TECHNIQUES)
    return technique, section("sections", None, *draw(given_sections(technique.parameters.sections)))


def items_of(node: Document, member: str, key: str) -> list[Document]:
    """The unwrapped items of `vars` or `sections`."""
    items = node.get(member, [])
    assert isinstance(items, list)
    found = [item[key] for item in items if isinstance(item, dict)]
    return [item for item in found if isinstance(item, dict)]


@given(pairs())
def test_completing_twice_changes_nothing(pair: tuple[Technique, Document]) -> None:
    technique, given_parameters = pair

    once = complete_parameters(technique, given_parameters)

    assert complete_parameters(technique, once) == once


@given(pairs(), st.randoms(use_true_random=False))
def test_the_order_of_different_names_in_the_input_does_not_matter(
    pair: tuple[Technique, Document], random: Random
) -> None:
    technique, given_parameters = pair

    def shuffled(node: JSON) -> JSON:
        if not isinstance(node, dict):
            return node
        found: Document = {}
        for key, value in node.items():
            if isinstance(value, list) and key in {"vars", "sections"}:
                order = {name: random.random() for name in "abBcdé/"} | {"c/d": random.random()}
                kind = "var" if key == "vars" else "section"
                items = [shuffled(item) for item in value]
                found[key] = sorted(items, key=lambda item: order[item[kind]["name"]])  # type: ignore[index,call-overload]
            else:
                found[key] = shuffled(value)
        return found

    assert complete_parameters(technique, shuffled(given_parameters)) == complete_parameters(
        technique, given_parameters
    )


@given(pairs())
def test_variables_and_sections_are_sorted_in_every_section(pair: tuple[Technique, Document]) -> None:
    technique, given_parameters = pair
    waiting = [complete_parameters(technique, given_parameters)["section"]]

    while waiting:
        node = waiting.pop()
        assert isinstance(node, dict)
        for member, key in (("vars", "var"), ("sections", "section")):
            names = [str(item["name"]) for item in items_of(node, member, key)]
            assert names == sorted(names)
        waiting.extend(items_of(node, "sections", "section"))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["section", "sections", "vars", "var", "name", "value", "a"]), inner, max_size=4
        )
    ),
)


@given(TECHNIQUES, JSON_VALUES, st.sampled_from(["drop", "refuse"]))
def test_any_input_is_completed_or_refused_and_never_fails_otherwise(
    technique: Technique, value: JSON, unknown: str
) -> None:
    for candidate in (value, {"section": value}):
        try:
            once = complete_parameters(technique, candidate, unknown=unknown)  # type: ignore[arg-type]  # one of the two
        except InvalidError:
            continue
        assert complete_parameters(technique, once) == once
