"""Roles as values: how one is shown, and all that a tenant has."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.core.canonical import JSON, Document
from app.core.clock import now_ms, rfc3339
from app.core.rights import contract
from app.core.roles import ROLES
from app.http.search import Extension, Related
from app.store import roles as store
from app.store.people import User
from app.store.roles import EVERYONE, Role
from app.store.session import TenantSession

SYSTEM_ROLES: Final[Mapping[str, frozenset[str]]] = {**ROLES, EVERYONE: frozenset[str]()}


def list_roles(session: TenantSession) -> list[Document]:
    """Show every role of the session's tenant, by id."""
    with session.database.connect(session.tenant) as connection:
        own = store.own_roles(connection, session.tenant)
    shown = [_system_json(role) for role in SYSTEM_ROLES if role not in own]
    return sorted([*shown, *map(role_json, own.values())], key=lambda role: str(role["id"]))


def role_json(role: Role) -> Document:
    """Show a role of a tenant's own."""
    return {
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "rights": [*role.rights],
        "system": role.id == EVERYONE,
        "createdAt": rfc3339(role.created),
        "updatedAt": rfc3339(role.updated),
    }


def copied(_work: object, rows: Sequence[Document]) -> list[Document]:
    """Give each shown role as an object of its own, so that more can be put into it."""
    return [dict(row) for row in rows]


def roles_held(session: TenantSession, users: Sequence[User | None]) -> Related:
    """Find the roles of people that have not lapsed, by id, in one statement."""
    known = {str(role["id"]): role for role in list_roles(session)}
    now = now_ms()
    return [
        []
        if user is None
        else [
            known[role] for role, ends in sorted(user.roles.items()) if role in known and (ends is None or ends > now)
        ]
        for user in users
    ]


def _rights(_session: TenantSession, roles: Sequence[Document]) -> Related:
    return [held if isinstance(held := role["rights"], list) else [] for role in roles]


def _permissions(_work: object, names: Sequence[Any]) -> list[Document]:
    return [
        {"id": name, "kind": kind, "action": action} for name in names for kind, _, action in [name.rpartition("_")]
    ]


ROLES_OF_USER: Final = Extension(find=roles_held, target="roles", many=True)
PERMISSIONS: Final = Extension(find=_rights, target="roles", many=True, show=_permissions)
"""Rights of a role as objects: `{"id": "rule_read", "kind": "rule", "action": "read"}`."""


def _system_json(role_id: str) -> Document:
    rights = SYSTEM_ROLES[role_id]
    listed: list[JSON] = [*(contract(rights) if rights else ())]
    return {"id": role_id, "name": role_id, "description": "", "rights": listed, "system": True}
