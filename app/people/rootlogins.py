"""Logins at root level: an opaque token of a day for clients that log in once, and a signed one for a domain."""

import hashlib
import secrets
from typing import Final

from sqlalchemy import Connection

from app.core.ids import new_id
from app.people.tokens import Claims, sign
from app.store.logins import Login, insert_login
from app.store.people import User
from app.store.secrets import KeyRing

PREFIX: Final = "stl_"
LONGEST: Final = 512
DAY_MS: Final = 86_400_000
SECOND_MS: Final = 1000
_SECRET_BYTES: Final = 32

# Both stand in the table of logins, so whatever ends logins (password, disabling, removal) ends them too.


def begin_root_login(connection: Connection, user: User, now_ms: int) -> tuple[Login, str]:
    """Begin a login of a day in the caller's transaction and give its token, which is kept as its hash only."""
    token = f"{PREFIX}{secrets.token_urlsafe(_SECRET_BYTES)}.{user.tenant}"
    login = Login(
        tenant=user.tenant, id=_id_of(token), user_id=user.id, started=now_ms, rotated=now_ms, ends=now_ms + DAY_MS
    )
    insert_login(connection, login)
    return login, token


def read_root_token(token: str) -> tuple[str, str] | None:
    """Give the tenant and the id of the login that a token would be of; None for every other text."""
    secret, _, tenant = token.removeprefix(PREFIX).partition(".")
    if not token.startswith(PREFIX) or not secret or not tenant or len(token) > LONGEST:
        return None
    return tenant, _id_of(token)


def begin_domain_token(connection: Connection, ring: KeyRing, user: User, now_ms: int, valid_ms: int) -> str:
    """Begin a login in one tenant alone, in the caller's transaction, and give its signed token."""
    begun_s, valid_s = now_ms // SECOND_MS, valid_ms // SECOND_MS
    started, ends = begun_s * SECOND_MS, (begun_s + valid_s) * SECOND_MS
    login = Login(tenant=user.tenant, id=new_id(), user_id=user.id, started=started, rotated=started, ends=ends)
    insert_login(connection, login)
    return sign(
        ring,
        Claims(
            user=user.id,
            tenant=user.tenant,
            type="domain",
            jti=login.id,
            issued_s=begun_s,
            ends_s=begun_s + valid_s,
        ),
    )


def _id_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
