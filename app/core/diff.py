"""Differences between two versions of a document, field by field, and their application.

A path is a JSON pointer (RFC 6901). Items of a list that are objects told apart by a text `id` (else `name`, else
`key`) have the pointer token `id=<its value>`: `/calls/id=c1/report`; the token `id` alone stands for the order of the
list, as the list of those values. Every other list is one value.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any

from app.core.canonical import JSON, Document
from app.core.errors import ConflictError
from app.core.values import dataclass

_IDENTITIES = ("id", "name", "key")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; `old` and `new` are None where the field is null and where it is not present."""

    path: str
    old: JSON
    new: JSON
    old_present: bool
    new_present: bool


def field_diff(before: Document | None, after: Document | None) -> list[FieldChange]:
    """List the fields that differ, ordered by path; equal inputs give [].

    None is no document: a creation or a deletion is one change for each top-level member. An added or removed member
    or item is one change. If items of a list changed their order the whole list is one change.
    """
    return sorted(_compare_members("", before or {}, after or {}), key=lambda change: change.path)


def apply_changes(before: Document | None, changes: Iterable[FieldChange]) -> Document:
    """Make the document after from the one before; the changes are in the order of `field_diff`.

    Only the fields that the changes name are touched, and their old values are not compared.

    Raises:
        ConflictError: what a path goes through is no longer there; names the path.
    """
    document = deepcopy(before or {})
    orders: list[tuple[list[Any], str, JSON]] = []
    for change in changes:
        *parents, last = change.path.split("/")[1:]
        try:
            container = _walk(document, parents)
            if isinstance(container, list) and last in _IDENTITIES:
                orders.append((container, last, change.new))  # wait until all items are there
            else:
                _put(container, last, change)
        except (LookupError, TypeError):
            raise ConflictError(
                f"Field {change.path} cannot be changed: it, or what holds it, is gone; read the object again"
            ) from None
    for container, key, order in orders:
        _reorder(container, key, order)
    return document


def values_at(document: Document | None, path: str) -> list[JSON]:
    """Give the value that a path leads to, alone in a list; an empty list where there is none."""
    place: JSON = document
    for token in path.split("/")[1:]:
        try:
            place = _walk({"": place}, ["", token])
        except (LookupError, TypeError):
            return []
    return [] if document is None else [place]


def is_same(old: JSON, new: JSON) -> bool:
    """Tell whether two values are the same JSON."""
    return _are_equal(old, new)


def _compare(path: str, old: JSON, new: JSON) -> Iterator[FieldChange]:
    if _are_equal(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _compare_members(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _compare_lists(path, old, new)
    else:
        yield FieldChange(path, old, new, old_present=True, new_present=True)


def _compare_members(path: str, old: Document, new: Document, prefix: str = "") -> Iterator[FieldChange]:
    for name in old.keys() | new.keys():
        place = f"{path}/{prefix}{_escape(name)}"
        if name in old and name in new:
            yield from _compare(place, old[name], new[name])
        else:
            yield FieldChange(place, old.get(name), new.get(name), old_present=name in old, new_present=name in new)


def _compare_lists(path: str, old: list[JSON], new: list[JSON]) -> Iterator[FieldChange]:
    whole = FieldChange(path, old, new, old_present=True, new_present=True)
    for key in _IDENTITIES:
        before, after = _by_identity(old, key), _by_identity(new, key)
        if before is not None and after is not None:
            break
    else:
        yield whole
        return
    kept = [identity for identity in before if identity in after]
    if kept != [identity for identity in after if identity in before]:
        yield whole
        return
    yield from _compare_members(path, before, after, prefix=f"{key}=")
    if [*kept, *sorted(after.keys() - before.keys(), key=_escape)] != [*after]:
        # Added items go to the end, by path; anywhere else must be said.
        yield FieldChange(f"{path}/{key}", [*before], [*after], old_present=True, new_present=True)


def _by_identity(items: Sequence[JSON], key: str) -> Document | None:
    found: Document = {}
    for item in items:
        identity = item.get(key) if isinstance(item, dict) else None
        if not isinstance(identity, str) or identity in found:
            return None
        found[identity] = item
    return found


def _are_equal(old: JSON, new: JSON) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_are_equal(member, new[name]) for name, member in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_are_equal, old, new))
    # In Python true equals 1; in JSON it does not.
    return isinstance(old, bool) == isinstance(new, bool) and old == new


def _walk(document: Document, tokens: Sequence[str]) -> Any:  # noqa: ANN401  any JSON container
    place: Any = document
    for token in tokens:
        step: Any = _index(place, token) if isinstance(place, list) else unescape(token)
        place = place[step]  # a TypeError when the item is not found
    return place


def _put(container: Any, token: str, change: FieldChange) -> None:  # noqa: ANN401  any JSON container
    place: Any = _index(container, token) if isinstance(container, list) else unescape(token)
    if not change.new_present:
        del container[place]
    elif place is None:
        container.append(deepcopy(change.new))
    else:
        container[place] = deepcopy(change.new)


def _index(items: Sequence[Any], token: str) -> int | None:
    key, _, identity = unescape(token).partition("=")
    return next((index for index, item in enumerate(items) if item[key] == identity), None)


def _reorder(items: list[Any], key: str, order: JSON) -> None:
    positions = {identity: position for position, identity in enumerate(order if isinstance(order, list) else ())}
    items.sort(key=lambda item: positions.get(item[key], len(positions)))  # what others added stays at the end


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """Read the name that a step of a path stands for."""
    return token.replace("~1", "/").replace("~0", "~")
