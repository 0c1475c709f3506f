"""The events of change requests: what was made, decided, moved on; nothing personal is in them."""

from collections.abc import Iterable

from app.changes.recording import Fact
from app.changes.review.model import KIND, ChangeRequest
from app.changes.review.rules import STATUS
from app.core.canonical import JSON, Document
from app.store.log import ReviewTrail

ADDED, MODIFIED, MOVED = "ChangeRequestAdded", "ChangeRequestModified", "WorkflowStepChanged"
BROKEN = "BreakGlass"


def trail_of(one: ChangeRequest, digest: str, approved_by: Iterable[str] = ()) -> ReviewTrail:
    """Say through which change request something happens."""
    return ReviewTrail(one.id, digest, one.author.handle, one.author.id, tuple(approved_by))


def added(one: ChangeRequest) -> Fact:
    """Tell that a change request was made."""
    objects: list[JSON] = [{"kind": each.kind, "id": each.id, "action": each.action} for each in one.wanted[:100]]
    return _fact(ADDED, one, {"to": one.state, "toStatus": STATUS[one.state], "objects": objects})


def moved(before: ChangeRequest, after: ChangeRequest, **more: JSON) -> Fact:
    """Tell that a change request went from one state into another."""
    data: Document = {
        "from": before.state,
        "to": after.state,
        "fromStatus": STATUS[before.state],
        "toStatus": STATUS[after.state],
        **more,
    }
    return _fact(MOVED, after, data)


def modified(one: ChangeRequest, what: str, **more: JSON) -> Fact:
    """Tell what else happened to a change request: `what` is edit, review, comment, rebase, schedule or confirm."""
    return _fact(MODIFIED, one, {"what": what, **more})


def glass_broken(one: ChangeRequest, skipped: Iterable[str], reason: str) -> Fact:
    """Tell that one was deployed past its reviewers; `skipped` are the handles of those who were not asked."""
    return _fact(BROKEN, one, {"skipped": [*skipped], "because": reason})


def _fact(kind: str, one: ChangeRequest, data: Document) -> Fact:
    base: Document = {"id": one.id, "name": one.name, "diffHash": one.diff_hash, "author": one.author.handle}
    trail = trail_of(one, one.diff_hash)
    return Fact(type=kind, kind=KIND, id=str(one.id), name=one.name, data={**base, **data}, trail=trail)
