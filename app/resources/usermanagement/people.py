"""People as Rudder's user management shows and changes them, by user name."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import now_ms, rfc3339
from app.core.errors import NotFoundError
from app.core.rights import contract
from app.core.roles import coverage
from app.people import administration
from app.people.callers import rights_of_user
from app.store.people import User, find_by_username, lock_users
from app.store.roles import role_table

PROVIDER: Final = "sternpost"
ABOUT: Final[Mapping[str, JSON]] = {
    "roleListOverride": "none",
    "authenticationBackends": [PROVIDER],
    "providerProperties": {PROVIDER: {"roleListOverride": "none", "hasModifiablePassword": True}},
}


def list_people(work: Work) -> Document:
    """Show everybody, by user name, and how they log in."""
    with work.session.database.connect(work.ctx.tenant) as connection:
        table = role_table(connection, work.ctx.tenant)
        people = sorted(lock_users(connection, work.ctx.tenant), key=lambda user: user.username)
        rights = {user.id: rights_of_user(connection, user, now_ms()) for user in people}
    shown: list[JSON] = [_shown(user, rights[user.id], table) for user in people]
    return {**ABOUT, "users": shown, "digest": "argon2id", "tenantsEnabled": False}


def add(work: Work, fields: Mapping[str, JSON]) -> Document:
    """Make a user with a password that counts in this tenant only.

    Raises:
        SternpostError: as `administration.create_user`.
    """
    return {"addedUser": _summary(administration.create_user(work, fields))}


def update(work: Work, username: str, fields: Mapping[str, JSON]) -> Document:
    """Change password, roles, name or address; an empty password keeps the present one.

    Raises:
        NotFoundError: there is no such user.
        SternpostError: as `administration.update_user`.
    """
    given = {name: value for name, value in fields.items() if not (name == "password" and value == "")}
    return {"updatedUser": _summary(administration.update_user(work, _id_of(work, username), given))}


def switch(work: Work, username: str, *, enabled: bool) -> Document:
    """Let somebody in again, or shut them out at once.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: nobody would be administrator any more.
    """
    act = administration.enable_user if enabled else administration.disable_user
    act(work, _id_of(work, username))
    return {"status": "active" if enabled else "disabled"}


def delete(work: Work, username: str) -> Document:
    """End a membership for good.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: nobody would be administrator any more.
    """
    administration.delete_user(work, _id_of(work, username))
    return {"deletedUser": {"username": username}}


def reset_second_factor(work: Work, username: str) -> Document:
    """Do nothing to a person who has no second factor, as nobody has.

    Raises:
        NotFoundError: there is no such user.
    """
    _id_of(work, username)
    return {"username": username}


def _id_of(work: Work, username: str) -> str:
    with work.session.database.connect(work.ctx.tenant) as connection:
        user = find_by_username(connection, work.ctx.tenant, username)
    if user is None:
        text = f"User '{username[:80]}' does not exist"
        raise NotFoundError(f"{text}; GET /usermanagement/users lists those that do", rudder=text)
    return user.id


def _shown(user: User, rights: frozenset[str], table: Mapping[str, frozenset[str]]) -> Document:
    known = coverage(rights, {role: opens for role, opens in table.items() if opens})
    document: Document = {
        "login": user.username,
        "name": user.name or None,
        "email": user.email,
        "otherInfo": {},
        "status": "active" if user.is_active else "disabled",
        "authz": _listed(contract(rights)),
        "permissions": _listed(sorted(user.roles)),
        "rolesCoverage": _listed(known.roles),
        "customRights": _listed(known.custom),
        "providers": [PROVIDER],
        "providersInfo": {},
        "tenants": "*",
        "lastLogin": None if user.last_login is None else rfc3339(user.last_login),
        "otpEnabled": False,
    }
    return {name: value for name, value in document.items() if value is not None}


def _summary(user: Document) -> Document:
    shown: Document = {"username": user["username"], "permissions": user["roles"], "otherInfo": {}}
    return {**shown, **{name: user[name] for name in ("name", "email") if user[name]}}


def _listed(texts: Sequence[str]) -> list[JSON]:
    return [*texts]
