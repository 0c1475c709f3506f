"""People: identities across tenants, and the memberships (users) of each tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update

from app.core.canonical import JSON, canonical
from app.core.values import dataclass
from app.store.people_tables import IdentityRow, UserRow
from app.store.session import TenantSession, scoped


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One person across tenants; `verified` is when a link mailed to the address was opened."""

    id: str
    email: str | None
    password: str | None = None
    verified: int | None = None
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A membership; times are milliseconds, `roles` maps role ids to the time at which they lapse, or None."""

    tenant: str
    id: str
    identity: str | None = None
    username: str
    name: str = ""
    email: str | None = None
    password: str | None = None
    roles: Mapping[str, int | None] = field(default_factory=dict)
    invited: bool = False
    enabled: bool = True
    created: int
    updated: int
    last_login: int | None = None
    dashboard: bool = True

    @property
    def is_active(self) -> bool:
        """Tell whether the person may log in and act."""
        return self.enabled and not self.invited

    @property
    def state(self) -> str:
        """Say how the membership stands."""
        if not self.enabled:
            return "disabled"
        return "invited" if self.invited else "active"


def fold(text: str) -> str:
    """Give a text as addresses and user names are compared: without case."""
    return text.casefold()


USER_COLUMNS = tuple(
    column for column in UserRow.__table__.c if column.name not in ("folded_username", "folded_email", "deleted")
)
_NAMES = tuple(column.name for column in USER_COLUMNS)
_LIVING = select(*USER_COLUMNS).where(UserRow.deleted.is_(None))
_ONE = _LIVING.where(UserRow.id == bindparam("id"))
_SOME = _LIVING.where(UserRow.id.in_(bindparam("ids", expanding=True)))
_ALL = _LIVING.order_by(UserRow.id)
_NAMED = select(UserRow.folded_username, UserRow.id).where(
    UserRow.deleted.is_(None), UserRow.folded_username.in_(bindparam("folded", expanding=True))
)
_BY_NAME = _LIVING.where(UserRow.folded_username == bindparam("folded"))
_BY_EMAIL = _LIVING.where(UserRow.folded_email == bindparam("folded"))
_USED_ID = select(UserRow.id).where(UserRow.id == bindparam("id"))
_USED_NAME = select(UserRow.id).where(UserRow.folded_username == bindparam("folded"))
# These know no tenant: a person who logs in has not named one yet, and an address is one person's everywhere.
_OF_IDENTITY = _LIVING.where(UserRow.identity == bindparam("identity")).order_by(UserRow.tenant)
_BY_OWN_PASSWORD = (
    _LIVING.where(UserRow.folded_email == bindparam("folded"), UserRow.password.is_not(None))
    .order_by(UserRow.created, UserRow.tenant)
    .limit(bindparam("most"))
)
_ANY_BY_EMAIL = select(UserRow.id).where(UserRow.folded_email == bindparam("folded")).limit(1)

_IDENTITY = tuple(column for column in IdentityRow.__table__.c if column.name != "folded")
_IDENTITY_BY_ID = select(*_IDENTITY).where(IdentityRow.id == bindparam("id"))
_IDENTITY_BY_EMAIL = select(*_IDENTITY).where(IdentityRow.folded == bindparam("folded"))


def find_user(session: TenantSession, user_id: str) -> User | None:
    """Read one user."""
    row = session.find(_ONE, {"id": user_id})
    return None if row is None else user_of(row)


def list_users(session: TenantSession) -> list[User]:
    """Read every user, by id; those who were deleted are no users any more."""
    return [user_of(row) for row in session.rows(_ALL)]


def lock_user(connection: Connection, tenant: str, user_id: str) -> User | None:
    """Read a user inside a transaction (a writing one holds the tenant's lock)."""
    return _found(connection, _ONE, {"tenant": tenant, "id": user_id})


def lock_users(connection: Connection, tenant: str) -> list[User]:
    """Read every user inside a transaction."""
    return [user_of(row) for row in connection.execute(scoped(_ALL), {"tenant": tenant})]


def known_users(connection: Connection, tenant: str, ids: Sequence[str]) -> set[str]:
    """Tell which of these ids are users' ids."""
    rows = connection.execute(scoped(_SOME), {"tenant": tenant, "ids": list(ids)}) if ids else ()
    return {str(row.id) for row in rows}


def users_named(connection: Connection, tenant: str, usernames: Sequence[str]) -> Mapping[str, str]:
    """Give the ids of those of these user names, in any case, that are somebody's."""
    names = {"tenant": tenant, "folded": [fold(name) for name in usernames]}
    rows = connection.execute(scoped(_NAMED), names) if usernames else ()
    found = {str(row.folded_username): str(row.id) for row in rows}
    return {name: found[fold(name)] for name in usernames if fold(name) in found}


def find_by_username(connection: Connection, tenant: str, username: str) -> User | None:
    """Look a user up by name, in any case."""
    return _found(connection, _BY_NAME, {"tenant": tenant, "folded": fold(username)})


def find_by_email(connection: Connection, tenant: str, email: str) -> User | None:
    """Look a user up by address, in any case."""
    return _found(connection, _BY_EMAIL, {"tenant": tenant, "folded": fold(email)})


def is_username_used(connection: Connection, tenant: str, username: str) -> bool:
    """Tell whether the name was ever a user's, in any case; handles are never reused."""
    return connection.execute(scoped(_USED_NAME), {"tenant": tenant, "folded": fold(username)}).fetchone() is not None


def is_user_id_used(connection: Connection, tenant: str, user_id: str) -> bool:
    """Tell whether the id was ever a user's; ids are never reused."""
    return connection.execute(scoped(_USED_ID), {"tenant": tenant, "id": user_id}).fetchone() is not None


def is_email_known(connection: Connection, email: str) -> bool:
    """Tell whether an address is anybody's in any tenant, if only by an invitation."""
    folded = {"folded": fold(email)}
    found = (connection.execute(statement, folded).fetchone() for statement in (_IDENTITY_BY_EMAIL, _ANY_BY_EMAIL))
    return any(row is not None for row in found)


def memberships(connection: Connection, identity: str) -> list[User]:
    """Read the memberships of an identity in all tenants, by tenant."""
    return [user_of(row) for row in connection.execute(_OF_IDENTITY, {"identity": identity})]


def with_own_password(connection: Connection, email: str, most: int) -> list[User]:
    """Read the users of an address, in all tenants, whose password an administrator set; the oldest first."""
    rows = connection.execute(_BY_OWN_PASSWORD, {"folded": fold(email), "most": most})
    return [user_of(row) for row in rows]


def insert_user(connection: Connection, user: User) -> None:
    """Add a user."""
    connection.execute(insert(UserRow), [{**_row(user), "deleted": None}])


def update_user(connection: Connection, user: User) -> None:
    """Replace a user's row."""
    connection.execute(update(UserRow).where(UserRow.tenant == user.tenant, UserRow.id == user.id).values(**_row(user)))


def delete_user(connection: Connection, user: User, *, now_ms: int) -> None:
    """End a membership: only the id and the handle stay, so that neither is ever given again."""
    gone = replace(user, identity=None, name="", email=None, password=None, roles={}, enabled=False, updated=now_ms)
    connection.execute(
        update(UserRow)
        .where(UserRow.tenant == user.tenant, UserRow.id == user.id)
        .values(**_row(replace(gone, last_login=None)), deleted=now_ms)
    )


def find_identity(connection: Connection, identity_id: str) -> Identity | None:
    """Read an identity."""
    row = connection.execute(_IDENTITY_BY_ID, {"id": identity_id}).fetchone()
    return None if row is None else Identity(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def find_identity_by_email(connection: Connection, email: str) -> Identity | None:
    """Look up whose address it is, in any case."""
    row = connection.execute(_IDENTITY_BY_EMAIL, {"folded": fold(email)}).fetchone()
    return None if row is None else Identity(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def insert_identity(connection: Connection, identity: Identity) -> None:
    """Add an identity; the address must not be another's."""
    connection.execute(insert(IdentityRow), [_identity_row(identity)])


def update_identity(connection: Connection, identity: Identity) -> None:
    """Replace an identity's row."""
    connection.execute(update(IdentityRow).where(IdentityRow.id == identity.id).values(**_identity_row(identity)))


def forget_identity(connection: Connection, identity_id: str) -> None:
    """Drop the personal data of an identity that is no membership's any more."""
    if not memberships(connection, identity_id):
        gone = {"email": None, "folded": None, "password": None}
        connection.execute(update(IdentityRow).where(IdentityRow.id == identity_id).values(**gone))


def _found(connection: Connection, statement: Any, values: Mapping[str, object]) -> User | None:  # noqa: ANN401
    row = connection.execute(scoped(statement), values).fetchone()
    return None if row is None else user_of(row)


def user_of(row: Any) -> User:  # noqa: ANN401  rows have no common type
    """Read a row selected by `USER_COLUMNS`."""
    values = dict(zip(_NAMES, row, strict=True))
    values["roles"] = orjson.loads(values["roles"])
    values["dashboard"] = bool(values["dashboard"])
    return User(**values)


def _row(user: User) -> dict[str, object]:
    roles: dict[str, JSON] = dict(user.roles)
    return {
        **{name: getattr(user, name) for name in _NAMES},
        "roles": canonical(roles).decode(),
        "folded_username": fold(user.username),
        "folded_email": fold(user.email) if user.email is not None else None,
    }


def _identity_row(identity: Identity) -> dict[str, object]:
    return {
        "id": identity.id,
        "email": identity.email,
        "folded": fold(identity.email) if identity.email is not None else None,
        "password": identity.password,
        "verified": identity.verified,
        "created": identity.created,
    }
