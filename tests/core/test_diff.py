"""Field differences, and that they say all that is needed to repeat the change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.canonical import JSON, Document, canonical
from app.core.diff import FieldChange, apply_changes, field_diff
from app.core.errors import ConflictError

names = st.sampled_from(["a", "b", "id", "name", "key", "id=x", "a/b", "~", "~1", "", "é"])
scalars: st.SearchStrategy[JSON] = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.5, "x", "y", ""])
identities: st.SearchStrategy[JSON] = st.sampled_from(["x", "y", "z", "x/y", "~", "=", ""])
items: st.SearchStrategy[JSON] = st.fixed_dictionaries({"id": identities}, optional={"v": scalars, "name": scalars})
values: st.SearchStrategy[JSON] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3) | st.lists(items, max_size=5),
    max_leaves=12,
)
documents: st.SearchStrategy[Document] = st.dictionaries(names, values, max_size=4)


def changed(path: str, old: JSON, new: JSON) -> FieldChange:
    return FieldChange(path, old, new, old_present=True, new_present=True)


def added(path: str, new: JSON) -> FieldChange:
    return FieldChange(path, None, new, old_present=False, new_present=True)


def removed(path: str, old: JSON) -> FieldChange:
    return FieldChange(path, old, None, old_present=True, new_present=False)


def rows(*ids: str) -> list[JSON]:
    return [{"id": each, "v": 1} for each in ids]


@given(documents, documents)
def test_the_changes_applied_to_before_give_after(before: Document, after: Document) -> None:
    assert canonical(apply_changes(before, field_diff(before, after))) == canonical(after)


@given(st.lists(items, max_size=6), st.lists(items, max_size=6))
def test_lists_of_identified_items_are_repeated_exactly(before: list[JSON], after: list[JSON]) -> None:
    changes = field_diff({"list": before}, {"list": after})

    assert canonical(apply_changes({"list": before}, changes)) == canonical({"list": after})


@given(documents)
def test_equal_documents_have_no_differences(document: Document) -> None:
    assert field_diff(document, document) == []


@given(documents, documents)
def test_differences_are_ordered_by_a_path_that_occurs_once(before: Document, after: Document) -> None:
    paths = [change.path for change in field_diff(before, after)]

    assert paths == sorted(set(paths))


@given(documents, documents)
def test_the_way_back_swaps_old_and_new(before: Document, after: Document) -> None:
    swapped = [
        FieldChange(each.path, each.new, each.old, old_present=each.new_present, new_present=each.old_present)
        for each in field_diff(before, after)
        if not each.path.endswith("/id")
    ]

    back = [each for each in field_diff(after, before) if not each.path.endswith("/id")]

    assert back == swapped


@given(documents)
def test_applying_leaves_the_document_before_as_it_was(before: Document) -> None:
    copy = canonical(before)

    apply_changes(before, field_diff(before, {"a": [1]}))

    assert canonical(before) == copy


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {"b": {"c": 1}, "a": None}, [added("/a", None), added("/b", {"c": 1})]),
        ({"b": {"c": 1}, "a": None}, None, [removed("/a", None), removed("/b", {"c": 1})]),
        (None, None, []),
        ({"a": None}, {}, [removed("/a", None)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}, [changed("/a/b", 1, 3)]),
        ({"a": {"b": 1}}, {"a": {}}, [removed("/a/b", 1)]),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, [changed("/a~1b/~0", 1, 2)]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [changed("/a", [1, 2], [2, 1])]),
        ({"a": [1]}, {"a": [True]}, [changed("/a", [1], [True])]),
        ({"a": 1}, {"a": True}, [changed("/a", 1, True)]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": {"b": 1}}, {"a": [1]}, [changed("/a", {"b": 1}, [1])]),
    ],
)
def test_differences_of_members(before: Document | None, after: Document | None, expected: list[FieldChange]) -> None:
    assert field_diff(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (rows("x", "y"), [{"id": "x", "v": 1}, {"id": "y", "v": 2}], [changed("/l/id=y/v", 1, 2)]),
        (rows("x", "y"), rows("y"), [removed("/l/id=x", {"id": "x", "v": 1})]),
        (rows("x"), rows("x", "a", "b"), [added("/l/id=a", rows("a")[0]), added("/l/id=b", rows("b")[0])]),
        (rows("x"), rows("a", "x"), [changed("/l/id", ["x"], ["a", "x"]), added("/l/id=a", rows("a")[0])]),
        (rows("x", "y"), rows("y", "x"), [changed("/l", rows("x", "y"), rows("y", "x"))]),
        (rows("x"), rows("x", "x"), [changed("/l", rows("x"), rows("x", "x"))]),
        ([{"name": "n/1", "v": 1}], [{"name": "n/1", "v": 2}], [changed("/l/name=n~11/v", 1, 2)]),
        ([{"key": "k", "v": 1}], [{"key": "k", "v": 2}], [changed("/l/key=k/v", 1, 2)]),
        ([{"id": 1, "v": 1}], [{"id": 1, "v": 2}], [changed("/l", [{"id": 1, "v": 1}], [{"id": 1, "v": 2}])]),
    ],
)
def test_differences_of_lists(before: list[JSON], after: list[JSON], expected: list[FieldChange]) -> None:
    assert field_diff({"l": before}, {"l": after}) == expected


def test_changes_apply_beside_what_others_changed() -> None:
    newer: JSON = {"id": "y", "v": 2}
    changes = field_diff({"l": rows("x", "y")}, {"l": [*rows("a", "x"), newer]})

    result = apply_changes({"l": rows("x", "y", "other"), "b": 1}, changes)

    assert result == {"l": [*rows("a", "x"), newer, *rows("other")], "b": 1}


@pytest.mark.parametrize("document", [{}, {"l": []}, {"l": 5}, {"l": [1]}, {"l": [{"x": 1}]}])
def test_a_change_of_what_is_gone_is_a_conflict(document: Document) -> None:
    changes = field_diff({"l": rows("x")}, {"l": [{"id": "x", "v": 2}]})

    with pytest.raises(ConflictError, match=r"^Field /l/id=x/v cannot be changed: it, or what holds it, is gone"):
        apply_changes(document, changes)


def test_a_removal_of_what_is_gone_is_a_conflict() -> None:
    changes = field_diff({"l": rows("x"), "a": 1}, {"l": rows("x")})

    with pytest.raises(ConflictError, match=r"^Field /a cannot"):
        apply_changes({}, changes)
