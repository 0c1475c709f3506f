"""What people do with change requests; each step is one transaction under the tenant's lock, with its event."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from app.changes.change import Action, Edit
from app.changes.operating import Deed
from app.changes.review import deciding
from app.changes.review.desk import Desk
from app.changes.review.durations import duration_ms
from app.changes.review.filing import Proposal, number
from app.changes.review.model import ChangeRequest, Planned, record_of
from app.changes.review.telling import added
from app.changes.review.timing import Moved
from app.changes.review.undoing import Undo, get_event, inverse_of, inverse_of_event, undo
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import parse_rfc3339
from app.core.errors import InvalidError
from app.store.change_requests import save_records
from app.store.format1 import FOLDERS
from app.store.writes import keep_secrets, lock_tenant

CHANGE = '{"kind":"rule","id":"r-1","action":"modify","after":{"enabled":false}}'
_MEMBERS = frozenset({"kind", "id", "action", "after"})
_ACTIONS: tuple[Action, ...] = ("create", "modify", "delete")
LONGEST_CONFIRM_MS = 7 * 86_400_000

Step = Callable[[Desk], Moved]


def take_step(work: Work, step: Step) -> int:
    """Do a step that changes no document, and log it; gives the id.

    Raises:
        SternpostError: it is refused, and nothing was changed.
    """

    def act(connection: Connection, now: int) -> Deed:
        desk = desk_of(work, connection, now)
        moved = step(desk)
        save(desk, moved.one)
        return Deed(facts=moved.facts, answer={"id": moved.one.id}, id=str(moved.one.id))

    return int(str(work.operate(act)["id"]))


def desk_of(work: Work, connection: Connection, now: int) -> Desk:
    """Open the desk under the tenant's lock, which is held already."""
    desk = work.committer.desk(connection, work.ctx, now)
    head = lock_tenant(connection, work.ctx.tenant)
    desk.place.head = None if head is None else head.head
    return desk


def save(desk: Desk, one: ChangeRequest) -> None:
    """Write a change request, and the secrets that came with it."""
    place = desk.place
    keep_secrets(place.connection, list(place.sealer.sealed.values()))
    objects = {(one.id, *wanted.key) for wanted in one.wanted}
    save_records(place.connection, place.tenant, [record_of(one)], objects)


def create(work: Work, edits: Sequence[Edit], proposal: Proposal) -> int:
    """Make a change request of edits; gives its id."""

    def act(connection: Connection, now: int) -> Deed:
        return filed(desk_of(work, connection, now), work, edits, proposal)

    return int(str(work.operate(act)["id"]))


def create_undo(work: Work, what: JSON, proposal: Proposal) -> tuple[int, Document]:
    """Make the change request that takes another one back, or an event; gives its id and what of it is clean.

    Raises:
        StepError: nothing of it can be taken back.
    """

    def act(connection: Connection, now: int) -> Deed:
        desk = desk_of(work, connection, now)
        found, named = _undo(desk, what, proposal)
        deed = filed(desk, work, found.edits, named)
        return Deed(facts=deed.facts, answer={**deed.answer, "undo": found.to_json()}, id=deed.id)

    answer = work.operate(act)
    shown = answer["undo"]
    return int(str(answer["id"])), shown if isinstance(shown, dict) else {}


def foresee_undo(work: Work, what: JSON) -> Undo:
    """Say what taking something back would change now, and what of it is in the way.

    Raises:
        StepError: nothing of it can be taken back.
    """
    committer = work.committer
    with committer.database.connect(work.ctx.tenant) as connection:
        desk = committer.desk(connection, work.ctx, committer.clock())
        return _undo(desk, what, Proposal())[0]


def _undo(desk: Desk, what: JSON, proposal: Proposal) -> tuple[Undo, Proposal]:
    place = desk.place
    if isinstance(what, int) and not isinstance(what, bool):
        one = desk.get(what)
        wanted = inverse_of(place.connection, place.tenant, one)
        name, reverts = f"Undo of change request {one.id}: {one.name}", one.id
    elif isinstance(what, dict) and set(what) == {"event"} and isinstance(what["event"], int):
        event = get_event(place.connection, place.tenant, int(what["event"]))
        wanted = [inverse_of_event(place.connection, event)]
        name, reverts = f"Undo of event {event.seq}", None
    else:
        text = 'must be the id of a change request, or {"event": 123}'
        raise InvalidError(f"undo: {text}", fields={"undo": [text]})
    found = undo(wanted, place.view, place.connection)
    named = Proposal(proposal.name or name, proposal.description, proposal.draft, proposal.editors, reverts)
    return found, named


def filed(desk: Desk, work: Work, edits: Sequence[Edit], proposal: Proposal) -> Deed:
    """Propose edits and keep the change request that they become."""
    held = deciding.propose(desk, work.ctx, edits, proposal)
    one = number(desk, held)
    save(desk, one)
    return Deed(facts=(added(one),), answer={"id": one.id}, id=str(one.id))


def read_edits(value: JSON) -> list[Edit]:
    """Read the changes of a request.

    Raises:
        InvalidError: naming the first one that is wrong.
    """
    found: list[Edit] = []
    for place, item in enumerate(value if isinstance(value, list) else []):
        found.append(_edit(item, f"changes[{place}]"))
    if not found:
        text = f"must list at least one change, as {CHANGE}"
        raise InvalidError(f"changes: {text}", fields={"changes": [text]})
    keys = [(edit.kind, edit.id) for edit in found]
    twice = next((key for key in keys if keys.count(key) > 1), None) if len(keys) < 1000 else None  # noqa: PLR2004
    if twice is not None:
        text = f"{twice[0]} '{twice[1][:60]}' is changed twice; say all of it in one change"
        raise InvalidError(f"changes: {text}", fields={"changes": [text]})
    return found


def _edit(item: JSON, path: str) -> Edit:
    if not isinstance(item, dict) or not item.keys() <= _MEMBERS:
        raise _fault(path, f"must be like {CHANGE}")
    kind, document_id, action, after = (item.get(name) for name in ("kind", "id", "action", "after"))
    if kind not in FOLDERS:
        raise _fault(f"{path}.kind", f"must be one of: {', '.join(FOLDERS)}")
    if not isinstance(document_id, str) or not document_id:
        raise _fault(f"{path}.id", "must be the id of the document")
    known = next((name for name in _ACTIONS if name == action), None)
    if known is None:
        raise _fault(f"{path}.action", f"must be one of: {', '.join(_ACTIONS)}")
    if known == "delete" and after is not None:
        raise _fault(f"{path}.after", "must be left out of a deletion")
    if known != "delete" and not isinstance(after, dict):
        raise _fault(f"{path}.after", "must be the object, or what of it changes")
    fields = after if isinstance(after, dict) else {}
    return Edit(str(kind), document_id, known, {name: value for name, value in fields.items() if name != "id"})


def _fault(path: str, text: str) -> InvalidError:
    return InvalidError(f"{path}: {text}", fields={path: [text]})


def planned_of(fields: Document) -> Planned:
    """Read how long a deployment waits to be confirmed, and what its caller saw."""
    confirm = fields.get("confirm_within")
    within = None
    if confirm is not None:
        within = duration_ms(str(confirm), "confirmWithin", longest_ms=LONGEST_CONFIRM_MS)
    saw = fields.get("diff_hash")
    return Planned(confirm_within=within, diff_hash=None if saw is None else str(saw))


def time_of(text: JSON, field: str) -> int:
    """Read a time.

    Raises:
        InvalidError: it is none; names the field.
    """
    try:
        return parse_rfc3339(str(text))
    except InvalidError as fault:
        raise InvalidError(f"{field}: {fault.message}", fields={field: [fault.message]}) from fault
