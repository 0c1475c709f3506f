"""`dataclass` as the standard library has it, but finished when the class is first called.

The standard library writes and compiles six methods for each class; with three hundred classes that was a quarter of
the time to load the program. Here `__init__` is compiled at the first call and all else that a dataclass has is shared.
To a type checker, to `fields` and to `replace` it is the same. `order` and `InitVar`, which nobody uses, are not known.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **flags):  # noqa: ANN001, ANN003, ANN201  the types are those above
        """Make a dataclass; the flags are those of `dataclasses.dataclass`."""
        return _made(cls, **flags) if cls is not None else lambda plain: _made(plain, **flags)


def _made(
    plain: type,
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    repr: bool = True,  # noqa: A002  its name there
) -> type:
    own = frozenset(vars(plain))  # what the class says itself stays
    cls: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(plain)
    added: dict[str, object] = {"__init__": _first_init(cls, frozen=frozen)}
    if repr:
        added["__repr__"] = _repr
    if eq:
        values_of = _values_of(cls)
        added["__eq__"] = _equality(values_of)
        added["__hash__"] = _hash(values_of) if frozen else None
    if frozen:
        added |= {"__setattr__": _refuse_assignment, "__delattr__": _refuse_deletion}
        if slots:
            added |= {"__getstate__": _state, "__setstate__": _restore}
    for name, method in added.items():
        if name not in own:
            setattr(cls, name, method)
    return cls  # type: ignore[no-any-return]  # the class that the standard library made


def _first_init(cls: Any, *, frozen: bool) -> Callable[..., None]:  # noqa: ANN401  a dataclass
    def __init__(self: object, *args: object, **named: object) -> None:  # noqa: N807  what a class calls it
        init = cls.__init__ = _compiled_init(cls, frozen=frozen)
        init(self, *args, **named)

    return __init__


def _compiled_init(cls: Any, *, frozen: bool) -> Callable[..., None]:  # noqa: ANN401  a dataclass
    """Write `__init__` as the standard library does: a parameter for each field, and an assignment of it."""
    known: dict[str, Any] = {"_missing": dataclasses.MISSING}
    plain: list[str] = []
    named: list[str] = []
    body: list[str] = []
    for field in dataclasses.fields(cls):
        name, value = field.name, field.name
        if field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            parameter = f"{name}=_default_{name}"
            value = name if field.init else f"_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            parameter = f"{name}=_missing"
            value = f"_make_{name}() if {name} is _missing else {name}" if field.init else f"_make_{name}()"
        elif field.init:
            parameter = name
        else:
            continue  # set by __post_init__
        if field.init:
            (named if field.kw_only else plain).append(parameter)
        if frozen:
            # A third of what `object.__setattr__`, which the standard library calls, takes for it.
            known[f"_set_{name}"] = _setter(cls, name)
        body.append(f"_set_{name}(self, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join(["self", *plain, *(["*", *named] if named else [])])
    exec(f"def __init__({parameters}):\n  " + "\n  ".join(body or ["pass"]), known)  # noqa: S102  names of fields
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {field.name: field.type for field in dataclasses.fields(cls) if field.init} | {
        "return": None
    }
    return init


def _setter(cls: type, name: str) -> Callable[[object, object], None]:
    slot = getattr(cls, name, None)
    if isinstance(slot, MemberDescriptorType):
        return slot.__set__
    return lambda self, value: object.__setattr__(self, name, value)


def _values_of(cls: type) -> Callable[[Any], tuple[object, ...]]:
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)


def _equality(values_of: Callable[[Any], tuple[object, ...]]) -> Callable[[Any, object], bool]:
    def __eq__(self: Any, other: object) -> bool:  # noqa: ANN401, N807
        return values_of(self) == values_of(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(values_of: Callable[[Any], tuple[object, ...]]) -> Callable[[Any], int]:
    return lambda self: hash(values_of(self))


@recursive_repr()
def _repr(self: Any) -> str:  # noqa: ANN401
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_assignment(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:  # noqa: ANN401
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
