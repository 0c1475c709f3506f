"""What a caller asks of change requests, read from path, query and body."""

from app.changes.review.case import Case
from app.changes.review.model import ChangeRequest, Review
from app.changes.review.rules import STATUS
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError, NotFoundError, StepError
from app.http.endpoint import Given
from app.resources.changerequests import finding

NAMES = ("name", "description")
COUNTS = (
    ("pendingValidation", "validator_read", "Pending validation"),
    ("pendingDeployment", "deployer_read", "Pending deployment"),
)


def status_of(given: Given) -> str:
    """Read the state to go to.

    Raises:
        InvalidError: there is none, or no such state.
    """
    text = given.fields.get("status")
    if not isinstance(text, str) or not text:
        said = "workflow status should not be empty"
        raise InvalidError(f"status: {said}", fields={"status": [said]}, rudder=said)
    found = next((status for status in finding.STATUSES if status.lower() == text.lower()), None)
    if found is None:
        said = (
            f"'{text.lower()[:60]}' is not a possible state for change requests, "
            f"available values are: [ {', '.join(finding.STATUSES)} ]"
        )
        raise InvalidError(f"status: {said}", fields={"status": [said]}, rudder=said)
    return found


def refuse_impossible(one: ChangeRequest, status: str) -> None:
    """Refuse a step that Rudder does not know.

    Raises:
        StepError: naming those that are possible.
    """
    now = STATUS[one.state]
    possible = ("Pending deployment", "Deployed") if now == "Pending validation" else ("Deployed",)
    if status not in possible:
        said = f"you could not send Change Request from '{now}' to '{status}'."
        rudder = finding.caused(
            "accept", str(one.id), f"Could not accept ChangeRequest {one.id} details cause is: {said}"
        )
        raise StepError(f"{said} Possible: {', '.join(possible)}", rudder=rudder)


def refuse_rename(one: ChangeRequest, name: str | None, description: str | None) -> None:
    """Refuse what Rudder refuses.

    Raises:
        InvalidError: in its words.
    """
    said = None
    if name is not None and not name.strip():
        said = "Change request name cannot be empty."
    elif (name or one.name, one.description if description is None else description) == (one.name, one.description):
        said = "No changes to save."
    if said is not None:
        text = f"Could not update ChangeRequest {one.id} details cause is: {said}"
        raise InvalidError(said, rudder=finding.caused("update", str(one.id), text))


def object_asked(query: Document) -> tuple[str | None, str | None]:
    """Read which object is asked for: Rudder's names first, in their order."""
    for name, kind in (("rule_id", "rule"), ("directive_id", "directive"), ("group_id", "group")):
        if query.get(name):
            return kind, str(query[name])
    kind_of, object_of = query.get("kind"), query.get("object")
    return None if kind_of is None else str(kind_of), None if object_of is None else str(object_of)


def cursor(text: str) -> int:
    """Read the cursor of a list.

    Raises:
        InvalidError: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= finding.LONGEST_NUMBER):
        said = f"'{text[:40]}' is not a cursor of this list; use meta.next of the page before"
        raise InvalidError(said, fields={"cursor": [said]})
    return int(text)


def glass_reason(glass: Document) -> str:
    """Read why a glass is broken.

    Raises:
        InvalidError: it is not said.
    """
    reason = glass.get("reason")
    if set(glass) != {"reason"} or not isinstance(reason, str) or len(reason.strip()) < 5:  # noqa: PLR2004
        text = 'must be {"reason": "at least 5 characters"}; everybody who was not asked is told it'
        raise InvalidError(f"breakGlass: {text}", fields={"breakGlass": [text]})
    return reason


def last_review(one: ChangeRequest, case: Case) -> Review:
    """Find the caller's last review.

    Raises:
        NotFoundError: there is none.
    """
    person, actor = case.standing.person, case.standing.ctx.actor.id
    mine = [
        each
        for each in one.reviews
        if each.reviewer.id == actor or (person is not None and each.reviewer.person == person)
    ]
    if not mine:
        raise NotFoundError(f"You did not review change request {one.id} yet; leave out since")
    return mine[-1]


def texts(value: JSON) -> tuple[str, ...]:
    """Read a list of texts."""
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
