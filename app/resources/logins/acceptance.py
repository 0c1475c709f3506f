"""Accepting an invitation: whoever holds a link that was mailed to an address owns the address."""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import now_ms
from app.core.context import Context
from app.core.errors import ConflictError, InvalidError
from app.core.ids import new_id
from app.core.values import dataclass
from app.people.callers import actor_of
from app.people.invitations import find_by_token
from app.people.logins import begin_login
from app.people.members import about
from app.people.passwords import check_password, hash_password, verify_password
from app.store.logins import Invitation, update_invitation
from app.store.people import (
    Identity,
    User,
    find_identity_by_email,
    insert_identity,
    lock_user,
    update_identity,
    update_user,
)

DEAD_LINK: Final = "This link opens nothing (any more); ask for a new invitation"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What will be written: `seen` is whose address it was when the passwords were compared."""

    seen: Identity | None
    identity: Identity
    is_new: bool


def accept(work: Work, token: str, password: str | None) -> Document:
    """Make a prepared membership real, and log the person in: `{access, refresh, expiresIn}`.

    A person who has a password already keeps it; everybody else sets one.

    Raises:
        InvalidError: the link opens nothing, or the password cannot be taken.
    """
    with work.session.database.everywhere("mailed link") as connection:
        _, user = _opened(connection, work, token)
        seen = find_identity_by_email(connection, user.email or "")
    plan = _plan(user, seen, password)

    def act(connection: Connection, now: int) -> Deed:
        invitation, invited = _opened(connection, work, token)
        if find_identity_by_email(connection, invited.email or "") != plan.seen:
            raise ConflictError("The address was taken up elsewhere at the same moment; open the link again")
        identity = _settled(connection, plan, now)
        member = replace(invited, identity=identity.id, invited=False, password=None, updated=now, last_login=now)
        update_user(connection, member)
        update_invitation(connection, invitation.tenant, invitation.id, used=now, due=None)
        login, pair = begin_login(connection, work.committer.ring, member, now)
        facts = (about(member, "InvitationAccepted"), about(member, "UserLogin", {"login": login.id}))
        return Deed(facts=facts, answer=pair, once=True)

    ctx = Context(user.tenant, actor_of(user), source=work.ctx.source, reason="Accept an invitation")
    return work.within(ctx).operate(act)


def _opened(connection: Connection, work: Work, token: str) -> tuple[Invitation, User]:
    invitation = find_by_token(connection, work.committer.ring, token, now_ms())
    user = None if invitation is None else lock_user(connection, invitation.tenant, invitation.user_id)
    if invitation is None or user is None or user.state != "invited":
        raise InvalidError(DEAD_LINK, fields={"token": [DEAD_LINK]})
    return invitation, user


def _plan(user: User, seen: Identity | None, password: str | None) -> _Plan:
    """Decide whose identity it becomes: passwords are compared and hashed before the transaction.

    An address that was only claimed (registered, never verified) is taken from its claimer, unless who holds the link
    shows by the same password to be that person.
    """
    if seen is not None and seen.password is not None and (seen.verified or password is not None):
        is_same = password is not None and verify_password(seen.password, password)
        if is_same or (seen.verified and password is None):
            return _Plan(seen, seen, is_new=False)
        if seen.verified:
            text = "You have a password already; send that one, or none at all"
            raise InvalidError(text, fields={"password": [text]})
    if password is None:
        text = "Choose a password and send it with the token"
        raise InvalidError(text, fields={"password": [text]})
    hashed = hash_password(check_password(password, user.username, user.name, user.email))
    if seen is not None and seen.verified:
        return _Plan(seen, replace(seen, password=hashed), is_new=False)
    return _Plan(seen, Identity(id=new_id(), email=user.email, password=hashed, created=0), is_new=True)


def _settled(connection: Connection, plan: _Plan, now: int) -> Identity:
    identity = replace(plan.identity, verified=plan.identity.verified or now)
    if not plan.is_new:
        update_identity(connection, identity)
        return identity
    if plan.seen is not None:
        update_identity(connection, replace(plan.seen, email=None))
    identity = replace(identity, created=now)
    insert_identity(connection, identity)
    return identity
