"""Users and roles as root-level routes show them."""

from collections.abc import Mapping

from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.rights import expand
from app.core.roles import ADMINISTRATOR
from app.dialects.takaro.ids import role_uuid
from app.dialects.takaro.permissions import shown_permissions
from app.store.people import User
from app.store.roles import EVERYONE, Role

ROOT, USER = "root", "User"
NAMES: Mapping[str, str] = {ADMINISTRATOR: ROOT, EVERYONE: USER}
"""What clients call the role that may do everything, and the one that everybody has."""


def role_json(role: Role | Document, made: int) -> Document:
    """Show a role, as a row or as the service shows it; `made` is when one of the system's was there first."""
    shown = role if isinstance(role, dict) else _of_row(role)
    role_id, rights = str(shown["id"]), shown["rights"]
    at = rfc3339(made)
    return {
        "id": role_uuid(role_id),
        "name": NAMES.get(role_id, str(shown["name"])),
        "system": shown["system"] is True,
        "permissions": shown_permissions(
            expand(map(str, rights)) if isinstance(rights, list) and rights else frozenset()
        ),
        "linkedDiscordRoleId": None,
        "createdAt": shown.get("createdAt", at),
        "updatedAt": shown.get("updatedAt", at),
    }


def _of_row(role: Role) -> Document:
    times: Document = {"createdAt": rfc3339(role.created), "updatedAt": rfc3339(role.updated)}
    return {"id": role.id, "name": role.name, "rights": [*role.rights], "system": False, **times}


def user_json(user: User, roles: Mapping[str, Document], now: int | None = None) -> Document:
    """Show a user with their roles, `roles` by our ids; those that have lapsed by `now` are left out."""
    held: list[JSON] = [assigned(user, roles[role], ends) for role, ends in held_roles(user, now) if role in roles]
    return {
        "id": user.id,
        "name": user.name or user.username,
        "email": user.email,
        "idpId": user.identity,
        "discordId": None,
        "lastSeen": rfc3339(user.last_login or user.created),
        "playerId": None,
        "player": None,
        "isDashboardUser": user.dashboard,
        "roles": held,
        "createdAt": rfc3339(user.created),
        "updatedAt": rfc3339(user.updated),
    }


def held_roles(user: User, now: int | None) -> list[tuple[str, int | None]]:
    """List the roles of a user, with the time at which each ends, without those that have lapsed by `now`."""
    return [(role, ends) for role, ends in sorted(user.roles.items()) if ends is None or now is None or ends > now]


def assigned(user: User, role: Document, ends: int | None) -> Document:
    """Show that a user has a role."""
    return {
        "userId": user.id,
        "roleId": role["id"],
        "role": role,
        "expiresAt": None if ends is None else rfc3339(ends),
    }
