"""What a tenant is: the three that every installation has, states, limits, and how the id of a new one is made."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from app.core.errors import DisabledError, InvalidError, MaintenanceError

SYSTEM_TENANT: Final = "system"
PUBLIC: Final = "public"
DEFAULT: Final = "default"
FOUNDED: Final = frozenset({SYSTEM_TENANT, PUBLIC, DEFAULT})
"""The tenants without which no installation works; none of them can be deleted."""

State = Literal["ACTIVE", "DISABLED", "MAINTENANCE"]
ACTIVE: Final = "ACTIVE"
DISABLED: Final = "DISABLED"
MAINTENANCE: Final = "MAINTENANCE"
DELETED: Final = "DELETED"
"""What stands in the row of a tenant that was deleted for good; nobody is ever shown it."""
STATES: Final = (ACTIVE, DISABLED, MAINTENANCE)

LIMITS: Final[Mapping[str, int]] = {
    "rateLimitPoints": 2500,
    "rateLimitDuration": 900_000,
    "maxGameservers": 1,
    "maxUsers": 1000,
    "eventRetentionDays": 7,
    "maxVariables": 10_000,
    "maxModules": 1000,
    "maxFunctionsInModule": 50,
}
"""Takaro's limits and their usual values; those of rates, games, functions and retention are only stored and shown."""

MAINTENANCE_RETRY_S: Final = 60
MOST_BYTES: Final = 63
SUFFIX_DIGITS: Final = 6

_NOT_IN_IDS: Final = re.compile(r"[^a-z0-9_]")
_ID: Final = re.compile(rf"[a-z][a-z0-9_-]{{0,{MOST_BYTES - 1}}}")


def refuse_inactive(state: str) -> None:
    """Refuse to work in a tenant that is switched off or being worked on.

    Raises:
        DisabledError: it is disabled, or was deleted softly.
        MaintenanceError: it comes back by itself.
    """
    if state == ACTIVE:
        return
    if state == MAINTENANCE:
        raise MaintenanceError(
            "Domain is in maintenance mode. Please try again later.", retry_after_s=MAINTENANCE_RETRY_S
        )
    raise DisabledError("Domain is disabled. Please contact support.")


def check_tenant_id(tenant: str) -> str:
    """Return the id if a tenant can be called so by whoever makes it.

    Raises:
        InvalidError: it has other characters, or too many.
    """
    if _ID.fullmatch(tenant) is None:
        text = f"'{tenant[:80]}' is no id of a tenant; use 1 to {MOST_BYTES} of a-z, 0-9, _ and -, a letter first"
        raise InvalidError(text, fields={"tenant": [text]})
    return tenant


def tenant_id(text: str, suffix: str, *, joint: str = "_") -> str:
    """Make an id of what a tenant is called: lower case, only `[a-z0-9_]`, a letter first, 63 bytes with the suffix.

    `joint` takes the place of `_` where the id is to be part of a host's name.
    """
    cleaned = _NOT_IN_IDS.sub("_", text.lower()) or "client"
    if not cleaned[0].isalpha():
        cleaned = f"c_{cleaned}"
    return f"{cleaned[: MOST_BYTES - len(suffix) - 1]}_{suffix}".replace("_", joint)
