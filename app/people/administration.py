"""What can be done to the people of a tenant; each write is one transaction, and an event without personal data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import AlreadyExistsError, ConflictError, InvalidError, NotFoundError
from app.core.ids import new_id
from app.people.guards import check_administrator_stays, check_may_give, check_may_take_over
from app.people.invitations import invite
from app.people.members import about, added, check_free_email, check_roles, new_username
from app.people.passwords import check_hash, check_password, hash_password
from app.people.shape import changes_of, user_json, validated_users
from app.store import people as store
from app.store.logins import delete_invitations_of, delete_tokens_of, end_logins_of, open_invitations
from app.store.people import User
from app.store.rows import everywhere
from app.store.tenants import find_tenant

# The members of `fields` are those of `UserInput`; with `isPreHashed` the password is an argon2id hash.
UNKNOWN: Final = "User '{}' was not found; GET /users lists those that exist"
Edited = Callable[[Connection, User, int], User]


def list_users(work: Work) -> list[Document]:
    """Show the users of the tenant, by id."""
    work.session.head()
    return show_users(work, store.list_users(work.session))


def show_users(work: Work, users: Sequence[User]) -> list[Document]:
    """Show these users."""
    invitations, validated = open_invitations(work.session), validated_users(work.session)
    return [user_json(user, invitations.get(user.id), validated) for user in users]


def get_user(work: Work, user_id: str) -> Document:
    """Show a user.

    Raises:
        NotFoundError: there is none.
    """
    user = store.find_user(work.session, user_id)
    if user is None:
        raise missing(user_id)
    return user_json(user, open_invitations(work.session).get(user.id), validated_users(work.session))


def create_user(work: Work, fields: Mapping[str, JSON]) -> Document:
    """Make a user at once, with a password that counts in this tenant only.

    Raises:
        InvalidError: the name, the address, a role or the password cannot be taken.
        AlreadyExistsError: the name or the address is another's.
        ForbiddenError: the roles hold rights that the caller lacks.
    """
    hashed = _hashed(fields)

    def act(connection: Connection, now: int) -> Deed:
        user = replace(_new(connection, work, fields, now), password=hashed)
        store.insert_user(connection, user)
        return Deed(facts=(added(user),), answer={"id": user.id}, id=user.id)

    return _shown(work, work.operate(act))


def invite_user(work: Work, fields: Mapping[str, JSON]) -> Document:
    """Prepare a membership and let a link be mailed; somebody who is here already is only shown, or mailed again.

    Nothing in the answer tells whether the address is known in other tenants.

    Raises:
        InvalidError, AlreadyExistsError, ForbiddenError: as for `create_user`.
    """

    def act(connection: Connection, now: int) -> Deed:
        known = store.find_by_email(connection, work.ctx.tenant, str(fields["email"]))
        user = known or replace(_new(connection, work, fields, now), invited=True)
        facts = () if known else (added(user),)
        if known is None:
            store.insert_user(connection, user)
        if user.state == "invited":
            invite(connection, user, now)
            facts = (*facts, about(user, "UserInvited"))
        return Deed(facts=facts, answer={"id": user.id}, id=user.id)

    return _shown(work, work.operate(act))


def update_user(work: Work, user_id: str, fields: Mapping[str, JSON]) -> Document:
    """Change what was given; a new password ends the person's logins.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: a value cannot be taken, or nobody would be administrator any more.
        ForbiddenError: the caller lacks rights that it would give, or that the person has.
    """
    hashed = _hashed(fields)

    def edited(connection: Connection, user: User, now: int) -> User:
        _refuse_other_name(user, fields)
        after = replace(
            user,
            name=str(fields.get("name", user.name)),
            roles=_roles(connection, work, user, fields, now),
            dashboard=fields.get("isDashboardUser", user.dashboard) is True,
        )
        if fields.get("email") not in (None, user.email):
            after = _readdressed(connection, work, after, str(fields["email"]), now)
        if hashed is not None:
            check_may_take_over(connection, work, user, now)
            end_logins_of(connection, user.tenant, user.id)
            after = replace(after, password=hashed)
        return after

    return modify(work, user_id, edited)


def disable_user(work: Work, user_id: str) -> Document:
    """Shut a person out at once: logins and personal tokens end for good, owned accounts rest until it is undone.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: nobody would be administrator any more.
    """

    def edited(connection: Connection, user: User, _now: int) -> User:
        end_logins_of(connection, user.tenant, user.id)
        delete_tokens_of(connection, user.tenant, user.id)
        return replace(user, enabled=False)

    return modify(work, user_id, edited)


def enable_user(work: Work, user_id: str) -> Document:
    """Let a person in again, who logs in anew.

    Raises:
        NotFoundError: there is no such user.
    """
    return modify(work, user_id, lambda _connection, user, _now: replace(user, enabled=True))


def delete_user(work: Work, user_id: str) -> Document:
    """End a membership for good and show it a last time; its personal data goes, its id and name never come again.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: nobody would be administrator any more.
    """
    validated = validated_users(work.session)

    def act(connection: Connection, now: int) -> Deed:
        user = locked(connection, work, user_id)
        check_administrator_stays(connection, user, None, now)
        shown = user_json(user, None, validated)
        for end in (end_logins_of, delete_tokens_of, delete_invitations_of):
            end(connection, user.tenant, user.id)
        store.delete_user(connection, user, now_ms=now)
        if user.identity is not None:
            with everywhere(connection, "memberships of one person"):
                store.forget_identity(connection, user.identity)
        return Deed(facts=(about(user, "UserDeleted"),), answer=shown, id=user.id)

    return work.operate(act)


def locked(connection: Connection, work: Work, user_id: str) -> User:
    """Read a user under the lock.

    Raises:
        NotFoundError: there is none.
    """
    user = store.lock_user(connection, work.ctx.tenant, user_id)
    if user is None:
        raise missing(user_id)
    return user


def missing(user_id: str) -> NotFoundError:
    """Make the error for a user who is not there, or in another tenant."""
    return NotFoundError(UNKNOWN.format(user_id[:80]))


def modify(work: Work, user_id: str, edited: Edited) -> Document:
    """Change a user as `edited` says, and log what changed; nobody is left without an administrator.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: nobody would be administrator any more.
    """

    def act(connection: Connection, now: int) -> Deed:
        before = locked(connection, work, user_id)
        after = edited(connection, before, now)
        changes = changes_of(before, after)
        if changes is None:
            return Deed(facts=(), answer={"id": before.id}, id=before.id)
        check_administrator_stays(connection, before, after, now)
        store.update_user(connection, replace(after, updated=now))
        return Deed(facts=(about(after, "UserModified", changes),), answer={"id": before.id}, id=before.id)

    return _shown(work, work.operate(act))


def _new(connection: Connection, work: Work, fields: Mapping[str, JSON], now: int) -> User:
    tenant = work.ctx.tenant
    _refuse_too_many(connection, tenant)
    wanted, email = fields.get("username"), fields.get("email")
    given = fields.get("roles")
    roles = check_roles(connection, tenant, map(str, given if isinstance(given, list) else ()))
    check_may_give(connection, work, roles, now)
    check_free_email(connection, tenant, None if email is None else str(email))
    return User(
        tenant=tenant,
        id=_new_id(connection, tenant, fields.get("id")),
        username=new_username(connection, tenant, None if wanted is None else str(wanted)),
        name=str(fields.get("name", "")),
        email=None if email is None else str(email),
        roles=roles,
        created=now,
        updated=now,
        dashboard=fields.get("isDashboardUser", True) is True,
    )


def _new_id(connection: Connection, tenant: str, wanted: JSON) -> str:
    """Return the id of a new user: the one that a panel chose, or one that nobody has; ids never come again."""
    if wanted is None:
        return new_id()
    if store.is_user_id_used(connection, tenant, str(wanted)):
        raise AlreadyExistsError(f"User id '{wanted}' is, or was, that of another user; choose another")
    return str(wanted)


def _refuse_too_many(connection: Connection, tenant: str) -> None:
    record = find_tenant(connection, tenant)
    most = 0 if record is None else record.limit("maxUsers")
    if len(store.lock_users(connection, tenant)) >= most:
        raise InvalidError(f"Too many users: this tenant may have {most}; delete one, or ask for a higher limit")


def _roles(
    connection: Connection, work: Work, user: User, fields: Mapping[str, JSON], now: int
) -> Mapping[str, int | None]:
    """Give the roles that are asked for; one that the person has keeps its end."""
    given = fields.get("roles")
    if not isinstance(given, list):
        return user.roles
    roles = check_roles(connection, user.tenant, map(str, given))
    check_may_give(connection, work, roles.keys() - user.roles.keys(), now)
    return {role: user.roles.get(role) for role in roles}


def _readdressed(connection: Connection, work: Work, user: User, email: str, now: int) -> User:
    """Give somebody another address; a link that is under way to the old one opens nothing any more."""
    if user.identity is not None:
        raise ConflictError(
            f"User '{user.username}' logs in by an address of their own; invite the new one as another user instead"
        )
    known = store.find_by_email(connection, user.tenant, email)
    if known is None or known.id != user.id:
        check_free_email(connection, user.tenant, email)
    check_may_take_over(connection, work, user, now)
    if user.invited:
        invite(connection, user, now)
    return replace(user, email=email)


def _refuse_other_name(user: User, fields: Mapping[str, JSON]) -> None:
    if fields.get("username") not in (None, user.username):
        text = f"The name of user '{user.username}' stands in events and commits, so it never changes; change 'name'"
        raise InvalidError(text, fields={"username": [text]})


def _hashed(fields: Mapping[str, JSON]) -> str | None:
    """Hash a password before the transaction: it takes longer than anything inside."""
    password = fields.get("password")
    if password is None:
        return None
    if fields.get("isPreHashed") is True:
        return check_hash(str(password))
    about_person = [str(fields[name]) for name in ("username", "name", "email") if fields.get(name)]
    return hash_password(check_password(str(password), *about_person))


def _shown(work: Work, done: Document) -> Document:
    return get_user(work, str(done["id"]))
