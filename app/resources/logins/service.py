"""Logging in, refreshing, logging out, changing one's password; who fails is never told why."""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import now_ms
from app.core.context import Context
from app.core.errors import ForbiddenError, InvalidError, UnauthenticatedError
from app.core.rights import contract
from app.core.tenancy import PUBLIC, refuse_inactive
from app.people.callers import actor_of, rights_of_user
from app.people.logins import begin_login, pair_of
from app.people.members import about
from app.people.passwords import check_password, hash_password, verify_password
from app.people.tokens import Claims, read
from app.resources.logins.proving import REFUSED, candidate, hash_of, note_failure, tenant_called
from app.store import logins as store
from app.store.people import (
    User,
    find_identity,
    lock_user,
    memberships,
    update_identity,
    update_user,
)
from app.store.rows import everywhere
from app.store.session import TenantSession
from app.store.tenants import find_tenant

EXPIRED: Final = "The refresh token opens nothing (any more); log in again"


def log_in(work: Work, name: str, password: str, client: str | None) -> Document:
    """Let a person in: `{access, refresh, expiresIn}`.

    Raises:
        UnauthenticatedError: whatever is wrong; the same words and about the same time for every reason.
        InvalidError: the person has several tenants, and named none.
    """
    tenant = work.ctx.tenant if work.ctx.tenant != PUBLIC else None
    with work.session.database.everywhere("login") as connection:
        found = candidate(connection, name, tenant or tenant_called(connection, client))
    user = found.user
    is_right = verify_password(found.hashed, password)
    if user is None or not is_right or not user.is_active:
        note_failure(work, user)
        raise UnauthenticatedError(REFUSED)
    if found.also:
        text = f"You belong to several tenants; name one of them in 'client': {', '.join(found.also)}"
        raise InvalidError(text, fields={"client": [text]})
    return _begin(work, user, found.hashed)


def refresh(work: Work, token: str) -> Document:
    """Exchange a refresh token for a new pair; one that was exchanged before ends its whole family.

    Raises:
        UnauthenticatedError: it opens nothing, or was used before.
    """
    claims = read(work.committer.ring, token, "refresh", now_ms())
    user = None if claims is None else _user_of(work, claims)
    if claims is None or user is None:
        raise UnauthenticatedError(EXPIRED)
    login_id, _, generation = claims.jti.rpartition(".")

    def act(connection: Connection, now: int) -> Deed:
        login = store.find_login(connection, claims.tenant, login_id)
        present = lock_user(connection, claims.tenant, claims.user)
        if login is None or login.user_id != claims.user or present is None or not present.is_active:
            return Deed(facts=(), answer={})
        if str(login.generation) != generation:
            # Somebody else holds a copy of this token: neither of the two may go on.
            store.end_login(connection, login.tenant, login.id)
            fact = about(present, "BadCredentials", {"refresh": "used twice", "login": login.id})
            return Deed(facts=(replace(fact, outcome="denied"),), answer={})
        store.rotate_login(connection, login, now)
        rotated = replace(login, generation=login.generation + 1, rotated=now)
        return Deed(facts=(), answer=pair_of(work.committer.ring, rotated, now))

    pair = as_user(work, user, "Refresh a login").operate(act)
    if not pair:
        raise UnauthenticatedError(EXPIRED)
    return pair


def log_out(work: Work, token: str | None) -> Document:
    """End a login, by its refresh token or by the access token of the call; its tokens open nothing any more.

    Raises:
        UnauthenticatedError: there is neither, or it opens nothing.
    """
    if token is None:
        if work.ctx.actor.kind != "user" or work.ctx.credential is None:
            raise UnauthenticatedError(EXPIRED)
        return end_login(work, work.ctx, work.ctx.credential)
    claims = read(work.committer.ring, token, "refresh", now_ms())
    user = None if claims is None else _user_of(work, claims)
    if claims is None or user is None:
        raise UnauthenticatedError(EXPIRED)
    return end_login(work, _context(work, user, ""), claims.jti.rpartition(".")[0])


def show_caller(work: Work) -> Document:
    """Show the person who calls, what they may do, and their tenants.

    Raises:
        ForbiddenError: the caller is no person.
    """
    with work.session.database.everywhere("tenants of one person") as connection:
        user = _caller(connection, work)
        others = memberships(connection, user.identity) if user.identity is not None else [user]
        rights = contract(rights_of_user(connection, user, now_ms()))
        known = {one.tenant: find_tenant(connection, one.tenant) for one in others}
    tenants: list[JSON] = [
        {"id": one.tenant, "name": tenant.name, "state": tenant.state, "userId": one.id, "userState": one.state}
        for one in others
        if (tenant := known[one.tenant]) is not None
    ]
    return {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "roles": [*sorted(user.roles)],
        "rights": [*rights],
        "idpId": user.identity,
        "tenant": user.tenant,
        "tenants": tenants,
    }


def change_password(work: Work, present: str, wanted: str) -> Document:
    """Set one's own password, end every login that the old one opened, and begin a new one.

    A password that an administrator set is replaced in this tenant only; else it is the person's, in every tenant.

    Raises:
        ForbiddenError: the caller is no person.
        InvalidError: the present password is wrong, or the new one is too easy.
    """
    with work.session.database.connect(work.ctx.tenant) as connection:
        user = _caller(connection, work)
        hashed = hash_of(connection, user)
    if not verify_password(hashed, present):
        work.note_later(replace(about(user, "BadCredentials"), outcome="denied"))
        text = "The present password is wrong"
        raise InvalidError(text, fields={"password": [text]})
    fresh = hash_password(check_password(wanted, user.username, user.name, user.email, field="newPassword"))

    def act(connection: Connection, now: int) -> Deed:
        known = _caller(connection, work)
        if hash_of(connection, known) != hashed:
            raise UnauthenticatedError(REFUSED)
        set_password(connection, known, fresh, now)
        _, pair = begin_login(connection, work.committer.ring, known, now)
        return Deed(facts=(about(known, "UserModified", {"changes": [{"path": "/password"}]}),), answer=pair, once=True)

    return work.operate(act)


def _begin(work: Work, user: User, hashed: str | None) -> Document:
    def act(connection: Connection, now: int) -> Deed:
        known = lock_user(connection, user.tenant, user.id)
        if known is None or not known.is_active or hash_of(connection, known) != hashed:
            raise UnauthenticatedError(REFUSED)
        login, pair = begin_login(connection, work.committer.ring, known, now)
        update_user(connection, replace(known, last_login=now))
        return Deed(facts=(about(known, "UserLogin", {"login": login.id}),), answer=pair, once=True)

    return as_user(work, user, "Log in").operate(act)


def end_login(work: Work, ctx: Context, login_id: str) -> Document:
    """End a login of the person in `ctx`, if it is theirs."""

    def act(connection: Connection, _now: int) -> Deed:
        login = store.find_login(connection, ctx.tenant, login_id)
        user = lock_user(connection, ctx.tenant, ctx.actor.id)
        if login is None or user is None or login.user_id != user.id:
            return Deed(facts=(), answer={})
        store.end_login(connection, ctx.tenant, login_id)
        return Deed(facts=(about(user, "UserLogout", {"login": login_id}),), answer={})

    return work.within(ctx.because("Log out")).operate(act)


def set_password(connection: Connection, user: User, hashed: str, now: int) -> None:
    """Set the password that a user logs in with, and end every login that the old one opened."""
    if user.password is not None or user.identity is None:
        update_user(connection, replace(user, password=hashed, updated=now))
        store.end_logins_of(connection, user.tenant, user.id)
        return
    identity = find_identity(connection, user.identity)
    if identity is not None:
        update_identity(connection, replace(identity, password=hashed))
        with everywhere(connection, "logins of one person"):
            for one in memberships(connection, identity.id):
                store.end_logins_of(connection, one.tenant, one.id)


def _caller(connection: Connection, work: Work) -> User:
    user = lock_user(connection, work.ctx.tenant, work.ctx.actor.id) if work.ctx.actor.kind == "user" else None
    if user is None:
        raise ForbiddenError(f"'{work.ctx.actor.handle}' is no person; log in, and send Authorization: Bearer <access>")
    return user


def _user_of(work: Work, claims: Claims) -> User | None:
    with work.session.database.connect(claims.tenant) as connection:
        return lock_user(connection, claims.tenant, claims.user)


def _context(work: Work, user: User, reason: str) -> Context:
    return Context(user.tenant, actor_of(user), source=work.ctx.source, reason=reason)


def as_user(work: Work, user: User, reason: str) -> Work:
    """Go on as the person, in a tenant that is open.

    Raises:
        DisabledError, MaintenanceError: the tenant is switched off, or being worked on.
    """
    session = TenantSession(work.session.database, user.tenant)
    state = session.head().state
    session.release()
    refuse_inactive(state)
    return work.within(_context(work, user, reason))
