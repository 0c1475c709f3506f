"""Logging in at root level: one token of a day, for the person and not for one tenant."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.work import Work
from app.core.canonical import Document
from app.core.errors import UnauthenticatedError
from app.core.tenancy import ACTIVE
from app.people.members import about
from app.people.passwords import verify_password
from app.people.rootlogins import begin_root_login
from app.resources.logins.proving import REFUSED, Candidate, candidate, hash_of, note_failure
from app.resources.logins.service import as_user, end_login
from app.store.people import find_identity_by_email, lock_user, memberships, update_user, with_own_password
from app.store.tenants import find_tenant

MOST_TRIED: Final = 5
"""Passwords of one address that are compared; the oldest users come first, so that nobody can push them out."""


def log_in(work: Work, email: str, password: str, domain: str | None) -> Document:
    """Let a person in: `{token}`; `domain` is the tenant that they named, if any.

    A password that an administrator set counts in its tenant only, so each tenant's own is compared on its own.

    Raises:
        UnauthenticatedError: whatever is wrong; the same words for every reason.
        DisabledError, MaintenanceError: the person's tenant is closed.
    """
    with work.session.database.everywhere("login") as connection:
        tried = [candidate(connection, email, domain)] if domain else list(_candidates(connection, email))
    nobody = Candidate(None, None)
    found = next((one for one in tried or [nobody] if verify_password(one.hashed, password)), nobody)
    if found.user is None or not found.user.is_active:
        note_failure(work, found.user or (tried[0].user if tried else None))
        raise UnauthenticatedError(REFUSED)
    return _begin(work, found)


def log_out(work: Work) -> Document:
    """End the login of the call."""
    return end_login(work, work.ctx, work.ctx.credential or "")


def _candidates(connection: Connection, email: str) -> Iterator[Candidate]:
    identity = find_identity_by_email(connection, email)
    if identity is not None:
        own = [user for user in memberships(connection, identity.id) if user.password is None and user.is_active]
        # The first tenant that is open is where they begin; a closed one says so when there is no other.
        own.sort(key=lambda user: not _is_open(connection, user.tenant))
        yield from (Candidate(user, identity.password) for user in own[:1])
    yield from (Candidate(user, user.password) for user in with_own_password(connection, email, MOST_TRIED))


def _is_open(connection: Connection, tenant: str) -> bool:
    record = find_tenant(connection, tenant)
    return record is not None and record.state == ACTIVE


def _begin(work: Work, found: Candidate) -> Document:
    user = found.user
    if user is None:
        raise UnauthenticatedError(REFUSED)

    def act(connection: Connection, now: int) -> Deed:
        known = lock_user(connection, user.tenant, user.id)
        if known is None or not known.is_active or hash_of(connection, known) != found.hashed:
            raise UnauthenticatedError(REFUSED)
        login, token = begin_root_login(connection, known, now)
        update_user(connection, replace(known, last_login=now))
        return Deed(facts=(about(known, "UserLogin", {"login": login.id}),), answer={"token": token}, once=True)

    return as_user(work, user, "Log in").operate(act)
