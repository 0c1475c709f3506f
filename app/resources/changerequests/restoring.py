"""The way back to a moment as a change request: every document as it was then."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from app.changes.change import Edit
from app.changes.history import list_at
from app.changes.operating import Deed
from app.changes.review.filing import Proposal
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.http.endpoint import BARE, Answer, Given
from app.resources.changerequests import finding, service
from app.store.documents import Stored, list_documents

Then = Mapping[str, Mapping[str, Stored]]
"""By kind and id, the documents of that moment."""


def moment_of(value: JSON) -> str:
    """Read to which moment.

    Raises:
        InvalidError: it is none.
    """
    at = value.get("at") if isinstance(value, dict) and set(value) == {"at"} else None
    if not isinstance(at, str) or not at:
        text = 'must be {"at": a time, a commit, seq:N or cr:N}'
        raise InvalidError(f"restore: {text}", fields={"restore": [text]})
    return at


def documents_of(work: Work, at: str) -> Then:
    """Read every document as it was; the past never changes, so no lock is needed.

    Raises:
        InvalidError: the moment cannot be read, or has not come yet.
    """
    return {kind: {one.id: one for one in list_at(work.session, kind, at)} for kind in work.committer.kinds}


def edits_towards(then: Then, now: Mapping[str, Sequence[Stored]]) -> list[Edit]:
    """Make the edits that lead back; what belongs to the system stays as it is."""
    edits: list[Edit] = []
    for kind, old in then.items():
        present = {one.id: one for one in now[kind]}
        for document_id, stored in old.items():
            held = present.get(document_id)
            if held is not None and (held.body == stored.body or held.document.get("system") is True):
                continue
            if held is None and stored.document.get("system") is True:
                continue
            fields: Document = {name: value for name, value in stored.document.items() if name != "id"}
            action = "create" if held is None else "modify"
            edits.append(Edit(kind, document_id, action, fields, strict=False))  # type: ignore[arg-type]  # one of two
        gone = (one for one in present.values() if one.id not in old and one.document.get("system") is not True)
        edits.extend(Edit(kind, one.id, "delete") for one in gone)
    return edits


def edits_now(work: Work, then: Then) -> list[Edit]:
    """Say what the way back would change now."""
    return edits_towards(then, {kind: list_documents(work.session, kind) for kind in then})


def create_restore(work: Work, then: Then, at: str, proposal: Proposal) -> int:
    """Make the change request that leads back; gives its id."""
    named = Proposal(proposal.name or f"Restore of {at}", proposal.description, proposal.draft, proposal.editors)

    def act(connection: Connection, now: int) -> Deed:
        desk = service.desk_of(work, connection, now)
        edits = edits_towards(then, {kind: desk.place.view.all(kind) for kind in then})
        return service.filed(desk, work, edits, named)

    return int(str(work.operate(act)["id"]))


def show_undo(work: Work, given: Given) -> Answer:
    """Show what taking a deployed change request back would change now."""
    one = finding.get_one(work, given.path["id"], "find")
    return Answer(value=service.foresee_undo(work, one.id).to_json(), container=BARE)
