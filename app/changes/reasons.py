"""The change message: whether it is kept, and whether a write may go without one."""

from collections.abc import Callable

from app.changes.settings import setting
from app.core.context import Context
from app.core.errors import InvalidError
from app.store.documents import Stored

ENABLED, MANDATORY = "enable_change_message", "mandatory_change_message"
REASON_SETTINGS = (("setting", ENABLED), ("setting", MANDATORY))
SHORTEST = 5

_EXTRACTING = "There was an error while extracting reason message; cause was: Inconsistency: "


def settle_reason(ctx: Context, find: Callable[[str, str], Stored | None]) -> Context:
    """Keep, drop or demand the caller's reason as the tenant's settings say; `find` reads a document.

    Raises:
        InvalidError: a reason is mandatory, and there is none or it is too short.
    """
    if ctx.actor.kind in ("system", "node"):
        return ctx
    if setting(ENABLED, find("setting", ENABLED)) is not True:
        return ctx.because("")
    if setting(MANDATORY, find("setting", MANDATORY)) is not True or len(ctx.reason) >= SHORTEST:
        return ctx
    given = f"'{ctx.reason}' is too short" if ctx.reason else "none was given"
    text = (
        f"This tenant demands a reason of at least {SHORTEST} characters for each change and {given}; add ?reason=..."
    )
    rudder = "Reason field should be" if ctx.reason else "Reason field is mandatory and should be"
    raise InvalidError(
        text, fields={"reason": [text]}, rudder=f"{_EXTRACTING}{rudder} at least {SHORTEST} characters long"
    )
