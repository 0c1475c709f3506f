"""Our `dataclass` against the standard library's, on the same classes."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from app.core import values

OURS: Callable[..., Any] = values.dataclass


def _point(make: Callable[..., Any]) -> Any:
    @make(frozen=True, slots=True)
    class Point:
        """A place."""

        x: int
        y: int = 2
        names: list[str] = dataclasses.field(default_factory=list)
        total: int = dataclasses.field(init=False)
        note: str = dataclasses.field(default="", repr=False, compare=False, kw_only=True)
        known: ClassVar[int] = 7

        def __post_init__(self) -> None:
            object.__setattr__(self, "total", self.x + self.y)

    return Point


def _tally(make: Callable[..., Any]) -> Any:
    @make(slots=True)
    class Tally:
        """What changes."""

        of: str
        counts: dict[str, int] = dataclasses.field(default_factory=dict)
        seen: int = dataclasses.field(default=0, init=False)

    return Tally


@values.dataclass(frozen=True, slots=True)
class Kept:
    """A class that pickle finds by its name."""

    name: str
    parts: tuple[int, ...] = ()


@pytest.mark.parametrize(
    ("args", "named"),
    [((1,), {}), ((1, 5), {"note": "n"}), ((), {"x": 3, "names": ["a"]}), ((1, 2, ["b"]), {})],
)
def test_an_instance_is_what_the_standard_library_makes(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = _point(OURS)(*args, **named), _point(dataclasses.dataclass)(*args, **named)

    assert repr(ours) == repr(theirs).replace("dataclasses", "values")
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert [one.name for one in dataclasses.fields(ours)] == [one.name for one in dataclasses.fields(theirs)]
    assert dataclasses.replace(ours, y=9).total == dataclasses.replace(theirs, y=9).total
    assert ours == copy.copy(ours)
    assert (ours.note, type(ours).known) == (theirs.note, 7)


def test_equality_and_hashes_look_at_the_fields_that_compare_and_at_the_class() -> None:
    one, other = _tuple_like(OURS), _tuple_like(OURS)

    assert one(1, "a") == one(1, "b")
    assert one(1, "a") != one(2, "a")
    assert one(1, "a") != other(1, "a")
    assert one(1, "a") != 1
    assert len({one(1, "a"), one(1, "b"), one(2, "a")}) == 2


def _tuple_like(make: Callable[..., Any]) -> Any:
    @make(frozen=True, slots=True)
    class One:
        key: int
        shown: str = dataclasses.field(compare=False)

    return One


def test_a_frozen_instance_takes_no_assignment_and_no_deletion() -> None:
    point = _point(OURS)(1)

    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert not hasattr(point, "__dict__")


def test_what_is_not_frozen_changes_and_has_no_hash() -> None:
    first, second = _tally(OURS)("a"), _tally(OURS)("a")
    first.counts["n"] = first.seen = 1

    assert (second.counts, second.seen) == ({}, 0)
    assert first != second
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


@pytest.mark.parametrize(("args", "named"), [((), {}), ((1, 2, [], "n"), {}), ((1,), {"total": 3}), ((1,), {"x": 1})])
def test_a_wrong_call_is_refused_the_first_time_too(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        _point(OURS)(*args, **named)


def test_what_a_class_says_itself_stays() -> None:
    @OURS(frozen=True, slots=True)
    class Secret:
        text: str

        def __repr__(self) -> str:
            return "Secret(...)"

        def __hash__(self) -> int:
            return 5

    assert (repr(Secret("x")), hash(Secret("x"))) == ("Secret(...)", 5)
    assert Secret("x") == Secret("x")


def test_a_class_that_compares_by_identity_does() -> None:
    @OURS(slots=True, eq=False)
    class Lane:
        name: str

    one = Lane("a")
    assert one != Lane("a")
    assert len({one, Lane("a"), one}) == 2


def test_a_subclass_has_the_fields_of_both() -> None:
    @OURS(frozen=True, slots=True, kw_only=True)
    class Base:
        id: str
        kind: str = "rule"

    @OURS(frozen=True, slots=True, kw_only=True)
    class Named(Base):
        name: str

    Base(id="b")
    named = Named(id="n", name="N")
    assert (named.id, named.kind, named.name) == ("n", "rule", "N")
    assert named != Base(id="n")


def test_instances_are_pickled_and_copied() -> None:
    kept = Kept("a", (1, 2))

    assert pickle.loads(pickle.dumps(kept)) == kept
    assert copy.deepcopy(kept) == kept


def test_once_called_a_class_says_its_parameters() -> None:
    ours, theirs = _point(OURS), _point(dataclasses.dataclass)
    ours(1)

    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
