"""Giving a role to a person, if need be until a time, and taking it away."""

from dataclasses import replace

from sqlalchemy import Connection

from app.changes.work import Work
from app.core.canonical import Document
from app.core.errors import NotFoundError
from app.people.administration import modify
from app.people.guards import check_may_give
from app.people.members import check_roles
from app.store.people import User


def assign_role(work: Work, user_id: str, role_id: str, ends: int | None) -> Document:
    """Give a role; one that the person has gets the new end. `ends` is milliseconds, or None.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: there is no such role, or nobody would be administrator any more.
        ForbiddenError: the role holds rights that the caller lacks.
    """

    def edited(connection: Connection, user: User, now: int) -> User:
        (role,) = check_roles(connection, user.tenant, [role_id])
        check_may_give(connection, work, [role], now)
        return replace(user, roles={**user.roles, role: ends})

    return modify(work, user_id, edited)


def take_role(work: Work, user_id: str, role_id: str) -> Document:
    """Take a role away.

    Raises:
        NotFoundError: there is no such user, or they do not have the role.
        InvalidError: nobody would be administrator any more.
    """

    def edited(_connection: Connection, user: User, _now: int) -> User:
        left = {role: ends for role, ends in user.roles.items() if role.casefold() != role_id.casefold()}
        if len(left) == len(user.roles):
            raise NotFoundError(f"User '{user.username}' does not have the role '{role_id[:80]}'")
        return replace(user, roles=left)

    return modify(work, user_id, edited)
