"""Who somebody may be who sends a name and a password; who fails is never told why."""

from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app.changes.work import Work
from app.core.logs import LOG
from app.core.tenancy import DEFAULT
from app.people.members import about
from app.store.people import (
    User,
    find_by_email,
    find_by_username,
    find_identity,
    find_identity_by_email,
    memberships,
)
from app.store.tenants import find_tenant, tenants_called

REFUSED: Final = "E-mail address or password are wrong; send both as they were set"
FALLBACK: Final = DEFAULT
"""The tenant of those who name none and have no identity of their own: a single-tenant installation needs no name."""


class Candidate(NamedTuple):
    """Who it may be, and the hash that the password must have; `also` are further tenants of the same person."""

    user: User | None
    hashed: str | None
    also: tuple[str, ...] = ()


def candidate(connection: Connection, name: str, tenant: str | None) -> Candidate:
    """Find whose name or address it is: one hash is compared, whoever it turns out to be."""
    by_email = "@" in name
    if tenant is None and by_email:
        identity = find_identity_by_email(connection, name)
        if identity is not None:
            own = [user for user in memberships(connection, identity.id) if user.password is None and user.is_active]
            if own:
                also = tuple(user.tenant for user in own) if len(own) > 1 else ()
                return Candidate(own[0], identity.password, also)
    find = find_by_email if by_email else find_by_username
    user = find(connection, tenant or FALLBACK, name)
    return Candidate(user, None if user is None else hash_of(connection, user))


def hash_of(connection: Connection, user: User) -> str | None:
    """Give the hash that a user's password must have: the tenant's own for them, or the person's."""
    if user.password is not None or user.identity is None:
        return user.password
    identity = find_identity(connection, user.identity)
    return None if identity is None else identity.password


def tenant_called(connection: Connection, client: str | None) -> str | None:
    """Name the tenant of an id, or of a name that only one has; one that nobody has stands for itself and is empty."""
    if client is None:
        return None
    if find_tenant(connection, client) is not None:
        return client
    called = tenants_called(connection, client)
    return called[0] if len(called) == 1 else client


def note_failure(work: Work, user: User | None) -> None:
    """Log a failure off the request's path, so that its time does not tell whether the person exists."""
    if user is None:
        LOG.warning("login failed", reason="unknown", address=work.ctx.source.ip, request_id=work.ctx.source.request_id)
        return
    ctx = replace(work.ctx, tenant=user.tenant, reason="Failed login")
    work.within(ctx).note_later(replace(about(user, "BadCredentials"), outcome="denied"))
