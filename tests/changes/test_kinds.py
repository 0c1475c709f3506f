"""What a change moves among the values that a document is found by is what the two documents differ in."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.boot import KINDS
from app.changes.kinds import Kind

VALUES: list[Any] = [
    None, True, 1, 1.0, False, 0, "", "a", "group:a", "group:b", "special:all", [], ["a"], ["a", "b"], ["group:a"],
    [True], [1], [{"site": "a"}], [{"site": "b"}], [{"site": 1}], {"include": {"or": ["group:a"]}},
    [{"include": {"or": ["group:a"]}, "exclude": {"or": ["group:b"]}}],
]  # fmt: skip


MEMBERS = sorted({name for kind in KINDS for name in (*(key.stored for key in kind.keys), *kind.derived_from)} - {"id"})
"""Of all kinds together, so that a kind that reads a member of which it does not say so is found."""
DOCUMENTS = st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in MEMBERS})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_change_moves_what_the_documents_differ_in(kind: Kind, data: st.DataObject) -> None:
    before = {"id": "x", **data.draw(DOCUMENTS)}
    changed = data.draw(st.sets(st.sampled_from(MEMBERS), max_size=3))
    after = {**before, **{name: data.draw(st.sampled_from(VALUES)) for name in sorted(changed)}}

    old, new = kind.values(before), kind.values(after)

    assert kind.moved_values(before, after) == (old - new, new - old)


def test_derived_values_say_what_they_are_made_of() -> None:
    plain = Kind(name="rule", label="Rule", judge=lambda *_given: {}, unknown="")

    assert [kind.name for kind in KINDS if (kind.derived is plain.derived) != (kind.derived_from == ())] == []
