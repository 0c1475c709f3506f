"""Roles as Rudder's user management shows them."""

from collections.abc import Iterable

from app.core.canonical import Document
from app.core.errors import InvalidError
from app.core.rights import contract, expand, is_name
from app.core.roles import ROLES, Coverage, coverage


def list_roles() -> list[Document]:
    """List the roles that every tenant has, by id, with their rights."""
    return [{"id": name, "rights": list(contract(ROLES[name]))} for name in sorted(ROLES)]


def cover(permissions: Iterable[str], authz: Iterable[str]) -> Coverage:
    """Tell which of the given roles the given rights amount to, and which rights are left over.

    Raises:
        InvalidError: naming what is neither role nor right.
    """
    asked = tuple(permissions)
    unknown = [name for name in asked if name not in ROLES and not is_name(name)]
    if unknown:
        names = ", ".join(f"'{name[:60]}'" for name in unknown)
        text = f"{names} is no role; GET /usermanagement/roles lists those that exist"
        raise InvalidError(text, fields={"permissions": [text]})
    rights = expand(authz, field="authz")
    return coverage(rights, {name: ROLES[name] for name in asked if name in ROLES})
