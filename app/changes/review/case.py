"""What the rules about change requests look at, the verbs they are about, and the call that does each."""

from collections.abc import Mapping
from typing import Final, Literal

from app.changes.review.gate import Gate
from app.changes.review.model import ChangeRequest
from app.changes.review.policy import BuiltIn
from app.changes.review.voters import Standing
from app.core.values import dataclass

Verb = Literal[
    "edit", "submit", "approve", "requestChanges", "comment", "deploy", "schedule", "confirm", "rebase", "withdraw",
    "decline", "reopen", "breakGlass",
]  # fmt: skip
VERBS: Final[tuple[Verb, ...]] = (
    "edit", "submit", "approve", "requestChanges", "comment", "deploy", "schedule", "confirm", "rebase", "withdraw",
    "decline", "reopen", "breakGlass",
)  # fmt: skip

Call = tuple[str, str]
"""Method and path, without version; `{id}` stands for the number of the change request."""

_ONE: Final = "/changeRequests/{id}"
_DEPLOY: Final = ("POST", f"{_ONE}/deploy")
_REVIEW: Final = ("POST", f"{_ONE}/reviews")
CALLS: Final[Mapping[Verb, Call]] = {
    "edit": ("PATCH", _ONE),
    "submit": ("POST", f"{_ONE}/submit"),
    "approve": _REVIEW,
    "requestChanges": _REVIEW,
    "comment": _REVIEW,
    "deploy": _DEPLOY,
    "schedule": _DEPLOY,
    "confirm": ("POST", f"{_ONE}/confirm"),
    "rebase": ("POST", f"{_ONE}/rebase"),
    "withdraw": ("POST", f"{_ONE}/withdraw"),
    "decline": ("DELETE", _ONE),
    "reopen": ("POST", f"{_ONE}/reopen"),
    "breakGlass": _DEPLOY,
}
"""The call that does each verb; an account with an ACL needs it open."""
ACCEPT: Final[Call] = ("POST", f"{_ONE}/accept")
"""Rudder's call, which approves, deploys or does both by the status that it is sent; an ACL opens it by itself."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules look at: the change request, who asks, and how the gate stands now."""

    one: ChangeRequest
    standing: Standing
    gate: Gate
    built_in: BuiltIn
    through: Call | None = None
    """The call through which a verb is done where it is not the verb's own."""

    @property
    def is_mine(self) -> bool:
        """Tell whether who asks had a hand in it, through whatever account."""
        standing = self.standing
        behalf = standing.ctx.on_behalf_of
        impersonated = behalf is not None and self.one.involves(None, behalf.id)
        return self.one.involves(standing.person, standing.ctx.actor.id) or impersonated

    @property
    def only_reads(self) -> bool:
        """Tell whether who asks came with a token for reading."""
        return self.standing.ctx.only_reads

    @property
    def may_edit(self) -> bool:
        """Tell whether who asks is its author, or may edit it beside the author."""
        handles = {self.standing.ctx.actor.handle}
        return self.is_mine or not handles.isdisjoint(self.one.invited)
