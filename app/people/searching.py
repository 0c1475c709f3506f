"""Where people are searched: the rows of a tenant's users, with what is computed of them as columns."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
)

from app.http.search import Extension, Related
from app.store.folding import Position
from app.store.keys import Value
from app.store.people import USER_COLUMNS, user_of
from app.store.people_tables import UserRow
from app.store.session import TENANT, TenantSession
from app.store.sources import Table

RoleIds = Callable[[Sequence[Value]], Sequence[str]]
"""Gives the ids of roles as they are stored, of the values that a filter names."""

_STATE: Final = case((UserRow.enabled.is_(False), "disabled"), (UserRow.invited.is_(True), "invited"), else_="active")
_NAME: Final = func.coalesce(func.nullif(UserRow.name, ""), UserRow.username)
_NONE: Final[ColumnElement[Any]] = cast(null(), Text)

_COLUMNS: Final[dict[str, ColumnElement[Any]]] = {
    "id": UserRow.id.expression,
    "username": UserRow.username.expression,
    "name": UserRow.name.expression,
    "shownName": _NAME,
    "email": UserRow.email.expression,
    "state": _STATE,
    "idpId": UserRow.identity.expression,
    "lastLogin": UserRow.last_login.expression,
    "lastSeen": func.coalesce(UserRow.last_login, UserRow.created),
    "isDashboardUser": cast(UserRow.dashboard, Boolean),
    "createdAt": UserRow.created.expression,
    "updatedAt": UserRow.updated.expression,
    "nothing": _NONE,
}


def _as_given(values: Sequence[Value]) -> Sequence[str]:
    return [str(value) for value in values]


def users_table(names: dict[str, str] | None = None, *, roles: str = "roles", role_ids: RoleIds = _as_given) -> Table:
    """Give where users are searched; `names` are columns that a surface calls otherwise, `roles` its key for roles."""

    def holding(values: Sequence[Value]) -> Select[Any]:
        # `roles` is canonical JSON with the ids as its keys, and no id has a quote in it.
        parts = (Position(UserRow.roles.expression, literal(f'"{role}":')) > 0 for role in role_ids(values))
        return select(UserRow.id).where(and_(UserRow.tenant == TENANT, or_(false(), *parts)))

    columns = {**_COLUMNS, **{shown: _COLUMNS[column] for shown, column in (names or {}).items()}}
    return Table(
        id=UserRow.id.expression,
        columns=columns,
        read=lambda row: user_of(row[1:]),
        selected=USER_COLUMNS,
        conditions=(UserRow.deleted.is_(None),),
        related={roles: holding},
    )


USERS_TABLE: Final = users_table()


def users_with(ids_of: Callable[[Any], Iterable[str]]) -> Callable[[TenantSession, Sequence[Any]], Related]:
    """Find the users whose ids the parents name, in one statement; ids without a user are left out."""

    def related(session: TenantSession, parents: Sequence[Any]) -> Related:
        named = [list(dict.fromkeys(ids_of(parent))) for parent in parents]
        ids = sorted({one for listed in named for one in listed})
        found = USERS_TABLE.load(session, ids) if ids else {}
        return [[found[one] for one in listed if one in found] for listed in named]

    return related


OWNER_OF_INSTANCE: Final = Extension(
    target="users", find=users_with(lambda instance: [str(instance.document["owner"])])
)
