"""Bringing one document back to what it was before or after one event of the log."""

from typing import Literal

from app.changes.befores import bodies_before
from app.changes.change import Change, Edit
from app.changes.work import Work
from app.core.canonical import Document, load
from app.core.errors import AlreadyExistsError, ConflictError, NotFoundError, StaleError
from app.store.documents import Stored, find_document
from app.store.log import Event
from app.store.session import TenantSession

Side = Literal["before", "after"]

ATTEMPTS = 3
"""Somebody may create or delete the document between our look and the lock."""


def roll_back(work: Work, one: Event, side: Side, expected_revision: int | None) -> Change:
    """Change the document of an event into what it was on one side of it; a document that is so already stays.

    Raises:
        ConflictError: the event changed no document, or what it replaced is not held.
        StaleError: the document is not at the expected revision.
        SternpostError: the document cannot be like that again, as its kind says.
    """
    wanted = state_beside(work.session, one, side)
    edit = edit_towards(work.session, one, wanted, expected_revision)
    for _ in range(ATTEMPTS):
        try:
            outcome = work.submit([edit] if edit is not None else [])
        except (AlreadyExistsError, NotFoundError):
            again = edit_towards(work.session, one, wanted, expected_revision)
            if _action(again) == _action(edit):
                raise
            edit = again
        else:
            return outcome.asked[0] if outcome.asked else _gone(one, work.session)
    raise ConflictError(f"The document of event {one.seq} is created and deleted over and over; try again")


def edit_towards(
    session: TenantSession, one: Event, wanted: Document | None, expected_revision: int | None
) -> Edit | None:
    """Make the edit that leads from the present document to the wanted one; None when neither exists.

    Raises:
        StaleError: a revision is expected of a document that is not there.
    """
    kind, document_id = str(one.object_kind), str(one.object_id)
    exists = find_document(session, kind, document_id) is not None
    if not exists and expected_revision is not None:
        raise StaleError(
            f"There is no {kind} '{document_id}' now, and you expect its revision {expected_revision}; send no If-Match"
        )
    if wanted is None:
        return Edit(kind, document_id, "delete", expected_revision=expected_revision) if exists else None
    fields = {name: value for name, value in wanted.items() if name != "id"}
    action: Literal["create", "modify"] = "modify" if exists else "create"
    return Edit(kind, document_id, action, fields, expected_revision=expected_revision)


def state_beside(session: TenantSession, one: Event, side: Side) -> Document | None:
    """Read the document of an event as it was on one side of it; None where it did not exist.

    Raises:
        ConflictError: the event changed no document, or the log that holds the one before is gone.
    """
    if one.commit is None or one.object_kind is None or (one.revision is None and one.before is None):
        raise ConflictError(
            f"Event {one.seq} ({one.type}) changed no document, so there is nothing to go back to; "
            "choose one of those that GET /events shows with changes"
        )
    body = one.after if side == "after" else bodies_before(session, [one]).get(one.seq)
    if body is None:
        if side == "before" and one.before is not None:
            raise ConflictError(
                f"What event {one.seq} replaced is not held any more; set {one.object_kind} '{one.object_id}' by hand"
            )
        return None
    value = load(body)
    if not isinstance(value, dict):
        raise TypeError("a stored body is an object")
    return value


def _action(edit: Edit | None) -> str | None:
    return None if edit is None else edit.action


def _gone(one: Event, session: TenantSession) -> Change:
    """Show the last state of a document that neither exists nor is to exist."""
    body = one.after or bodies_before(session, [one]).get(one.seq) or "{}"
    kind, document_id = str(one.object_kind), str(one.object_id)
    name, commit, revision = one.object_name or document_id, one.commit or "", one.revision or 1
    last = Stored(kind, document_id, name, body, "", revision, commit, one.time, one.time)
    return Change(kind, document_id, last, None)
