"""Change requests as Rudder shows them: the objects of its four kinds, whole or field by field."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from app.changes.change import Change, as_stored
from app.changes.review.model import ChangeRequest, Wanted
from app.changes.review.rules import STATUS
from app.changes.work import Work
from app.core.canonical import JSON, Document, canonical
from app.http.endpoint import Shown
from app.http.schemas import reshaper
from app.http.writing import Writing

_PLURALS: Final = {"directive": "directives", "rule": "rules", "group": "groups", "parameter": "parameters"}
_TYPES: Final = {"directive": "Directive", "rule": "Rule", "group": "Group", "parameter": "GlobalParameter"}
_ACTIONS: Final = {"create": "Create", "modify": "Modify", "delete": "Delete"}

_GROUP: Final = (
    "id", "displayName", "description", "query", "nodeIds", "dynamic", "enabled", "groupClass", "properties", "target",
    "system",
)  # fmt: skip
_PARAMETER: Final = ("id", "value", "description", "inheritMode", "provider")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "directive": (
        "displayName", "shortDescription", "longDescription", "*techniqueName", "techniqueVersion", "parameters",
        "priority", "enabled", "*system", "policyMode",
    ),
    "rule": (
        "displayName", "shortDescription", "longDescription", "directives", "targets", "enabled", "system",
        "categoryId",
    ),
    "group": (
        "displayName", "description", "categoryId", "query", "properties", "nodeIds", "dynamic", "enabled", "system",
    ),
    "parameter": ("description", "value"),
}  # fmt: skip
"""What a modification shows, in order; a star marks what is plain even when it changed."""


def rudder_json(one: ChangeRequest, work: Work, writings: Mapping[str, Writing], *, acceptable: bool) -> Document:
    """Show a change request in the members of Rudder's contract, in their order."""
    changes: Document = {plural: [] for plural in _PLURALS.values()}
    for wanted in one.wanted:
        if wanted.kind in _PLURALS:
            listed = changes[_PLURALS[wanted.kind]]
            if isinstance(listed, list):
                listed.append({"action": wanted.action, "change": _change(wanted, work, writings)})
    return {
        "id": one.id,
        "displayName": one.name,
        "status": STATUS[one.state],
        "created by": one.author.name or one.author.handle,
        "acceptable": acceptable,
        "description": one.description,
        "changes": changes,
        "name": one.name,
    }


def _change(wanted: Wanted, work: Work, writings: Mapping[str, Writing]) -> Document:
    shown: Document = {"type": f"{_TYPES[wanted.kind]}{_ACTIONS[wanted.action]}ChangeJson"}
    if wanted.before is not None and wanted.after is not None:
        return {**shown, **_modified(wanted, wanted.before, wanted.after)}
    document = wanted.after if wanted.after is not None else wanted.before
    return {**shown, **_whole(wanted, document or {}, work, writings[wanted.kind])}


def _whole(wanted: Wanted, document: Document, work: Work, writing: Writing) -> Document:
    """Show an object as its own endpoint does, a rule without what the fleet makes of it."""
    if wanted.kind == "parameter":
        return {name: document[name] for name in _PARAMETER if document.get(name) is not None}
    whole = document
    if wanted.kind != "rule":
        stored = as_stored(wanted.kind, wanted.id, document)
        item = next(iter(writing.show(work, Change(wanted.kind, wanted.id, None, stored)).items))
        whole = {**document, **item.computed} if isinstance(item, Shown) else document
    if wanted.kind == "group":
        return {name: whole[name] for name in _GROUP if whole.get(name) is not None}
    schema = writing.modify.output
    shaped = whole if schema is None else reshaper(schema, 24)(whole)
    return {name: value for name, value in shaped.items() if name != "changeRequestId"}


def _modified(wanted: Wanted, before: Document, after: Document) -> Document:
    named = "name" if wanted.kind == "parameter" else "id"
    return {named: wanted.id, **dict(_compared(wanted.kind, before, after))}


def _compared(kind: str, before: Document, after: Document) -> Iterator[tuple[str, JSON]]:
    for field in _FIELDS[kind]:
        name = field.removeprefix("*")
        old, new = before.get(name), after.get(name)
        show = _SHOWN.get((kind, name), _as_it_is)
        if canonical([old]) == canonical([new]):
            if (kind, name) == ("group", "categoryId"):
                continue  # there only when it changed
            unset = (kind, name) == ("directive", "policyMode") and old == "default"
            yield _name(kind, name), None if unset else show(old)
        elif field.startswith("*"):
            yield name, show(new)
        else:
            sides: Document = {} if old is None else {"from": show(old)}
            yield _name(kind, name), sides if new is None else {**sides, "to": show(new)}


def _name(kind: str, name: str) -> str:
    return "category" if (kind, name) == ("group", "categoryId") else name


def _as_it_is(value: JSON) -> JSON:
    return value


def _text(value: JSON) -> JSON:
    """Write a parameter's value as the text that Rudder shows."""
    return value if isinstance(value, str) else canonical(value).decode()


def _targets(value: JSON) -> JSON:
    """Write targets as texts: simple ones each by itself, a composition as its JSON."""
    found: list[JSON] = []
    for target in value if isinstance(value, list) else []:
        simple = _simple(target)
        found.extend(simple if simple is not None else [_text(target)])
    return found


def _simple(target: JSON) -> list[JSON] | None:
    if isinstance(target, str):
        return [target]
    if not isinstance(target, dict):
        return None
    include, exclude = target.get("include"), target.get("exclude")
    parts = include.get("or") if isinstance(include, dict) else None
    if exclude == {"or": []} and isinstance(parts, list) and all(isinstance(part, str) for part in parts):
        return parts
    return None


def _sections(value: JSON) -> JSON:
    """Write parameters with nested sections bare, as a modification shows them."""
    if isinstance(value, list):
        return [_sections(_bare(item)) for item in value]
    if isinstance(value, dict):
        return {name: _sections(item) if name in ("section", "sections") else item for name, item in value.items()}
    return value


def _bare(item: JSON) -> JSON:
    if isinstance(item, dict) and set(item) == {"section"}:
        return item["section"]
    return item


_SHOWN: Final[Mapping[tuple[str, str], Callable[[JSON], JSON]]] = {
    ("parameter", "value"): _text,
    ("rule", "targets"): _targets,
    ("directive", "parameters"): _sections,
}
