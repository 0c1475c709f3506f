"""The roles that an administrator's new tenant begins with, beside those of the system."""

from collections.abc import Mapping
from typing import Final

from app.changes.recording import Fact
from app.core.ids import new_id
from app.core.rights import KINDS, RIGHTS, all_of, contract, read_of
from app.store.roles import Role

_CONFIGURATION: Final = ("configuration", "rule", "directive", "technique", "group", "parameter", "image", "instance")

FIRST_ROLES: Final[Mapping[str, frozenset[str]]] = {
    "Admin": RIGHTS,
    "Moderator": read_of("user", "administration"),
    "Author": all_of(*_CONFIGURATION, "userAccount") | read_of("node", "compliance", "validator", "deployer"),
    "Reviewer": all_of("validator", "userAccount") | read_of(*KINDS),
    "Auditor": all_of("userAccount") | read_of(*KINDS),
}
"""By name (contract/tenancy.md, section 2)."""


def first_role(tenant: str, name: str, now_ms: int) -> Role:
    """Make one of them."""
    rights = contract(FIRST_ROLES[name])
    return Role(tenant=tenant, id=new_id(), name=name, rights=rights, created=now_ms, updated=now_ms)


def role_added(role: Role) -> Fact:
    """Say that a role was made."""
    return Fact(type="RoleAdded", kind="role", id=role.id, name=role.name, data={"rights": [*role.rights]})
