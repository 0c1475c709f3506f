"""Who set a field that is in the way of a change request: read from the log."""

from dataclasses import replace
from itertools import pairwise
from typing import Final

from sqlalchemy import Connection

from app.changes.review.effect import Conflict
from app.core.canonical import Document, load
from app.core.clock import rfc3339
from app.core.diff import field_diff
from app.store.log import Event
from app.store.logged import newest_events

LOOKED_AT: Final = 100
"""Events of one document that are looked at; a field that was set before them is told without a name."""


def attributed(connection: Connection, tenant: str, conflict: Conflict) -> Conflict:
    """Add to a conflict who set what is there now."""
    events = newest_events(connection, tenant, conflict.kind, conflict.id, most=LOOKED_AT + 1)
    found = _setting(events, conflict.path)
    return conflict if found is None else replace(conflict, set_by=_shown(found))


def _setting(events: list[Event], path: str | None) -> Event | None:
    """Find the newest event that changed a field, or the document as a whole."""
    if path is None:
        return events[0] if events else None
    for one, older in pairwise([*events, None]):
        if one is None or (older is None and one.before is not None):
            return None  # what came before it is not here
        before = None if older is None or one.before is None else _document(older)
        if any(_is_within(path, change.path) for change in field_diff(before, _document(one))):
            return one
    return None


def _is_within(path: str, changed: str) -> bool:
    return path == changed or path.startswith(f"{changed}/") or changed.startswith(f"{path}/")


def _document(event: Event) -> Document | None:
    value = None if event.after is None else load(event.after)
    return value if isinstance(value, dict) else None


def _shown(event: Event) -> Document:
    """Show who wanted it so: of a change request its author, whoever deployed it."""
    trail, actor = event.change_request, event.actor
    who: Document = {"id": actor.id, "handle": actor.handle}
    if trail is not None:
        who = {"id": trail.author_id, "handle": trail.author_handle}
    number = None if trail is None else trail.id
    return {"seq": event.seq, "time": rfc3339(event.time), "actor": who, "changeRequest": number}
