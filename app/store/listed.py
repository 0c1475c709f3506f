"""Searching in what lies in memory, where a resource has few objects: the same answers as `store.search` gives."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from app.core.canonical import JSON, Document
from app.core.clock import parse_rfc3339
from app.store.keys import Key
from app.store.search import Asked, Filter, Found

Holds = Callable[[Document], bool]


def find_listed(objects: Sequence[Document], keys: Mapping[str, Key], asked: Asked) -> Found:
    """Search among all the objects of a resource; each has a member for every key."""
    conditions = list(_conditions(keys, asked))
    found = [one for one in objects if all(holds(one) for holds in conditions)]
    ordered = _ordered(found, keys, asked)
    start = (asked.page - 1) * asked.limit
    return Found(ordered[start : start + asked.limit], len(found))


def _conditions(keys: Mapping[str, Key], asked: Asked) -> Iterable[Holds]:
    for name, wanted in asked.filters.items():
        yield _is_one_of(keys[name], wanted)
    parts = [(keys[name], text.casefold()) for name, texts in asked.search.items() for text in texts]
    if parts:
        yield lambda one: any(text in str(value).casefold() for key, text in parts for value in _values(key, one))
    for name, bound in asked.least.items():
        yield lambda one, key=keys[name], bound=bound: any(v >= bound for v in _values(key, one))  # type: ignore[misc]  # bound by default
    for name, bound in asked.most.items():
        yield lambda one, key=keys[name], bound=bound: any(v <= bound for v in _values(key, one))  # type: ignore[misc]  # the same


def _is_one_of(key: Key, wanted: Filter) -> Holds:
    def holds(one: Document) -> bool:
        values = _values(key, one)
        return any(value in wanted.values for value in values) or (wanted.or_unset and not values)

    return holds


def _values(key: Key, one: Document) -> list[Any]:
    """Give the values of a key, as they are compared: dates in milliseconds."""
    value: JSON = one.get(key.stored)
    values = value if isinstance(value, list) else [value]
    return [_comparable(key, each) for each in values if each is not None]


def _comparable(key: Key, value: JSON) -> Any:  # noqa: ANN401  alike in one column
    return parse_rfc3339(str(value)) if key.type == "date" else value


def _ordered(found: list[Document], keys: Mapping[str, Key], asked: Asked) -> list[Document]:
    """Sort by the key, then by id; what has no value comes last in both directions."""
    key = keys[asked.order.key]
    by_id = sorted(found, key=lambda one: str(one["id"]))
    present = [one for one in by_id if _values(key, one)]
    present.sort(key=lambda one: _values(key, one)[0], reverse=asked.order.descending)
    return present + [one for one in by_id if not _values(key, one)]
