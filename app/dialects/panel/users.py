"""Users as the panel shows them: members of the tenant, without anything secret."""

import re
from collections.abc import Sequence
from typing import Final

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import AlreadyExistsError, InvalidError
from app.core.roles import ADMINISTRATOR
from app.dialects.panel.answers import Reply
from app.dialects.panel.reading import Asked
from app.fleet.hosting.standing import instances_by_access
from app.people.administration import create_user
from app.people.members import check_email
from app.people.passwords import hash_password
from app.store.people import User, find_by_email, find_by_username
from app.store.people import list_users as stored_users
from app.store.sources import documents_with

_USER_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LONGEST_PASSWORD: Final = 128


def user_json(user: User, access: Sequence[str]) -> Document:
    """Show a user; who logs in by an address that a link was mailed to is verified."""
    return {
        "userId": user.id,
        "username": user.username,
        "email": user.email or "",
        "accessTo": [*access],
        "admin": ADMINISTRATOR in user.roles,
        "verified": user.identity is not None,
    }


def list_users(work: Work, _asked: Asked) -> Reply:
    """List the users by id."""
    access = instances_by_access(work)
    listed: list[JSON] = [user_json(user, access.get(user.id, ())) for user in stored_users(work.session)]
    return Reply(200, listed)


def get_user(work: Work, asked: Asked) -> Reply:
    """Find a user by address or name."""
    kind, value = asked.value("type"), asked.value("value")
    if kind is None or value is None:
        raise InvalidError("Type and value are required")
    if kind not in ("email", "username"):
        raise InvalidError('Invalid search type. Use "email" or "username".')
    if not isinstance(value, str):
        raise InvalidError("User not found")
    find = find_by_email if kind == "email" else find_by_username
    with work.session.database.connect(work.ctx.tenant) as connection:
        user = find(connection, work.ctx.tenant, value)
    if user is None:
        raise InvalidError("User not found")
    held = documents_with(work.session, "instance", "access", user.id)
    return Reply(201, user_json(user, [one.id for one in held]))


def add_user(work: Work, asked: Asked) -> Reply:
    """Make a user, whose password counts in this tenant only."""
    missing = "Username and password are required"
    username, password = asked.text("username", missing), asked.text("password", missing)
    email = _email(asked.text("email", "Email is required"))
    user_id, is_admin = asked.value("userId"), asked.flag("admin")
    if user_id is not None and not (isinstance(user_id, str) and _USER_ID.fullmatch(user_id)):
        raise InvalidError("Invalid userId")
    if len(password) > _LONGEST_PASSWORD:
        raise InvalidError("Invalid password")
    fields: Document = {
        "username": username,
        "email": email,
        # The panel lets its dashboards make passwords; how long one must be is not ours to say here.
        "password": hash_password(password),
        "isPreHashed": True,
        "roles": [ADMINISTRATOR] if is_admin else [],
    }
    try:
        made = create_user(work, fields if user_id is None else {**fields, "id": user_id})
    except AlreadyExistsError as error:
        raise AlreadyExistsError("User already exists") from error
    return Reply(201, {"userId": made["id"], "email": email, "username": username, "admin": is_admin})


def _email(email: str) -> str:
    try:
        return check_email(email)
    except InvalidError as error:
        raise InvalidError("Invalid email") from error
