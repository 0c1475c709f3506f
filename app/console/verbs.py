"""What the buttons of a change request's page do: each is one call of the API, with what its form says."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from app.console.api import Api, Reply
from app.core.values import dataclass

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

Json = dict[str, Any]

TRIALS: Final[Mapping[str, str]] = {
    "": "for good",
    "PT10M": "on trial for 10 minutes",
    "PT1H": "on trial for an hour",
    "P1D": "on trial for a day",
}
"""How long a deployment may wait for somebody who keeps it, by the API's words."""
SIDES: Final = ("mine", "now")
_SECONDS_LEFT_OUT: Final = len("2026-01-31T12:00")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form says: the comment, the hash of what its sender saw, and the options of some verbs."""

    comment: str = ""
    digest: str = ""
    trial: str = ""
    at: str = ""
    prefer: str = ""
    path: str = ""

    @classmethod
    def of(cls, form: "MultiDict[str, str]") -> "Sent":
        """Read a form."""
        return cls(
            comment=form.get("comment", "").strip().replace("\r\n", "\n"),
            digest=form.get("diffHash", ""),
            trial=form.get("confirmWithin", ""),
            at=form.get("scheduleAt", "").strip(),
            prefer=form.get("conflicts", ""),
            path=form.get("path", ""),
        )


Send = Callable[[Api, str, Sent], Reply]
"""`(api, path of the change request, what the form says) -> answer`."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A button: what it says, what it asks of the API, whether it wants a comment, and the key that leads to it."""

    label: str
    done: str
    send: Send
    wants_comment: bool = False
    style: str = ""
    key: str = ""
    apart: bool = False
    """Has a form of its own, with more to say."""


def _review(verdict: str) -> Send:
    def send(api: Api, path: str, sent: Sent) -> Reply:
        body: Json = {"verdict": verdict}
        if sent.comment:
            body["comment"] = sent.comment
        if sent.path:
            body["path"] = sent.path
        if verdict == "approve":
            body["diffHash"] = sent.digest
        return api.send("POST", f"{path}/reviews", body)

    return send


def _deploy(api: Api, path: str, sent: Sent) -> Reply:
    trial = {"confirmWithin": sent.trial} if sent.trial else {}
    return api.send("POST", f"{path}/deploy", {"diffHash": sent.digest, **trial}, reason=sent.comment)


def _schedule(api: Api, path: str, sent: Sent) -> Reply:
    trial = {"confirmWithin": sent.trial} if sent.trial else {}
    body = {"diffHash": sent.digest, "scheduleAt": time_of(sent.at), **trial}
    return api.send("POST", f"{path}/deploy", body, reason=sent.comment)


def time_of(text: str) -> str:
    """Read what a field for a time says, which is UTC on our pages; whatever else it says is the API's to judge."""
    return f"{text}:00Z" if len(text) == _SECONDS_LEFT_OUT else text


def _break_glass(api: Api, path: str, sent: Sent) -> Reply:
    return api.send("POST", f"{path}/deploy", {"diffHash": sent.digest, "breakGlass": {"reason": sent.comment}})


def _rebase(api: Api, path: str, sent: Sent) -> Reply:
    body = {"conflicts": sent.prefer} if sent.prefer in SIDES else {}
    return api.send("POST", f"{path}/rebase", body, reason=sent.comment)


def _decline(api: Api, path: str, sent: Sent) -> Reply:
    return api.send("DELETE", path, None, reason=sent.comment)


def _undo(api: Api, path: str, sent: Sent) -> Reply:
    body: Json = {"undo": int(path.rpartition("/")[2])}
    return api.send("POST", "/changeRequests", body, reason=sent.comment)


def _step(step: str) -> Send:
    return lambda api, path, sent: api.send("POST", f"{path}/{step}", {}, reason=sent.comment)


VERBS: Final[Mapping[str, Verb]] = {
    "approve": Verb("Approve", "You approved it.", _review("approve"), style="good", key="a"),
    "requestChanges": Verb("Ask for changes", "You asked for changes.", _review("requestChanges"), wants_comment=True),
    "comment": Verb("Add the comment", "Your comment is there.", _review("comment"), wants_comment=True),
    "submit": Verb("Hand in for review", "It is handed in.", _step("submit"), style="good"),
    "deploy": Verb("Deploy now", "It is deployed.", _deploy, style="good"),
    "schedule": Verb("Deploy at this time", "It is scheduled.", _schedule, apart=True),
    "confirm": Verb("Keep the change", "It is kept.", _step("confirm"), style="good"),
    "rebase": Verb("Lay over what is there now", "It lies over what is there now.", _rebase, apart=True),
    "decline": Verb("Reject", "You rejected it.", _decline, wants_comment=True, style="bad", key="r"),
    "withdraw": Verb("Withdraw", "It is withdrawn.", _step("withdraw"), style="bad"),
    "reopen": Verb("Open again", "It is a draft again.", _step("reopen")),
    "breakGlass": Verb(
        "Deploy past the reviewers", "It is deployed; everybody who was not asked is told.", _break_glass,
        wants_comment=True, style="bad", apart=True,
    ),
    "undo": Verb("Undo it", "This takes it back, once it is deployed.", _undo, apart=True),
}  # fmt: skip
"""By the verbs of the API; `undo` makes another change request, and its page is shown then."""
