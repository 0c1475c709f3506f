"""Differences as a page shows them: document by document, field by field, every value as text."""

from collections.abc import Iterable, Sequence
from difflib import unified_diff
from typing import Any, Final

import orjson

from app.core.canonical import canonical
from app.core.diff import FieldChange
from app.core.values import dataclass

Json = dict[str, Any]

LONG: Final = 600
"""Characters from which a value is folded."""
ACTIONS: Final = {"create": "New", "modify": "Changed", "delete": "Deleted"}
_ENDINGS: Final = {"Added": "New", "Modified": "Changed", "Deleted": "Deleted"}


@dataclass(frozen=True, slots=True)
class Side:
    """A value before or after; `is_there` tells nothing from an empty text, `is_long` folds it."""

    text: str = ""
    is_there: bool = False

    @property
    def is_long(self) -> bool:
        """Tell whether only its beginning is shown at first."""
        return len(self.text) > LONG


@dataclass(frozen=True, slots=True)
class Field:
    """One field that changes; `note` says what else there is to know."""

    label: str
    path: str
    old: Side
    new: Side
    note: str = ""
    talk: tuple[Json, ...] = ()
    """The reviews that are about this field."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document that changes."""

    kind: str
    id: str
    name: str
    action: str
    fields: tuple[Field, ...]
    raw: str = ""
    """The document as JSON, line by line: what goes, what comes, and a few lines around."""

    @property
    def is_new(self) -> bool:
        """Tell whether nothing was there before."""
        return self.action == ACTIONS["create"]

    @property
    def is_gone(self) -> bool:
        """Tell whether nothing is there afterwards."""
        return self.action == ACTIONS["delete"]


def documents_of(diff: list[Json], change_set: Iterable[Json] = (), reviews: Iterable[Json] = ()) -> list[Document]:
    """Read what `GET /changeRequests/{id}/diff` lists; the change set and the reviews are those of its object."""
    stored = {(one["kind"], one["id"]): one for one in change_set}
    said = [review for review in reviews if review.get("path")]
    found = []
    for one in diff:
        kind, document_id = str(one["kind"]), str(one["id"])
        known = stored.get((kind, document_id), {})
        fields = tuple(_field(change, kind, document_id, said) for change in one.get("changes", []))
        action, name = str(one.get("action") or known.get("action", "")), _name_of(one, known) or document_id
        found.append(Document(kind, document_id, name, ACTIONS.get(action, ""), fields, raw_of(known)))
    return found


def _name_of(one: Json, known: Json) -> str:
    """Find what people call a document: as it is to be, as it was, or as the difference says, which may be its id."""
    after, before = known.get("after") or {}, known.get("before") or {}
    named = (*(each.get(name) for each in (after, before) for name in ("displayName", "name")), one.get("name"))
    return next((str(name) for name in named if name), "")


def anchor_of(kind: str, document_id: str, path: str) -> str:
    """Name a field of a document in a review, as conflicts are named too."""
    return f"{kind} {document_id}{path}"


def talk_of(reviews: Iterable[Json], diff: Iterable[Json]) -> list[Json]:
    """List what was said of the whole, or of fields that the difference does not show."""
    shown = {
        name
        for one in diff
        for change in one.get("changes", [])
        for name in (change["path"], anchor_of(one["kind"], one["id"], change["path"]))
    }
    return [review for review in reviews if not review.get("path") or review["path"] not in shown]


def raw_of(change: Json) -> str:
    """Show a change of a document as a difference of lines."""
    before, after = _lines(change.get("before")), _lines(change.get("after"))
    return "\n".join([*unified_diff(before, after, lineterm="")][2:])


def _lines(document: Json | None) -> list[str]:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    return [] if document is None else orjson.dumps(document, option=options).decode().split("\n")


def document_of_event(event: dict[str, Any]) -> Document:
    """Read what an event of `GET /events` says of its document; null stands for what is not there."""
    about = event.get("object") or {}
    changes = event.get("changes") or []
    if str(event["type"]).endswith(("Added", "Deleted")):
        # A document that comes or goes says of a field that is not set no more than that.
        changes = [one for one in changes if one["old"] is not None or one["new"] is not None]
    action = next((words for end, words in _ENDINGS.items() if str(event["type"]).endswith(end)), "")
    kind, document_id = str(about.get("kind", "")), str(about.get("id", ""))
    fields = tuple(_field(_without_nulls(change), kind, document_id, ()) for change in changes)
    return Document(kind, document_id, str(about.get("name") or document_id), action, fields)


def compared(kind: str, name: str, changes: Sequence[FieldChange]) -> Document:
    """Show what differs between two states of one document."""
    return Document(
        kind=kind,
        id=name,
        name=name,
        action="",
        fields=tuple(
            Field(
                change.path,
                change.path,
                Side(_text(change.old), is_there=True) if change.old_present else Side(),
                Side(_text(change.new), is_there=True) if change.new_present else Side(),
            )
            for change in changes
        ),
    )


def _without_nulls(change: Json) -> Json:
    return {name: value for name, value in change.items() if value is not None}


def _field(change: Json, kind: str = "", document_id: str = "", said: Iterable[Json] = ()) -> Field:
    note = "back to what it was before the change request" if change.get("backToBase") else ""
    if change.get("reviewed") is not None:
        note = f"at your review it was {_text(change['reviewed'])}"
    path = str(change["path"])
    talk = tuple(one for one in said if one["path"] in (path, anchor_of(kind, document_id, path)))
    return Field(str(change.get("label") or path), path, _side(change, "old"), _side(change, "new"), note, talk)


def _side(change: Json, name: str) -> Side:
    return Side(_text(change[name]), is_there=True) if name in change else Side()


def _text(value: Any) -> str:  # noqa: ANN401  any JSON
    return value if isinstance(value, str) else canonical(value).decode()
