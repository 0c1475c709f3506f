"""Finding change requests: by number, by state, by object, by whom they wait for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import bindparam, select

from app.changes.review.desk import Desk
from app.changes.review.effect import merged
from app.changes.review.model import KIND, ChangeRequest, change_request_of
from app.changes.review.policy import KIND as POLICY
from app.changes.review.policy import SWITCH
from app.changes.review.rules import STATUS, refusal
from app.changes.settings import setting
from app.changes.work import Work
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.values import dataclass
from app.store.change_requests import OPEN, SETTLED, Filter, find_record, has_open, list_records
from app.store.documents import Stored, find_document, page_documents, some_documents
from app.store.events import COLUMNS, event
from app.store.log import Event
from app.store.people import find_by_username
from app.store.tables import EventRecord

OFF: Final = "Workflow are disabled in Rudder, change request API is not available"
LONGEST_NUMBER: Final = 15
STATUSES: Final = ("Pending validation", "Pending deployment", "Deployed", "Cancelled")
NEWEST: Final = "newest"
_PART: Final = 400
_ABOUT = (
    select(*COLUMNS)
    .where(EventRecord.object_kind == KIND, EventRecord.object_id == bindparam("id"))
    .order_by(EventRecord.seq)
    .limit(1000)
)


def states_of(text: str, *, ours: bool) -> tuple[str, ...] | None:
    """Read a status of a list: `open`, `closed`, `all`, Rudder's words in any case, and (`ours`) our own."""
    wanted = text.lower()
    groups = {"open": OPEN, "closed": SETTLED, "all": (*OPEN, *SETTLED)}
    if wanted in groups:
        return groups[wanted]
    found = tuple(state for state, status in STATUS.items() if status.lower() == wanted)
    if not found and ours:
        found = tuple(state for state in STATUS if state.lower() == wanted)
    return found or None


def number_of(text: str, verb: str) -> int:
    """Read the id in a path.

    Raises:
        InvalidError: it is no integer.
    """
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
        return int(text)
    said = f"'{text[:40]}' is not a valid change request id (need to be an integer)"
    raise InvalidError(said, fields={"id": [said]}, rudder=caused(verb, text[:40], said))


def caused(verb: str, number: str, text: str) -> str:
    """Wrap a cause as Rudder does."""
    return f"Could not {verb} ChangeRequest {number}; cause was: Inconsistency: {text}"


def missing(number: str, verb: str) -> NotFoundError:
    """Build the error for a change request that is not there."""
    rudder = caused(verb, number, f"Change request with id {number} does not exist.")
    return NotFoundError(f"Change request {number} was not found; GET /changeRequests lists them", rudder=rudder)


def refuse_when_off(work: Work, *, strict: bool) -> None:
    """Say in Rudder's versions that there is no workflow, while there is none.

    Raises:
        ConflictError: review is off, nothing waits and the tenant has no policy of its own.
    """
    if strict:
        return
    is_on = setting(SWITCH, find_document(work.session, "setting", SWITCH)) is not False
    if not is_on and not page_documents(work.session, POLICY, after="", most=1) and not has_open(work.session):
        raise ConflictError(OFF, rudder=OFF)


def get_one(work: Work, text: str, verb: str) -> ChangeRequest:
    """Read the change request of a path.

    Raises:
        InvalidError, NotFoundError: it is none.
    """
    record = find_record(work.session, number_of(text, verb))
    if record is None:
        raise missing(text, verb)
    return change_request_of(record)


def find_some(work: Work, wanted: Filter) -> list[ChangeRequest]:
    """List change requests."""
    return [change_request_of(record) for record in list_records(work.session, wanted)]


def author_id(work: Work, text: str) -> str:
    """Give the id of an author who is named by handle, by id, or as `me`."""
    if text == "me":
        return work.ctx.actor.id
    with work.committer.database.connect(work.ctx.tenant) as connection:
        user = find_by_username(connection, work.ctx.tenant, text)
    return text if user is None else user.id


def acceptable_of(work: Work, listed: Sequence[ChangeRequest]) -> dict[int, bool]:
    """Say of each whether what it changes is still as it was, where it matters; in a few statements for all."""
    keys = sorted({wanted.key for one in listed if one.is_open for wanted in one.wanted})
    present: dict[tuple[str, str], Stored] = {}
    for start in range(0, len(keys), _PART):
        present.update(some_documents(work.session, keys[start : start + _PART]))
    return {
        one.id: not one.is_open or not merged(one.wanted, [present.get(wanted.key) for wanted in one.wanted]).conflicts
        for one in listed
    }


@contextmanager
def desk_of(work: Work) -> Iterator[Desk]:
    """Open the desk at which change requests are looked at as they stand now."""
    committer = work.committer
    with committer.database.connect(work.ctx.tenant) as connection:
        yield committer.desk(connection, work.ctx, committer.clock())


@dataclass(frozen=True, slots=True)
class Waits:
    """Whom a list of change requests waits for: keeps those that the caller can move on."""

    work: Work

    def keep(self, listed: Sequence[ChangeRequest]) -> list[ChangeRequest]:
        """Keep those that the caller may approve, and whose approval is missing, or deploy."""
        work = self.work
        kept = []
        with desk_of(work) as desk:
            for one in listed:
                seen = desk.assess(one, work.ctx)
                case = desk.case(seen, work.ctx)
                able = {handle for lack in seen.gate.missing for handle in lack.eligible}
                person = desk.voters.people.get(case.standing.person or "")
                asked = person is not None and person.username in able and refusal(case, "approve") is None
                if asked or (one.state == "approved" and refusal(case, "deploy") is None):
                    kept.append(one)
        return kept


def events_of(work: Work, number: int) -> list[Event]:
    """Read what happened to a change request."""
    return [event(row) for row in work.session.rows(_ABOUT, {"id": str(number)})]
