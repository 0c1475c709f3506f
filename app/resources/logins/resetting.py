"""A new password by a mailed link: whoever opens it owns the address."""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import now_ms
from app.core.errors import InvalidError
from app.core.tenancy import PUBLIC
from app.people.invitations import find_by_token, invite
from app.people.logins import begin_login
from app.people.members import about
from app.people.passwords import check_password, hash_password
from app.resources.logins.proving import candidate, tenant_called
from app.resources.logins.service import as_user, set_password
from app.store.logins import Invitation, update_invitation, was_invited_since
from app.store.people import User, find_identity, fold, lock_user, update_identity
from app.store.rows import everywhere

DEAD_LINK: Final = "This link opens nothing (any more); ask for another one"
NOT_AGAIN_MS: Final = 300_000
"""So long after a link for a user no other is mailed, however often it is asked for."""


def ask(work: Work, name: str, client: str | None) -> Document:
    """Let a link be mailed to whoever it is, a moment later; the answer, and its time, tell nothing.

    Links are for people whose address is known: where it is their own, also in every other tenant.
    """
    tenant = work.ctx.tenant if work.ctx.tenant != PUBLIC else None
    with work.session.database.everywhere("new password") as connection:
        user = candidate(connection, name, tenant or tenant_called(connection, client)).user
    if user is not None and user.is_active and user.email is not None:
        known = user
        ctx = replace(work.ctx, tenant=user.tenant, reason="Ask for a new password")
        work.notes.act(ctx, f"PasswordResetAsked:{user.id}", lambda connection, now: _mailed(connection, known, now))
    return {}


def reset(work: Work, token: str, password: str) -> Document:
    """Set the password, end every login that the old one opened, and log the person in: `{access, refresh, expiresIn}`.

    Raises:
        InvalidError: the link opens nothing, or the password cannot be taken.
        DisabledError, MaintenanceError: the tenant is closed.
    """
    with work.session.database.everywhere("mailed link") as connection:
        _, user = _opened(connection, work, token)
    hashed = hash_password(check_password(password, user.username, user.name, user.email))

    def act(connection: Connection, now: int) -> Deed:
        invitation, known = _opened(connection, work, token)
        if known.identity is not None and known.password is None:
            with everywhere(connection, "whose address it is"):
                _verify(connection, known, now)
        set_password(connection, known, hashed, now)
        update_invitation(connection, invitation.tenant, invitation.id, used=now, due=None)
        login, pair = begin_login(connection, work.committer.ring, known, now)
        changed: Document = {"changes": [{"path": "/password"}], "by": "mailed link"}
        facts = (about(known, "UserModified", changed), about(known, "UserLogin", {"login": login.id}))
        return Deed(facts=facts, answer=pair, once=True)

    return as_user(work, user, "Set a new password by a mailed link").operate(act)


def _mailed(connection: Connection, asked: User, now: int) -> Deed:
    user = lock_user(connection, asked.tenant, asked.id)
    is_again = was_invited_since(connection, asked.tenant, asked.id, now - NOT_AGAIN_MS)
    if user is None or not user.is_active or is_again or not _is_theirs(connection, user):
        return Deed(facts=(), answer={})
    invite(connection, user, now)
    return Deed(facts=(about(user, "PasswordResetAsked"),), answer={})


def _is_theirs(connection: Connection, user: User) -> bool:
    """Tell whether the address that would get the link is the one that the person logs in with."""
    if user.email is None or user.identity is None:
        return user.email is not None
    with everywhere(connection, "whose address it is"):
        identity = find_identity(connection, user.identity)
    return identity is not None and identity.email is not None and fold(identity.email) == fold(user.email)


def _verify(connection: Connection, user: User, now: int) -> None:
    identity = find_identity(connection, user.identity or "")
    if identity is not None and identity.verified is None:
        update_identity(connection, replace(identity, verified=now))


def _opened(connection: Connection, work: Work, token: str) -> tuple[Invitation, User]:
    invitation = find_by_token(connection, work.committer.ring, token, now_ms(), "reset")
    user = None if invitation is None else lock_user(connection, invitation.tenant, invitation.user_id)
    if invitation is None or user is None or not user.is_active:
        raise InvalidError(DEAD_LINK, fields={"token": [DEAD_LINK]})
    return invitation, user
