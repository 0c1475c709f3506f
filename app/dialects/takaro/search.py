"""Finding domains: conditions, order and pages of `POST /domain/search`, over the short list of all tenants."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core.canonical import JSON, Document
from app.core.clock import parse_rfc3339, rfc3339
from app.core.errors import InvalidError
from app.core.tenancy import LIMITS
from app.dialects.takaro.envelope import ValidationFault

TEXTS: Final = ("id", "name", "state", "externalReference")
SEARCHED: Final = ("name", "externalReference")
TIMES: Final = ("createdAt", "updatedAt")
RANGED: Final = (*TIMES, *LIMITS)
SORTED: Final = (*TEXTS, *TIMES, *LIMITS)
MOST: Final = 1000
KEYS: Final[Mapping[str, Sequence[str]]] = {
    "filters": TEXTS,
    "search": SEARCHED,
    "greaterThan": RANGED,
    "lessThan": RANGED,
}
_TOP: Final = (*KEYS, "page", "limit", "sortBy", "sortDirection", "extend")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found, and how much there is."""

    page: int
    limit: int
    total: int
    domains: Sequence[Document]


def find(domains: Sequence[Document], body: Document) -> Found:
    """Give the page that a search asks for.

    Raises:
        InvalidError: the search cannot be read.
    """
    _check_names(body)
    page, limit = _count(body, "page", 1, None), _count(body, "limit", 100, MOST)
    conditions = [*_filters(body), *_searches(body), *_bounds(body)]
    found = [one for one in domains if all(holds(one) for holds in conditions)]
    ordered = _ordered(found, body)
    start = (page - 1) * limit
    return Found(page, limit, len(found), ordered[start : start + limit])


def _check_names(body: Document) -> None:
    faults: list[Document] = [_stray(name, value) for name, value in body.items() if name not in _TOP]
    for part, allowed in KEYS.items():
        given = body.get(part)
        if given is not None and not isinstance(given, dict):
            raise InvalidError(f"'{part}' must be an object of key and values")
        stray = [_stray(name, value) for name, value in (given or {}).items() if name not in allowed]
        if stray:
            faults.append({"property": part, "value": given, "children": [*stray]})
    if body.get("extend"):
        text = "extend must be one of the following values: (none, a domain has no related objects)"
        faults.append({"property": "extend", "value": body["extend"], "constraints": {"isEnum": text}})
    if faults:
        raise ValidationFault(faults)


def _count(body: Document, name: str, default: int, most: int | None) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValidationFault([], f"Invalid pagination: {name} must be a whole number")
    if name == "page" and value < 1:
        raise ValidationFault([], "Invalid pagination: pages start at 1")
    if most is not None and not 1 <= value <= most:
        raise ValidationFault([], f"Invalid pagination: {name} must be between 1 and {most}")
    return value


def _filters(body: Document) -> list[Callable[[Document], bool]]:
    return [_is_one_of(key, _texts("filters", key, given)) for key, given in _part(body, "filters") if given]


def _is_one_of(key: str, values: Sequence[str | None]) -> Callable[[Document], bool]:
    wanted = {None if value == "null" else value for value in values}
    return lambda domain: domain[key] in wanted


def _searches(body: Document) -> list[Callable[[Document], bool]]:
    wanted = [
        (key, value.casefold())
        for key, given in _part(body, "search")
        if given
        for value in _texts("search", key, given)
        if value
    ]

    def holds(domain: Document) -> bool:
        return any(value in str(domain[key] or "").casefold() for key, value in wanted)

    return [holds] if wanted else []


def _texts(part: str, key: str, given: JSON) -> list[str | None]:
    if not isinstance(given, list):
        raise InvalidError(f"'{key}' in {part} must be an array")
    wrong = [value for value in given if value is not None and not isinstance(value, str)]
    if wrong:
        said: Document = {"isString": f"each value in {key} must be a string"}
        raise ValidationFault(
            [{"property": part, "value": {key: given}, "children": [{"property": key, "constraints": said}]}]
        )
    return [None if value is None else str(value) for value in given]


def _bounds(body: Document) -> list[Callable[[Document], bool]]:
    low = [_bound(key, given, low=True) for key, given in _part(body, "greaterThan") if given is not None]
    high = [_bound(key, given, low=False) for key, given in _part(body, "lessThan") if given is not None]
    return low + high


def _bound(key: str, given: JSON, *, low: bool) -> Callable[[Document], bool]:
    bound: Any = _moment(key, given) if key in TIMES else _whole(key, given)
    if low:
        return lambda domain: bool(domain[key] >= bound)
    return lambda domain: bool(domain[key] <= bound)


def _moment(key: str, given: JSON) -> str:
    """Read a time as texts compare: all are written alike."""
    try:
        text = str(given) if isinstance(given, str) and given else "no time"
        return rfc3339(parse_rfc3339(f"{text}T00:00:00Z" if len(text) == len("2020-01-01") else text))
    except InvalidError as fault:
        said: Document = {"isIso8601": f"{key} must be a valid ISO 8601 date string"}
        raise ValidationFault([{"property": key, "value": given, "constraints": said}]) from fault


def _whole(key: str, given: JSON) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        said: Document = {"isNumber": f"{key} must be a whole number"}
        raise ValidationFault([{"property": key, "value": given, "constraints": said}])
    return given


def _part(body: Document, name: str) -> list[tuple[str, JSON]]:
    part = body.get(name)
    return list(part.items()) if isinstance(part, dict) else []


def _ordered(found: list[Document], body: Document) -> list[Document]:
    key, direction = body.get("sortBy", "id"), body.get("sortDirection", "asc")
    if key not in SORTED:
        said: Document = {"isEnum": f"sortBy must be one of the following values: {', '.join(SORTED)}"}
        raise ValidationFault([{"property": "sortBy", "value": key, "constraints": said}])
    if direction not in ("asc", "desc"):
        said = {"isEnum": "sortDirection must be one of the following values: asc, desc"}
        raise ValidationFault([{"property": "sortDirection", "value": direction, "constraints": said}])
    name = str(key)
    ordered = sorted(found, key=lambda domain: str(domain["id"]))
    present = [domain for domain in ordered if domain[name] is not None]
    present.sort(key=lambda domain: _comparable(domain[name]), reverse=direction == "desc")
    return present + [domain for domain in ordered if domain[name] is None]


def _comparable(value: JSON) -> Any:  # noqa: ANN401  texts or numbers, alike in one column
    return value


def _stray(name: str, value: JSON) -> Document:
    return {
        "property": name,
        "value": value,
        "constraints": {"whitelistValidation": f"property {name} should not exist"},
    }
