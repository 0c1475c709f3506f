"""Taking back: the inverse of a deployed change request or of an event, laid over what is there now."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from app.changes.change import Edit
from app.changes.review.blame import attributed
from app.changes.review.effect import Conflict, merged
from app.changes.review.model import ChangeRequest, Wanted
from app.changes.view import BatchView
from app.core.canonical import Document, canonical, load
from app.core.diff import field_diff
from app.core.errors import ConflictError, NotFoundError, StepError
from app.core.values import dataclass
from app.store.format1 import body_hash
from app.store.log import Event
from app.store.logged import document_before, events_in

NOTHING_HELD: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Undo:
    """What taking back does: the edits of what can be, the fields that are clean, those that clash, and the rest."""

    edits: tuple[Edit, ...]
    clean: tuple[Document, ...]
    conflicts: tuple[Conflict, ...]
    impossible: tuple[str, ...]

    def to_json(self) -> Document:
        """Show it."""
        return {
            "clean": [*self.clean],
            "conflicts": [one.to_json() for one in self.conflicts],
            "impossible": [*self.impossible],
        }


def inverse_of(connection: Connection, tenant: str, one: ChangeRequest) -> list[Wanted]:
    """Give the changes that lead back to before a change request; the last of several on one document counts.

    Raises:
        StepError: it was not deployed.
    """
    if one.state != "applied":
        raise StepError(f"Change request {one.id} is {one.state}; only a deployed one can be undone")
    if one.deployed is None:
        return []
    held = {}
    for each in one.wanted:
        if each.before is not None:
            body = canonical(each.before).decode()
            held[body_hash(body)] = body
    return [inverse_of_event(connection, event, held) for event in events_in(connection, tenant, *one.deployed)]


def inverse_of_event(connection: Connection, event: Event, held: Mapping[str, str] = NOTHING_HELD) -> Wanted:
    """Give the change that leads back to before an event; `held` are bodies by hash, for what is in no log of its own.

    Raises:
        ConflictError: it changed no document, or what it replaced is not held.
    """
    if (
        event.commit is None
        or event.object_kind is None
        or event.object_id is None
        or not (event.after or event.before)
    ):
        raise ConflictError(f"Event {event.seq} ({event.type}) changed no document, so there is nothing to undo")
    before = None
    if event.before is not None:
        stored = document_before(connection, event.tenant, event.object_kind, event.object_id, event.seq)
        before = _document(held.get(event.before) if stored is None else stored.body)
        if before is None:
            raise ConflictError(f"What event {event.seq} replaced is not held any more; change it by hand")
    after = _document(event.after)
    action = "create" if after is None else ("delete" if before is None else "modify")
    return Wanted(event.object_kind, event.object_id, action, after, before)  # type: ignore[arg-type]  # one of the three


def get_event(connection: Connection, tenant: str, seq: int) -> Event:
    """Read an event inside the transaction.

    Raises:
        NotFoundError: there is none of this number.
    """
    found = events_in(connection, tenant, seq, seq)
    if not found:
        raise NotFoundError(f"Event '{seq}' was not found")
    return found[0]


def undo(wanted: Sequence[Wanted], view: BatchView, connection: Connection) -> Undo:
    """Lay the way back over what is there now; who set what clashes is looked up on the connection.

    Raises:
        StepError: nothing of it can be taken back; naming what clashes.
    """
    view.preload([one.key for one in wanted])
    merge = merged(wanted, [view.find(*one.key) for one in wanted])
    conflicts = tuple(attributed(connection, view.tenant, conflict) for conflict in merge.conflicts)
    clashing = {(one.kind, one.id, one.path) for one in conflicts}
    clean: list[Document] = []
    for one in wanted:
        if (one.kind, one.id, None) in clashing:
            continue
        clean.extend(
            {"kind": one.kind, "id": one.id, "path": change.path}
            for change in field_diff(one.before, one.after)
            if (one.kind, one.id, change.path) not in clashing
        )
    impossible = [f"{one.kind} '{one.id}' is gone or was made anew" for one in conflicts if one.path is None]
    if not merge.edits:
        shown = [one.to_json() for one in conflicts]
        fields = ", ".join(one.text for one in conflicts) or "it is so already"
        raise StepError(f"Nothing of this can be taken back: {fields}", conflicts=shown)
    return Undo(tuple(merge.edits), tuple(clean), conflicts, tuple(impossible))


def _document(body: str | None) -> Document | None:
    value = None if body is None else load(body)
    return value if isinstance(value, dict) else None
