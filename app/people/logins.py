"""Logins: a family of refresh tokens that ends a day after it began, and an access token of five minutes at a time."""

import secrets
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.core.canonical import Document
from app.core.ids import new_id
from app.people.tokens import ACCESS_S, REFRESH_S, Claims, sign
from app.store.logins import Login, insert_login
from app.store.people import User
from app.store.secrets import KeyRing

SECOND_MS: Final = 1000


def begin_login(connection: Connection, ring: KeyRing, user: User, now_ms: int) -> tuple[Login, Document]:
    """Begin a family in the caller's transaction and give its first pair: `{access, refresh, expiresIn}`."""
    begun_s = now_ms // SECOND_MS
    login = Login(
        tenant=user.tenant,
        id=new_id(),
        user_id=user.id,
        started=begun_s * SECOND_MS,
        rotated=begun_s * SECOND_MS,
        ends=(begun_s + REFRESH_S) * SECOND_MS,
    )
    insert_login(connection, login)
    return login, pair_of(ring, login, now_ms)


def pair_of(ring: KeyRing, login: Login, now_ms: int) -> Document:
    """Write the pair of a login's present generation; its refresh token is the same however often it is asked for."""
    now_s = now_ms // SECOND_MS
    access = Claims(
        user=login.user_id,
        tenant=login.tenant,
        type="access",
        jti=f"{login.id}.{secrets.token_hex(8)}",
        issued_s=now_s,
        ends_s=now_s + ACCESS_S,
    )
    refresh = replace(
        access,
        type="refresh",
        jti=f"{login.id}.{login.generation}",
        issued_s=login.rotated // SECOND_MS,
        ends_s=login.ends // SECOND_MS,
    )
    return {"access": sign(ring, access), "refresh": sign(ring, refresh), "expiresIn": ACCESS_S}
