"""Differences as a page shows them: document by document, field by field, every value as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core.canonical import canonical
from app.core.diff import FieldChange

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


@dataclass(frozen=True, slots=True)
class Document:
    """One document that changes."""

    kind: str
    id: str
    name: str
    action: str
    fields: tuple[Field, ...]

    @property
    def is_new(self) -> bool:
        """Tell whether nothing was there before."""
        return self.action == ACTIONS["create"]

    @property
    def is_gone(self) -> bool:
        """Tell whether nothing is there afterwards."""
        return self.action == ACTIONS["delete"]


def documents_of(diff: list[dict[str, Any]]) -> list[Document]:
    """Read what `GET /changeRequests/{id}/diff` lists."""
    return [
        Document(
            kind=str(one["kind"]),
            id=str(one["id"]),
            name=str(one.get("name") or one["id"]),
            action=ACTIONS.get(str(one.get("action", "")), ""),
            fields=tuple(_field(change) for change in one.get("changes", [])),
        )
        for one in diff
    ]


def document_of_event(event: dict[str, Any]) -> Document:
    """Read what an event of `GET /events` says of its document; null stands for what is not there."""
    about = event.get("object") or {}
    changes = event.get("changes") or []
    action = next((words for end, words in _ENDINGS.items() if str(event["type"]).endswith(end)), "")
    return Document(
        kind=str(about.get("kind", "")),
        id=str(about.get("id", "")),
        name=str(about.get("name") or about.get("id") or ""),
        action=action,
        fields=tuple(_field(_without_nulls(change)) for change in changes),
    )


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


def _without_nulls(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if value is not None}


def _field(change: dict[str, Any]) -> Field:
    note = "back to what it was before the change request" if change.get("backToBase") else ""
    if change.get("reviewed") is not None:
        note = f"at your review it was {_text(change['reviewed'])}"
    label = str(change.get("label") or change["path"])
    return Field(label, str(change["path"]), _side(change, "old"), _side(change, "new"), note)


def _side(change: dict[str, Any], name: str) -> Side:
    return Side(_text(change[name]), is_there=True) if name in change else Side()


def _text(value: Any) -> str:  # noqa: ANN401  any JSON
    return value if isinstance(value, str) else canonical(value).decode()
