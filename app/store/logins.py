"""What people hold: logins (families of refresh tokens), personal tokens, and invitations to be mailed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from app.core.values import dataclass
from app.store.people_tables import InvitationRow, LoginRow, PersonalTokenRow
from app.store.session import TenantSession, scoped


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A family of refresh tokens, of which number `generation` is good; times are milliseconds."""

    tenant: str
    id: str
    user_id: str
    generation: int = 1
    started: int
    rotated: int
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalToken:
    """A person's own API token; times are milliseconds."""

    tenant: str
    user_id: str
    id: str
    name: str
    token_hash: str
    authorization: str = "rw"
    created: int
    expires: int | None = None
    last_used: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A link for a user's address; times are milliseconds, `fault` is why the last try to mail it failed."""

    tenant: str
    id: str
    user_id: str
    created: int
    expires: int
    used: int | None = None
    due: int | None
    attempts: int = 0
    sent: int | None = None
    fault: str | None = None


_LOGIN = scoped(select(*LoginRow.__table__.c).where(LoginRow.id == bindparam("id")))
_TOKENS = scoped(
    select(*PersonalTokenRow.__table__.c)
    .where(PersonalTokenRow.user_id == bindparam("user"))
    .order_by(PersonalTokenRow.id)
)
# The token is what names its tenant, and the worker serves all tenants: these two select across them.
_BY_TOKEN = select(*PersonalTokenRow.__table__.c).where(PersonalTokenRow.token_hash == bindparam("hash"))
_DUE = (
    select(*InvitationRow.__table__.c)
    .where(InvitationRow.due <= bindparam("now"))
    .order_by(InvitationRow.due, InvitationRow.id)
    .limit(bindparam("most"))
)
_INVITATION = scoped(select(*InvitationRow.__table__.c).where(InvitationRow.id == bindparam("id")))
_SINCE = scoped(
    select(InvitationRow.id).where(
        InvitationRow.user_id == bindparam("user"), InvitationRow.created >= bindparam("since")
    )
)
_UNUSED = select(*InvitationRow.__table__.c).where(InvitationRow.used.is_(None)).order_by(InvitationRow.created)


def insert_login(connection: Connection, login: Login) -> None:
    """Begin a family."""
    connection.execute(insert(LoginRow), [_values(login)])


def find_login(connection: Connection, tenant: str, login_id: str) -> Login | None:
    """Read a family; one that was revoked is gone."""
    row = connection.execute(_LOGIN, {"tenant": tenant, "id": login_id}).fetchone()
    return None if row is None else Login(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def rotate_login(connection: Connection, login: Login, now_ms: int) -> bool:
    """Make the next generation the good one; False when somebody else did it first, or the family is gone."""
    done = connection.execute(
        update(LoginRow)
        .where(LoginRow.tenant == login.tenant, LoginRow.id == login.id, LoginRow.generation == login.generation)
        .values(generation=login.generation + 1, rotated=now_ms)
    )
    return done.rowcount == 1


def end_login(connection: Connection, tenant: str, login_id: str) -> bool:
    """Revoke a family; False when there is none."""
    done = connection.execute(delete(LoginRow).where(LoginRow.tenant == tenant, LoginRow.id == login_id))
    return done.rowcount == 1


def end_logins_of(connection: Connection, tenant: str, user_id: str) -> None:
    """Revoke every login of a user."""
    connection.execute(delete(LoginRow).where(LoginRow.tenant == tenant, LoginRow.user_id == user_id))


def end_logins_in(connection: Connection, tenant: str) -> None:
    """End every login in a tenant."""
    connection.execute(delete(LoginRow).where(LoginRow.tenant == tenant))


def drop_ended_logins(connection: Connection, now_ms: int) -> None:
    """Forget the families whose tokens have all expired."""
    connection.execute(delete(LoginRow).where(LoginRow.ends < now_ms))


def list_tokens(connection: Connection, tenant: str, user_id: str) -> list[PersonalToken]:
    """Read a user's tokens, by id."""
    rows = connection.execute(_TOKENS, {"tenant": tenant, "user": user_id})
    return [PersonalToken(**row._mapping) for row in rows]  # noqa: SLF001  SQLAlchemy's public name for it


def find_token(connection: Connection, hashed: str) -> PersonalToken | None:
    """Look up a token by its hash, whatever its tenant; expired ones too."""
    row = connection.execute(_BY_TOKEN, {"hash": hashed}).fetchone()
    return None if row is None else PersonalToken(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def insert_token(connection: Connection, token: PersonalToken) -> None:
    """Add a token."""
    connection.execute(insert(PersonalTokenRow), [_values(token)])


def delete_token(connection: Connection, tenant: str, user_id: str, token_id: str) -> bool:
    """End a token; False when there is none."""
    row = PersonalTokenRow
    done = connection.execute(delete(row).where(row.tenant == tenant, row.user_id == user_id, row.id == token_id))
    return done.rowcount == 1


def touch_token(connection: Connection, tenant: str, hashed: str, now_ms: int, *, older_than_ms: int) -> None:
    """Note that a token is used, unless that was noted not long ago."""
    row, seen = PersonalTokenRow, PersonalTokenRow.last_used
    connection.execute(
        update(row)
        .where(row.tenant == tenant, row.token_hash == hashed, or_(seen.is_(None), seen < older_than_ms))
        .values(last_used=now_ms)
    )


def delete_tokens_of(connection: Connection, tenant: str, user_id: str) -> None:
    """End every token of a user."""
    row = PersonalTokenRow
    connection.execute(delete(row).where(row.tenant == tenant, row.user_id == user_id))


def insert_invitation(connection: Connection, invitation: Invitation) -> None:
    """Add a link that is to be mailed."""
    connection.execute(insert(InvitationRow), [_values(invitation)])


def find_invitation(connection: Connection, tenant: str, invitation_id: str) -> Invitation | None:
    """Read an invitation."""
    row = connection.execute(_INVITATION, {"tenant": tenant, "id": invitation_id}).fetchone()
    return None if row is None else Invitation(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def was_invited_since(connection: Connection, tenant: str, user_id: str, since_ms: int) -> bool:
    """Tell whether a link was made for a user since a time."""
    values = {"tenant": tenant, "user": user_id, "since": since_ms}
    return connection.execute(_SINCE, values).fetchone() is not None


def open_invitations(session: TenantSession) -> dict[str, Invitation]:
    """Read the invitations that were not used yet, by user."""
    return {row.user_id: Invitation(**row._mapping) for row in session.rows(_UNUSED)}  # noqa: SLF001  SQLAlchemy's public name for it


def update_invitation(connection: Connection, tenant: str, invitation_id: str, **values: object) -> None:
    """Set some columns of an invitation."""
    row = InvitationRow
    connection.execute(update(row).where(row.tenant == tenant, row.id == invitation_id).values(**values))


def delete_invitations_of(connection: Connection, tenant: str, user_id: str) -> None:
    """Drop every link of a user, used or not."""
    row = InvitationRow
    connection.execute(delete(row).where(row.tenant == tenant, row.user_id == user_id))


def due_invitations(connection: Connection, now_ms: int, most: int) -> Sequence[Invitation]:
    """Read what is to be mailed now, in all tenants, the longest due first."""
    rows = connection.execute(_DUE, {"now": now_ms, "most": most})
    return [Invitation(**row._mapping) for row in rows]  # noqa: SLF001  SQLAlchemy's public name for it


def claim_invitation(connection: Connection, invitation: Invitation, until_ms: int) -> bool:
    """Take one for this worker until the time given; False when another took it."""
    row = InvitationRow
    done = connection.execute(
        update(row)
        .where(row.tenant == invitation.tenant, row.id == invitation.id, row.due == invitation.due)
        .values(due=until_ms, attempts=invitation.attempts + 1)
    )
    return done.rowcount == 1


def _values(one: Any) -> dict[str, object]:  # noqa: ANN401  any of the three
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
