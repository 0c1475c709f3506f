"""Reads the changes of which a preview is asked for, and foresees what they do to nodes."""

from typing import Final

from app.changes.change import Edit
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.fleet.policies.previewing import preview_changes
from app.http.intake import Intake

KINDS: Final = ("rule", "directive", "technique", "group", "parameter", "setting")
MOST_CHANGES: Final = 1000
_ACTIONS: Final = ("create", "modify", "delete")
_MEMBERS: Final = ("kind", "id", "action", "after")
_FORM: Final = '{"changes": [{"kind": "rule", "id": "r-1", "action": "modify", "after": {"enabled": false}}]}'


@dataclass(frozen=True, slots=True)
class Intakes:
    """What reads a whole document, and what reads a part of one."""

    create: Intake
    modify: Intake


def preview(work: Work, intakes: Intakes, body: JSON) -> Document:
    """Judge changes, write nothing, and show which bundles they would change.

    Raises:
        InvalidError: naming the change that cannot be read.
        SternpostError: the changes would be refused.
    """
    given = body.get("changes") if isinstance(body, dict) and body.keys() == {"changes"} else None
    if not isinstance(given, list) or not 0 < len(given) <= MOST_CHANGES:
        raise _fault("changes", f"must be 1 to {MOST_CHANGES} changes, as {_FORM}")
    edits = [_edit(one, f"changes[{number}]", intakes) for number, one in enumerate(given)]
    return preview_changes(work, work.preview(edits).changes).to_json()


def _edit(one: JSON, path: str, intakes: Intakes) -> Edit:
    if not isinstance(one, dict) or not one.keys() <= set(_MEMBERS):
        raise _fault(path, f"must be an object with {', '.join(_MEMBERS)}")
    kind, document_id, after = one.get("kind"), one.get("id"), one.get("after")
    action = next((known for known in _ACTIONS if known == one.get("action")), None)
    if kind not in KINDS:
        raise _fault(f"{path}.kind", f"must be one of: {', '.join(KINDS)}")
    if not isinstance(document_id, str) or not document_id:
        raise _fault(f"{path}.id", "must be the id of the document")
    if action is None:
        raise _fault(f"{path}.action", f"must be one of: {', '.join(_ACTIONS)}")
    if action == "delete":
        if after is not None:
            raise _fault(f"{path}.after", "must be left out of a deletion")
        return Edit(str(kind), document_id, action)
    if not isinstance(after, dict):
        raise _fault(f"{path}.after", "must be the object, or what of it changes")
    intake = intakes.create if action == "create" else intakes.modify
    fields = intake.fields(str(kind), after)
    return Edit(str(kind), document_id, action, {name: value for name, value in fields.items() if name != "id"})


def _fault(path: str, text: str) -> InvalidError:
    return InvalidError(f"{path}: {text}", fields={path: [text]})
