"""The hash that an approval is bound to: what changes, and nothing of how it was asked for."""

import random

from hypothesis import given
from hypothesis import strategies as st

from app.changes.change import Change
from app.changes.review.effect import diff_hash
from app.changes.review.matching import Effect, fields_of
from app.changes.review.reach import Reached
from app.core.canonical import JSON, Document, canonical
from app.store.documents import Stored

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4)


def stored(document: Document | None, place: int, moment: int) -> Stored | None:
    if document is None:
        return None
    body = canonical(document).decode()
    return Stored("parameter", f"p-{place}", "", body, "", moment + 1, f"commit-{moment}", moment, moment + 7)


def hashed(pairs: list[tuple[Document | None, Document | None]], order: random.Random | None = None) -> str:
    """Hash changes of different documents; with `order` in another order, at another time."""
    moment = 0 if order is None else 50
    changes = [
        Change("parameter", f"p-{place}", stored(before, place, moment), stored(after, place, moment + 1))
        for place, (before, after) in enumerate(pairs)
    ]
    effects = [Effect(change, fields_of(change), Reached()) for change in changes]
    if order is not None:
        order.shuffle(effects)
    return diff_hash(effects)


def turned(value: JSON, order: random.Random) -> JSON:
    """Give the same value with its keys in another order."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: turned(value[key], order) for key in keys}
    return [turned(one, order) for one in value] if isinstance(value, list) else value


@given(st.lists(st.tuples(st.none() | DOCUMENTS, DOCUMENTS), min_size=1, max_size=4), st.randoms())
def test_neither_the_order_nor_times_revisions_or_commits_change_the_hash(
    pairs: list[tuple[Document | None, Document]], order: random.Random
) -> None:
    shuffled = [
        (None if before is None else dict(turned(before, order)), dict(turned(after, order)))  # type: ignore[call-overload, arg-type]
        for before, after in pairs
    ]

    assert hashed([*shuffled], order) == hashed([*pairs])


@given(DOCUMENTS, TEXTS, SCALARS, SCALARS)
def test_another_old_or_new_value_is_another_hash(document: Document, name: str, one: JSON, other: JSON) -> None:
    before, after = {**document, name: one}, {**document, name: other}
    if canonical(before) == canonical(after):
        return

    known = hashed([(before, after)])

    assert known != hashed([(after, before)])
    assert known != hashed([(before, before)])
    assert known != hashed([(before, None)])
    assert known != hashed([(None, after)])


def test_a_number_is_the_same_however_it_is_written_and_a_text_is_not_a_number() -> None:
    assert hashed([({"v": 0}, {"v": 1})]) == hashed([({"v": 0.0}, {"v": 1.0})])
    assert hashed([({"v": 0}, {"v": 1})]) != hashed([({"v": 0}, {"v": "1"})])
    assert hashed([({"v": 0}, {"v": 1})]) != hashed([({"v": 0}, {"v": True})])
    assert hashed([({"v": ["a", "b"]}, {"v": ["b", "a"]})]) != hashed([({"v": ["a", "b"]}, {"v": ["a", "b"]})])
