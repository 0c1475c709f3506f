"""Reads the body of a search: checks every property, and says all that is wrong at once."""

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from app.core.canonical import JSON, Document
from app.core.clock import parse_rfc3339
from app.core.errors import InvalidError
from app.http.search_errors import Constraints, Fault, SearchError, short
from app.store.keys import Key, Value
from app.store.search import Asked, Filter, Order

MOST_VALUES: Final = 1_000
"""Values that one key takes."""
MOST_TEXTS: Final = 100
"""Parts of texts that a whole search takes: each is looked for on its own."""
MOST_PATHS: Final = 10
MOST_LIMIT: Final = 1_000
DEFAULT_LIMIT: Final = 100
UNSET: Final = "null"
"""The text that asks for what has no value, beside JSON null (contract/search.md, section 2.1)."""

NAMES: Final = ("filters", "search", "greaterThan", "lessThan", "page", "limit", "sortBy", "sortDirection", "extend")
DIRECTIONS: Final = ("asc", "desc")
BOUNDED: Final = ("number", "date")
_INVALID: Final = "Validation error"

Checked = Iterator[Fault]


def read_search(
    body: JSON, url: Mapping[str, JSON], keys: Mapping[str, Key], paths: Collection[str], default: Order
) -> tuple[Asked, tuple[str, ...]]:
    """Read a search and the paths of its `extend`, sorted, with the parents of nested ones.

    Raises:
        SearchError: what cannot be read, all of it.
    """
    if body is not None and not isinstance(body, dict):
        raise SearchError("A search is a JSON object; send {} to find everything")
    asked: Document = body or {}
    faults = [_unknown(name, value) for name, value in asked.items() if name not in NAMES]
    filters = _read(asked, "filters", _filter_reader(keys), faults)
    texts = _read(asked, "search", _text_reader(keys), faults)
    if sum(map(len, texts.values())) > MOST_TEXTS:
        said = f"search must contain no more than {MOST_TEXTS} elements in all"
        faults.append(Fault("search", asked["search"], {"arrayMaxSize": said}))
    least = _read(asked, "greaterThan", _bound_reader(keys), faults)
    most = _read(asked, "lessThan", _bound_reader(keys), faults)
    order = asked.get("sortBy")
    sortable = sorted(name for name, key in keys.items() if not key.many)
    if order is not None and order not in sortable:
        faults.append(Fault("sortBy", order, {"isEnum": _one_of("sortBy", sortable)}))
    direction = asked.get("sortDirection")
    if direction is not None and direction not in DIRECTIONS:
        faults.append(Fault("sortDirection", direction, {"isEnum": _one_of("sortDirection", DIRECTIONS)}))
    extend = _paths(asked, paths, faults)
    if faults:
        raise SearchError(_INVALID, faults, remedy=_remedy(faults, keys))
    page, limit = _page(asked, url)
    read = Asked(
        filters=filters,
        search=texts,
        least=least,
        most=most,
        page=page,
        limit=limit,
        order=Order(
            default.key if order is None else str(order),
            default.descending if direction is None and order is None else direction == "desc",
        ),
    )
    return read, extend


class _Skip(Exception):  # noqa: N818  a signal, not an error
    """The value puts no restriction."""


def _read(asked: Document, name: str, read: Callable[[str, JSON], Any], faults: list[Fault]) -> dict[str, Any]:
    """Read one of the objects of conditions; what is wrong with its members goes under its name."""
    given = asked.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        faults.append(Fault(name, given, {"nestedValidation": f"{name} must be an object of keys and their values"}))
        return {}
    found: dict[str, Any] = {}
    children: list[Fault] = []
    for key, value in given.items():
        try:
            found[key] = read(key, value)
        except _Skip:
            continue
        except _Wrong as wrong:
            children.append(Fault(key, value, wrong.constraints))
    if children:
        faults.append(Fault(name, given, children=children))
    return found


class _Wrong(Exception):  # noqa: N818  a fault on its way to the list
    def __init__(self, constraints: Constraints) -> None:
        super().__init__()
        self.constraints = constraints


def _filter_reader(keys: Mapping[str, Key]) -> Callable[[str, JSON], Filter]:
    def read(name: str, value: JSON) -> Filter:
        key = _key(keys, name)
        if value is None:
            raise _Skip
        if isinstance(value, bool) and key.type == "flag":
            value = [value]
        if isinstance(value, str | int | float):
            raise SearchError(
                f"filters.{short(name)} must be an array of values, not a single one: write [...] around it"
            )
        if not isinstance(value, list):
            raise _Wrong({"isArray": f"{name} must be an array"})
        if not value:
            raise _Skip
        if len(value) > MOST_VALUES:
            raise _Wrong({"arrayMaxSize": f"{name} must contain no more than {MOST_VALUES} elements"})
        given = [one for one in value if one is not None and one != UNSET]
        return Filter(tuple(_typed(key, one) for one in given), or_unset=len(given) < len(value))

    return read


def _text_reader(keys: Mapping[str, Key]) -> Callable[[str, JSON], Sequence[str]]:
    def read(name: str, value: JSON) -> Sequence[str]:
        key = _key(keys, name, ("text",))
        if key.whole:
            raise _Wrong({"whitelistValidation": f"property {name} should not exist"})
        if value is None:
            raise _Skip
        if isinstance(value, str):
            raise SearchError(
                f"search.{short(name)} must be an array of texts, not a single one: write [...] around it"
            )
        if not isinstance(value, list):
            raise _Wrong({"isArray": f"{name} must be an array"})
        if len(value) > MOST_TEXTS:
            raise _Wrong({"arrayMaxSize": f"{name} must contain no more than {MOST_TEXTS} elements"})
        texts = [str(_typed(key, one)) for one in value if one is not None and one != ""]
        if not texts:
            raise _Skip
        return texts

    return read


def _bound_reader(keys: Mapping[str, Key]) -> Callable[[str, JSON], float]:
    def read(name: str, value: JSON) -> float:
        key = _key(keys, name, BOUNDED)
        if value is None:
            raise _Skip
        return float(_typed(key, value))

    return read


def _key(keys: Mapping[str, Key], name: str, types: Collection[str] | None = None) -> Key:
    key = keys.get(name)
    if key is None or (types is not None and key.type not in types):
        raise _Wrong({"whitelistValidation": f"property {short(name)} should not exist"})
    return key


def _typed(key: Key, value: JSON) -> Value:
    """Check that a value has its key's type."""
    if key.type == "flag" and not isinstance(value, bool):
        raise _Wrong({"isBoolean": f"each value in {key.name} must be a boolean value"})
    if key.type == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise _Wrong({"isNumber": f"each value in {key.name} must be a number"})
    if key.type == "date":
        return _moment(key, value)
    if key.type in ("text", "uuid") and not isinstance(value, str):
        raise _Wrong({"isString": f"each value in {key.name} must be a string"})
    if key.type == "uuid" and not _is_uuid(str(value)):
        raise _Wrong({"isUuid": f"each value in {key.name} must be a UUID"})
    return value  # type: ignore[return-value]  # one of the three, by its type


def _moment(key: Key, value: JSON) -> float:
    """Read a date, or a time without zone as UTC, in milliseconds."""
    if isinstance(value, str):
        for read in (parse_rfc3339, _lenient):
            with suppress(ValueError, InvalidError):
                return read(value)
    raise _Wrong({"isIso8601": f"{key.name} must be a valid ISO 8601 date string"})


def _lenient(text: str) -> int:
    """Read a bare date, or a time without zone, in UTC."""
    moment = datetime.fromisoformat(text)
    return parse_rfc3339((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat())


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _page(asked: Document, url: Mapping[str, JSON]) -> tuple[int, int]:
    """Read page and limit; the body wins over the URL.

    Raises:
        SearchError: the text says what a page is.
    """
    page = asked["page"] if "page" in asked else _digits(url.get("page"), 1)
    limit = asked["limit"] if "limit" in asked else _digits(url.get("limit"), DEFAULT_LIMIT)
    if isinstance(page, bool) or not isinstance(page, int) or page < 1 or page > 2**31:
        said = "pages start at 1" if page == 0 and page is not False else "page must be a whole number, 1 or more"
        raise SearchError(f"Invalid pagination: {said}", [Fault("page", page, {"min": said})])
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_LIMIT:
        said = f"limit must be between 1 and {MOST_LIMIT}"
        constraint = "max" if isinstance(limit, int) and limit > MOST_LIMIT else "min"
        raise SearchError(f"Invalid pagination: {said}", [Fault("limit", limit, {constraint: said})])
    return page, limit


def _digits(text: JSON, default: int) -> JSON:
    if text is None:
        return default
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 12 else text  # noqa: PLR2004  more digits than any page has


def _paths(asked: Document, allowed: Collection[str], faults: list[Fault]) -> tuple[str, ...]:
    if "extend" not in asked:
        return ()
    given = asked["extend"]
    if not isinstance(given, list) or any(not isinstance(one, str) or one not in allowed for one in given):
        said = f"each value in extend must be one of the following values: {', '.join(sorted(allowed)) or 'none'}"
        faults.append(Fault("extend", given, {"isEnum": said}))
        return ()
    named = {str(one) for one in given}
    if len(named) > MOST_PATHS:
        said = f"extend must contain no more than {MOST_PATHS} elements"
        faults.append(Fault("extend", given, {"arrayMaxSize": said}))
    steps = [one.split(".") for one in named]
    return tuple(sorted({".".join(parts[:end]) for parts in steps for end in range(1, len(parts) + 1)}))


def _unknown(name: str, value: JSON) -> Fault:
    return Fault(name, value, {"whitelistValidation": f"property {short(name)} should not exist"})


def _one_of(name: str, allowed: Collection[str]) -> str:
    return f"{name} must be one of the following values: {', '.join(allowed)}"


def _remedy(faults: Sequence[Fault], keys: Mapping[str, Key]) -> str:
    """Name what is allowed, where a name was not known."""
    first = faults[0]
    if first.name not in NAMES:
        return f"allowed are: {', '.join(NAMES)}"
    child = first.children[0] if first.children else None
    if child is None or "whitelistValidation" not in child.constraints:
        return ""
    types = {"search": ("text",), "greaterThan": BOUNDED, "lessThan": BOUNDED}.get(first.name)
    allowed = sorted(
        name
        for name, key in keys.items()
        if types is None or (key.type in types and not (first.name == "search" and key.whole))
    )
    return f"allowed in {first.name} are: {', '.join(allowed)}"
