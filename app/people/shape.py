"""Users as values: how one is shown, and which of its members an event may name."""

from collections.abc import Set as AbstractSet
from typing import Final

from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.diff import field_diff
from app.store.documents import find_document
from app.store.logins import Invitation, PersonalToken
from app.store.people import User
from app.store.session import TenantSession

PERSONAL: Final = ("name", "email")
"""Members that no event may hold: of them it is said only that they changed."""


def user_json(user: User, invitation: Invitation | None, validated: AbstractSet[str]) -> Document:
    """Show a user; `validated` are the names of those whose changes need no validation."""
    return {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "roles": [*sorted(user.roles)],
        "state": user.state,
        "isValidated": user.username in validated,
        "idpId": user.identity,
        "lastLogin": _time(user.last_login),
        "invitation": None if invitation is None or not user.invited else _invitation(invitation),
        "createdAt": rfc3339(user.created),
        "updatedAt": rfc3339(user.updated),
    }


def token_json(token: PersonalToken, clear: str | None = None) -> Document:
    """Show a personal token; `clear` is given only where it was just made."""
    return {
        "id": token.id,
        "name": token.name,
        "authorizationType": token.authorization,
        "creationDate": rfc3339(token.created),
        "expirationDate": _time(token.expires),
        "lastAuthenticationDate": _time(token.last_used),
        "token": clear,
    }


def changes_of(before: User, after: User) -> Document | None:
    """Say what changed, for the log: of what is personal only that it changed. None: nothing did."""
    old: Document = {"roles": [*sorted(before.roles)], "state": before.state}
    new: Document = {"roles": [*sorted(after.roles)], "state": after.state}
    if before.roles != after.roles and before.roles.keys() == after.roles.keys():
        old["rolesUntil"], new["rolesUntil"] = _ends(before), _ends(after)
    if before.dashboard != after.dashboard:
        old["isDashboardUser"], new["isDashboardUser"] = before.dashboard, after.dashboard
    listed: list[JSON] = [{"path": one.path, "old": one.old, "new": one.new} for one in field_diff(old, new)]
    hidden = (*PERSONAL, "password")
    listed += [{"path": f"/{name}"} for name in hidden if getattr(before, name) != getattr(after, name)]
    return {"changes": listed} if listed else None


def _ends(user: User) -> Document:
    return {role: _time(ends) for role, ends in sorted(user.roles.items())}


def validated_users(session: TenantSession) -> AbstractSet[str]:
    """Read the names of the validated users, which are a document so that it is reviewed."""
    stored = find_document(session, "setting", "validated_users")
    value = None if stored is None else stored.document.get("value")
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()


def _invitation(invitation: Invitation) -> Document:
    return {
        "createdAt": rfc3339(invitation.created),
        "expiresAt": rfc3339(invitation.expires),
        "sentAt": _time(invitation.sent),
        "attempts": invitation.attempts,
        "fault": invitation.fault,
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)
