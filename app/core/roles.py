"""The roles that every tenant has, what each may do, and which of them a set of rights amounts to."""

from collections.abc import Iterable, Mapping
from typing import Final

from app.core.rights import KINDS, NO_RIGHTS, RIGHTS, all_of, read_of
from app.core.values import dataclass

ADMINISTRATOR: Final = "administrator"

_OWN_ACCOUNT: Final = all_of("userAccount")
"""What every role holds but `no_rights`: a person's own token."""
_COMPLIANCE: Final = all_of("compliance") | read_of("node", "group", "configuration", "rule", "directive")
_CONFIGURATION: Final = all_of("configuration", "rule", "directive", "technique", "parameter")

ROLES: Final[Mapping[str, frozenset[str]]] = {
    ADMINISTRATOR: RIGHTS,
    "administration_only": all_of("administration") | _OWN_ACCOUNT,
    "compliance": _COMPLIANCE | _OWN_ACCOUNT,
    "configuration": _CONFIGURATION | _OWN_ACCOUNT,
    "deployer": all_of("deployer") | _COMPLIANCE | _OWN_ACCOUNT,
    "inventory": read_of("node") | _OWN_ACCOUNT,
    NO_RIGHTS: frozenset(),
    "read_only": read_of(*KINDS) | _OWN_ACCOUNT,
    "rule_only": read_of("configuration", "rule") | _OWN_ACCOUNT,
    "user": all_of("node", "group") | _CONFIGURATION | _OWN_ACCOUNT,
    "validator": all_of("validator") | _COMPLIANCE | _OWN_ACCOUNT,
    "workflow": all_of("validator", "deployer") | _COMPLIANCE | _OWN_ACCOUNT,
}
"""By role (conventions, section 14). Kinds of our own are read by `read_only` and belong to `administrator`."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Roles that hold nothing beyond a set of rights, and the rights of it that none of them holds, both sorted."""

    roles: tuple[str, ...]
    custom: tuple[str, ...]


def rights_of(roles: Iterable[str], table: Mapping[str, frozenset[str]] = ROLES) -> frozenset[str]:
    """Give what roles open together; `no_rights` among them closes everything. A name not in the table adds nothing."""
    named = frozenset(roles)
    return frozenset() if NO_RIGHTS in named else frozenset().union(*(table.get(name, frozenset()) for name in named))


def coverage(rights: frozenset[str], candidates: Mapping[str, frozenset[str]] = ROLES) -> Coverage:
    """Tell which of the roles a set of rights amounts to, and what is left over.

    Everything is the administrator, and nothing is `no_rights`. A right to one's own account is not missed in
    `rights`, because nearly every role brings it.
    """
    if rights >= RIGHTS:
        return Coverage((ADMINISTRATOR,), ())
    if not rights:
        return Coverage((NO_RIGHTS,), ())
    held = tuple(sorted(name for name, opens in candidates.items() if opens and opens <= rights | _OWN_ACCOUNT))
    return Coverage(held, tuple(sorted(rights - rights_of(held, candidates))))
