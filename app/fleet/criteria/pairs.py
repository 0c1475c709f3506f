"""Named values (properties of nodes, variables of their environment) and how they are compared."""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import orjson

from app.core.canonical import JSON, canonical
from app.fleet.criteria.comparing import Comparison, Value, ValueType

if TYPE_CHECKING:
    import jsonpath

Pair = tuple[str, str]
"""A name and a value: a text as it is, all other JSON as canonical text."""

MAX_PATH_LENGTH: Final = 500

# More than one walk through all depths would let a path take for ever.
_WALK: Final = ".."
_DOT_BEFORE_BRACKET: Final = re.compile(r"(?<!\.)\.\[")


def pair(name: str, value: JSON) -> Pair:
    """Write a named value as it is compared."""
    return name, value if isinstance(value, str) else canonical(value).decode()


class PairType(ValueType):
    """Pairs: `eq` takes `name=value`, `hasKey` a name, `jsonSelect` `name:path`; patterns see `name=value`."""

    __slots__ = ()

    def compare(self, comparator: str, text: str) -> Comparison:
        """Make the test of a comparator.

        Raises:
            ValueError: the text lacks what the comparator needs.
        """
        if comparator in ("eq", "notEq"):
            name, equals, value = text.partition("=")
            if not equals:
                raise ValueError("has no '='; write name=value")
            wanted = (name, value)
            return Comparison(lambda held: held == wanted, negated=comparator == "notEq", exact=wanted)
        if comparator == "hasKey":
            return Comparison(lambda held: _name(held) == text)
        if comparator == "jsonSelect":
            return _selecting(text)
        found = super().compare(comparator, text)
        test = found.test
        return Comparison(lambda held: test(_written(held)), negated=found.negated)


PROPERTY: Final = PairType(
    comparators=("exists", "notExists", "eq", "notEq", "hasKey", "jsonSelect", "regex", "notRegex")
)
VARIABLE: Final = PairType(comparators=("exists", "notExists", "eq", "notEq", "hasKey", "regex", "notRegex"))


def _name(held: Value) -> str:
    return str(held[0]) if isinstance(held, tuple) else ""


def _written(held: Value) -> str:
    return "=".join(map(str, held)) if isinstance(held, tuple) else ""


def _selecting(text: str) -> Comparison:
    name, colon, path = text.partition(":")
    if not colon or not path:
        raise ValueError("has no path behind ':'; write name:path, such as datacenter:world.europe")
    if len(path) > MAX_PATH_LENGTH:
        raise ValueError(f"has a path of {len(path)} characters; at most {MAX_PATH_LENGTH} are taken")
    if path.count(_WALK) > 1:
        raise ValueError("has more than one '..' in its path; name the members between")
    from jsonpath import JSONPathError  # noqa: PLC0415  as in `_paths`

    compiled = _compiled(path)

    def test(held: Value) -> bool:
        if not isinstance(held, tuple) or held[0] != name:
            return False
        try:
            document = orjson.loads(held[1])
        except orjson.JSONDecodeError:
            return False
        try:
            return isinstance(document, dict | list) and next(iter(compiled.finditer(document)), None) is not None
        except (JSONPathError, RecursionError, TypeError):
            return False  # a comparison that this value does not bear finds nothing in it

    return Comparison(test)


@cache
def _paths() -> "jsonpath.JSONPathEnvironment":
    import jsonpath  # noqa: PLC0415  to load it takes a twentieth of a start, and few queries hold a path

    paths = jsonpath.JSONPathEnvironment(strict=True)
    paths.function_extensions.clear()  # they too would let a path take for ever
    return paths


def _compiled(path: str) -> "jsonpath.CompoundJSONPath | jsonpath.JSONPath":
    from jsonpath import JSONPathError  # noqa: PLC0415  as in `_paths`

    try:
        return _paths().compile(_rooted(path))
    except (JSONPathError, RecursionError, ValueError) as fault:
        raise ValueError(f"has no JSON path behind ':' ({str(fault).partition(chr(10))[0][:100]})") from None


def _rooted(path: str) -> str:
    """Write a path as the standard has it; Rudder's may lack the root, and have a dot before a bracket."""
    return _DOT_BEFORE_BRACKET.sub("[", path if path.startswith("$") else f"$.{path}")
