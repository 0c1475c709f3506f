"""What nobody may do to other people: hand on rights they lack, or leave a tenant without an administrator."""

from collections.abc import Iterable

from sqlalchemy import Connection

from app.changes.work import Work
from app.core.errors import ForbiddenError, InvalidError
from app.core.rights import RIGHTS, contract
from app.core.roles import rights_of
from app.http.rights import Grant, covers
from app.people.callers import grant_of_caller, rights_of_user
from app.store.people import User, lock_users
from app.store.roles import role_table


def check_may_give(connection: Connection, work: Work, roles: Iterable[str], now_ms: int) -> None:
    """Refuse to give roles that hold more than the caller has.

    Raises:
        ForbiddenError: naming the rights and the remedy.
    """
    check_may_give_rights(connection, work, rights_of(roles, role_table(connection, work.ctx.tenant)), now_ms)


def check_may_give_rights(connection: Connection, work: Work, rights: frozenset[str], now_ms: int) -> None:
    """Refuse to give rights that the caller lacks.

    Raises:
        ForbiddenError: naming the rights and the remedy.
    """
    mine = grant_of_caller(connection, work.ctx, now_ms)
    if rights and not covers(mine, Grant("rights", rights=rights)):
        lacking = ", ".join(contract(rights - mine.rights)[:5])
        raise ForbiddenError(
            f"'{work.ctx.actor.handle}' cannot give rights that it lacks ({lacking}); ask an administrator"
        )


def check_may_take_over(connection: Connection, work: Work, user: User, now_ms: int) -> None:
    """Refuse to set the password or address of somebody with more rights: it would be a way to have them.

    Raises:
        ForbiddenError: naming the person and the remedy.
    """
    if work.ctx.actor.id == user.id:
        return
    mine = grant_of_caller(connection, work.ctx, now_ms)
    theirs = rights_of_user(connection, user, now_ms)
    if theirs and not covers(mine, Grant("rights", rights=theirs)):
        raise ForbiddenError(
            f"User '{user.username}' has rights that '{work.ctx.actor.handle}' lacks, so neither password nor address "
            "can be set by it; ask an administrator"
        )


def check_administrator_stays(connection: Connection, before: User, after: User | None, now_ms: int) -> None:
    """Refuse to take away the last active person who may do everything.

    Raises:
        InvalidError: the change would leave nobody.
    """

    def is_administrator(user: User | None) -> bool:
        return user is not None and user.is_active and rights_of_user(connection, user, now_ms) >= RIGHTS

    if not is_administrator(before) or is_administrator(after):
        return
    others = (user for user in lock_users(connection, before.tenant) if user.id != before.id)
    if not any(is_administrator(user) for user in others):
        text = f"User '{before.username}' is the last administrator; give somebody else the role 'administrator' first"
        raise InvalidError(text, fields={"roles": [text]})
