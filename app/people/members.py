"""Making people members of a tenant: what is checked of a new one, and how the first one is founded."""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from marshmallow import ValidationError, validate
from sqlalchemy import Connection

from app.changes.recording import Fact
from app.core.canonical import JSON, Document
from app.core.errors import AlreadyExistsError, InvalidError
from app.core.ids import new_id
from app.core.roles import ADMINISTRATOR
from app.store import people as store
from app.store.accounts import is_used
from app.store.people import Identity, User
from app.store.roles import EVERYONE, role_table
from app.store.rows import everywhere

KIND: Final = "user"
RESERVED: Final = frozenset({"sternpost", "anonymous", "search", "invite", "token", "me"})
_USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_EMAIL: Final = 254
_is_email = validate.Email()


def check_email(email: str, *, field: str = "email") -> str:
    """Return the address if it is one.

    Raises:
        InvalidError: with the text that the tenant API promises.
    """
    text = "Not a valid email address."
    try:
        _is_email(email)
    except ValidationError as fault:
        raise InvalidError(text, fields={field: [text]}) from fault
    if len(email) > _LONGEST_EMAIL or not email.isprintable():
        raise InvalidError(text, fields={field: [text]})
    return email


def new_username(connection: Connection, tenant: str, wanted: str | None) -> str:
    """Return the handle of a new person: the wanted one, or one that tells nothing (an address is never made into one).

    Raises:
        InvalidError: it has other characters, or is reserved.
        AlreadyExistsError: it is, or was, another actor's; handles are never given again.
    """
    if wanted is None:
        return f"person-{secrets.token_hex(4)}"
    text = ""
    if _USERNAME.fullmatch(wanted) is None:
        text = f"'{wanted[:80]}' is no valid user name; use 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first"
    elif wanted.casefold() in RESERVED or wanted.casefold().startswith("system-"):
        text = f"User name '{wanted}' is reserved; choose another"
    if text:
        raise InvalidError(text, fields={"username": [text]})
    if store.is_username_used(connection, tenant, wanted) or is_used(connection, tenant, wanted):
        raise AlreadyExistsError(
            f"User name '{wanted}' is, or was, that of another person or account; names never come again",
            rudder=f"Could not add user; cause was: Inconsistency: User '{wanted}' already exists",
        )
    return wanted


def check_roles(connection: Connection, tenant: str, roles: Iterable[str]) -> dict[str, int | None]:
    """Return the roles by the ids under which they are stored, each without end.

    Raises:
        InvalidError: there is no such role, or it is everybody's anyway.
    """
    known = {role.casefold(): role for role in role_table(connection, tenant) if role != EVERYONE}
    wanted = sorted(set(roles))
    wrong = [role for role in wanted if role.casefold() not in known]
    if wrong:
        listed = ", ".join(sorted(known.values()))
        texts = [f"Role '{role}' was not found; use one of: {listed}" for role in wrong]
        raise InvalidError("; ".join(texts), fields={"roles": texts})
    return {known[role.casefold()]: None for role in wanted}


def check_free_email(connection: Connection, tenant: str, email: str | None) -> None:
    """Refuse an address that another member of the tenant has.

    Raises:
        InvalidError: it is no address.
        AlreadyExistsError: other tenants are not looked at.
    """
    if email is not None and check_email(email) and store.find_by_email(connection, tenant, email) is not None:
        raise AlreadyExistsError(
            "The e-mail address is another user's of this tenant; change that user, or use another"
        )


def found(  # noqa: PLR0913  one person, said whole
    connection: Connection,
    tenant: str,
    *,
    email: str,
    password_hash: str | None,
    now_ms: int,
    username: str = "root",
    roles: Iterable[str] = (ADMINISTRATOR,),
    name: str = "",
) -> tuple[User, Fact]:
    """Make the first person of a new tenant, in the caller's transaction, who logs in with a password of their own.

    The identity is not verified by this: it counts in other tenants only when a mailed link was opened. `password_hash`
    comes from `hash_password`, made before the transaction. The fact is the caller's to log.

    Raises:
        InvalidError: the address is no address, or known already; only `email` is in error.
    """
    check_email(email)
    with everywhere(connection, "whose address it is"):
        is_known = store.is_email_known(connection, email)
    if is_known:
        text = "This e-mail address is known already; log in with it, or use another"
        raise InvalidError(text, fields={"email": [text]})
    identity = Identity(id=new_id(), email=email, password=password_hash, created=now_ms)
    store.insert_identity(connection, identity)
    user = User(
        tenant=tenant,
        id=new_id(),
        identity=identity.id,
        username=new_username(connection, tenant, username),
        name=name,
        email=email,
        roles=dict.fromkeys(roles),
        created=now_ms,
        updated=now_ms,
    )
    store.insert_user(connection, user)
    return user, added(user)


def added(user: User) -> Fact:
    """Say that a person became a member; of them only handle, id and roles, because events are for ever."""
    return about(user, "UserAdded", {"roles": [*sorted(user.roles)], "state": user.state})


def about(user: User, happening: str, data: Mapping[str, JSON] | None = None) -> Fact:
    """Say that something happened to a person; `data` must hold nothing personal."""
    document: Document | None = dict(data) if data is not None else None
    return Fact(type=happening, kind=KIND, id=user.id, name=user.username, data=document)
