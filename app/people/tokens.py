"""Signed tokens of people: access, refresh, invitation and so on, each good for its own purpose only."""

from typing import Any, Final, Literal

from app.core.values import dataclass
from app.store.secrets import KeyRing

ALGORITHM: Final = "HS256"
ACCESS_S: Final = 300
REFRESH_S: Final = 86_400
PURPOSE: Final = "token"
LONGEST: Final = 4096
_CLAIMS: Final = ("sub", "tenant", "type", "jti", "iat", "exp")
# Times are compared here with our own clock, to the millisecond; the library would take the machine's seconds.
_OPTIONS: Final[Any] = {"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False}

TokenType = Literal["access", "refresh", "invitation", "session", "domain", "reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says: `user` in `tenant`, its `jti`, and from when to when, in whole seconds since 1970."""

    user: str
    tenant: str
    type: TokenType
    jti: str
    issued_s: int
    ends_s: int


def sign(ring: KeyRing, claims: Claims) -> str:
    """Write a token, signed with the key in force; the same claims give the same token."""
    key_id = ring.active[PURPOSE]
    said = {
        "sub": claims.user,
        "tenant": claims.tenant,
        "type": claims.type,
        "jti": claims.jti,
        "iat": claims.issued_s,
        "exp": claims.ends_s,
        # What clients of root-level routes look for in theirs.
        **({"domainId": claims.tenant} if claims.type == "domain" else {}),
    }
    import jwt  # noqa: PLC0415  a start does without the many parts of `cryptography` that it loads

    return jwt.encode(said, ring.keys[key_id], algorithm=ALGORITHM, headers={"kid": key_id})


def read(ring: KeyRing, token: str, wanted: TokenType, now_ms: int) -> Claims | None:
    """Read a token of this installation that is good for a purpose now; None for every other text."""
    if len(token) > LONGEST:
        return None
    import jwt  # noqa: PLC0415  as in `sign`

    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = ring.keys.get(key_id) if isinstance(key_id, str) and key_id.startswith(f"{PURPOSE}-") else None
        if key is None:
            return None
        said = jwt.decode(token, key, algorithms=[ALGORITHM], options=_OPTIONS)
    except (jwt.PyJWTError, UnicodeError):
        return None
    texts = all(isinstance(said[name], str) for name in ("sub", "tenant", "type", "jti"))
    numbers = all(isinstance(said[name], int) for name in ("iat", "exp"))
    if not (texts and numbers) or said["type"] != wanted or now_ms >= said["exp"] * 1000:
        return None
    return Claims(
        user=said["sub"],
        tenant=said["tenant"],
        type=wanted,
        jti=said["jti"],
        issued_s=said["iat"],
        ends_s=said["exp"],
    )
