"""Comparing values: which comparators each type of value knows, and the test that one makes of a text."""

import ipaddress
import operator
import re
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from typing import Final

from app.core.clock import parse_rfc3339
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.fleet.techniques.patterns import MAX_MATCHED_LENGTH, find_pattern_fault, matches

Value = Hashable
"""A value of an attribute; texts are str, all that has an order besides is a number."""
Test = Callable[[Value], bool]
Read = Callable[[str], Value]

DAY_MS: Final = 86_400_000
_EXISTENCE: Final = ("exists", "notExists")
_EQUALITY: Final = (*_EXISTENCE, "eq", "notEq")
_PATTERNS: Final = ("regex", "notRegex")
_ORDER: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
}
_NEGATED: Final = {"notExists": "exists", "notEq": "eq", "notRegex": "regex"}
_UNITS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_SIZE: Final = re.compile(
    r"\s*([0-9]{1,15}(?:[.,][0-9]{1,9})?)\s*([kmgtp]?)(?:i?[bo]|octets?|bytes?)?\s*", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]{1,15}(?:\.[0-9]{1,9})?\s*")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_OLD_DATE: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparator demands of a value that is there; `negated` demands that no value passes.

    Where only one value can pass, it is `exact`.
    """

    test: Test
    negated: bool = False
    exact: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType:
    """A type of value; `read` understands the text that values are compared with, and raises ValueError."""

    comparators: tuple[str, ...]
    read: Read = str
    equals: Callable[[str], Comparison] | None = None

    def compare(self, comparator: str, text: str) -> Comparison:
        """Make the test of a comparator that the type knows.

        Raises:
            ValueError: the text is none that values of the type can be compared with; says why.
        """
        negated = comparator in _NEGATED
        base = _NEGATED.get(comparator, comparator)
        found = self._positive(base, text)
        return Comparison(found.test, negated=negated, exact=found.exact)

    def _positive(self, comparator: str, text: str) -> Comparison:
        if comparator == "exists":
            return Comparison(_always)
        if comparator == "regex":
            return _matching(text)
        if comparator == "eq":
            return self.equals(text) if self.equals is not None else _equal(self.read(text))
        order, bound = _ORDER[comparator], self.read(text)
        return Comparison(lambda value: order(value, bound))  # type: ignore[arg-type]  # both are what `read` gives


def _always(_value: Value) -> bool:
    return True


def _equal(wanted: Value) -> Comparison:
    return Comparison(lambda value: value == wanted, exact=wanted)


def _matching(regex: str) -> Comparison:
    # As in Rudder the whole text must match, and the dot stands for line ends too.
    dotted = f"(?s:{regex})"
    fault = find_pattern_fault(dotted)
    if fault is not None:
        raise ValueError(fault)
    return Comparison(lambda value: len(str(value)) <= MAX_MATCHED_LENGTH and matches(dotted, str(value)))


def read_number(text: str) -> float:
    """Read a number.

    Raises:
        ValueError: it is none.
    """
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("is not a number; use digits")
    return float(text)


def read_size(text: str) -> float:
    """Read a size in bytes; `2 GB` is 2 x 1024 x 1024 x 1024.

    Raises:
        ValueError: it is none.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError("is not a size; use bytes, or a unit as in 512 MB or 2 GB")
    return float(found[1].replace(",", ".")) * 1024.0 ** _UNITS[found[2].lower()]


def read_day(text: str) -> float:
    """Read a day, as days since 1970 UTC; the time of a moment is ignored.

    Raises:
        ValueError: it is none.
    """
    try:
        if found := _DATE.fullmatch(text):
            parts = (found[1], found[2], found[3])
        elif found := _OLD_DATE.fullmatch(text):
            parts = (found[3], found[2], found[1])
        else:
            return float(parse_rfc3339(text) // DAY_MS)
        year, month, day = map(int, parts)
        return float(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000 // DAY_MS)
    except (ValueError, InvalidError):
        raise ValueError("is not a day; write it as 2026-01-31") from None


def _same_without_case(text: str) -> Comparison:
    wanted = text.casefold()
    return Comparison(lambda value: str(value).casefold() == wanted)


def _in_network(text: str) -> Comparison:
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError("is neither an IP address nor a network such as 10.0.0.0/8") from None

    def test(value: Value) -> bool:
        try:
            return ipaddress.ip_address(str(value)) in network
        except ValueError:
            return False

    return Comparison(test)


TEXT: Final = ValueType(comparators=(*_EQUALITY, *_PATTERNS))
ORDERED_TEXT: Final = ValueType(comparators=(*_EQUALITY, *_PATTERNS, *_ORDER))
NUMBER: Final = ValueType(comparators=(*_EQUALITY, *_ORDER), read=read_number)
SIZE: Final = ValueType(comparators=(*_EQUALITY, *_ORDER), read=read_size)
DAY: Final = ValueType(comparators=(*_EQUALITY, *_ORDER), read=read_day)
CASELESS: Final = ValueType(comparators=_EQUALITY, equals=_same_without_case)
ADDRESS: Final = ValueType(comparators=(*_EQUALITY, *_PATTERNS), equals=_in_network)
