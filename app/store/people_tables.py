"""The tables of people: identities, memberships, logins, personal tokens, invitations, roles."""

from sqlalchemy import ForeignKey, Index, true
from sqlalchemy.orm import Mapped, mapped_column

from app.store.base import Base, Key


class IdentityRow(Base):
    """One person across tenants: a verified e-mail address, and the password that the person chose.

    The only table about people without a tenant. `folded` is the address without case; none two identities share it.
    """

    __tablename__ = "identities"
    __table_args__ = (Index(None, "folded", unique=True),)

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    email: Mapped[str | None]
    folded: Mapped[str | None] = mapped_column(Key)
    password: Mapped[str | None]
    verified: Mapped[int | None]
    created: Mapped[int]


class UserRow(Base):
    """A person's membership in a tenant; a deleted one stays without its personal data, so that no handle comes again.

    `password` is one that an administrator set: it counts in this tenant only, in the place of the identity's.
    `roles` is `{role id: milliseconds at which it lapses, or null}`. `dashboard` counts at root
    level alone.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index(None, "tenant", "folded_username", unique=True),
        Index(None, "tenant", "folded_email", unique=True),
        Index(None, "folded_email"),
        Index(None, "identity"),
    )

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    identity: Mapped[str | None] = mapped_column(Key, ForeignKey("identities.id"))
    username: Mapped[str]
    folded_username: Mapped[str] = mapped_column(Key)
    name: Mapped[str]
    email: Mapped[str | None]
    folded_email: Mapped[str | None] = mapped_column(Key)
    password: Mapped[str | None]
    roles: Mapped[str]
    invited: Mapped[bool]
    enabled: Mapped[bool]
    created: Mapped[int]
    updated: Mapped[int]
    last_login: Mapped[int | None]
    deleted: Mapped[int | None]
    dashboard: Mapped[bool] = mapped_column(server_default=true())


class LoginRow(Base):
    """A login: the family of refresh tokens that descend from it; `generation` numbers the one that is good now."""

    __tablename__ = "logins"
    __table_args__ = (Index(None, "tenant", "user_id"), Index(None, "ends"))

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    user_id: Mapped[str] = mapped_column(Key)
    generation: Mapped[int]
    started: Mapped[int]
    rotated: Mapped[int]
    ends: Mapped[int]


class PersonalTokenRow(Base):
    """A person's own API token, kept as its hash; `authorization` (ro, rw) narrows what the person may do."""

    __tablename__ = "personal_tokens"
    __table_args__ = (Index(None, "token_hash", unique=True),)

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    token_hash: Mapped[str]
    authorization: Mapped[str]
    created: Mapped[int]
    expires: Mapped[int | None]
    last_used: Mapped[int | None]


class InvitationRow(Base):
    """A link to be mailed: at `due`, until that is null; it opens once, before it expires."""

    __tablename__ = "invitations"
    __table_args__ = (Index(None, "due"), Index(None, "tenant", "user_id"))

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    user_id: Mapped[str] = mapped_column(Key)
    created: Mapped[int]
    expires: Mapped[int]
    used: Mapped[int | None]
    due: Mapped[int | None]
    attempts: Mapped[int]
    sent: Mapped[int | None]
    fault: Mapped[str | None]


class RoleRow(Base):
    """A role of a tenant's own, or what a tenant made of the role that everybody has."""

    __tablename__ = "roles"

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Key)
    name: Mapped[str]
    description: Mapped[str]
    rights: Mapped[str]
    created: Mapped[int]
    updated: Mapped[int]
