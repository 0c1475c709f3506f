"""Sessions of the console: a login of which the browser holds a signed token in a cookie; it ends with the login."""

import hmac
from hashlib import sha256

from app.core.values import dataclass
from app.people.tokens import PURPOSE, Claims, read, sign
from app.store.db import Database
from app.store.logins import find_login
from app.store.secrets import KeyRing


@dataclass(frozen=True, slots=True)
class Session:
    """What the browser is given, and the second at which it is over."""

    cookie: str
    ends_s: int


def begin_session(database: Database, ring: KeyRing, access: str, now_ms: int) -> Session | None:
    """Make a session of a login that has just begun; `access` is its access token."""
    claims = read(ring, access, "access", now_ms)
    if claims is None:
        return None
    login_id = claims.jti.partition(".")[0]
    with database.connect(claims.tenant) as connection:
        login = find_login(connection, claims.tenant, login_id)
    if login is None:
        return None
    session = Claims(
        user=claims.user,
        tenant=claims.tenant,
        type="session",
        jti=f"{login_id}.session",
        issued_s=claims.issued_s,
        ends_s=login.ends // 1000,
    )
    return Session(sign(ring, session), session.ends_s)


def form_token(ring: KeyRing, cookie: str) -> str:
    """Give what a page of this session puts into its forms: who only makes the browser send the cookie lacks it."""
    return hmac.new(ring.keys[ring.active[PURPOSE]], f"form:{cookie}".encode(), sha256).hexdigest()


def is_form_token(ring: KeyRing, cookie: str, given: str) -> bool:
    """Compare what a form brought, in constant time."""
    return hmac.compare_digest(form_token(ring, cookie).encode(), given.encode("utf-8", "replace"))
