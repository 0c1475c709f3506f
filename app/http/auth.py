"""One table from credential headers to dialect, tenant and actor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.core.context import Actor
from app.core.errors import ForbiddenError, ThrottledError, UnauthenticatedError
from app.http.endpoint import Endpoint
from app.http.rights import Grant, allows
from app.http.throttle import Throttle
from app.store.accounts import token_hash

PUBLIC_TENANT: Final = "public"
ANONYMOUS: Final = Actor(id="anonymous", kind="user", handle="anonymous")


@dataclass(frozen=True, slots=True)
class AccountGrant:
    """An account that a valid token names: enabled, not expired, its tenant alive."""

    tenant: str
    actor: Actor
    credential: str
    grant: Grant


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, in which tenant, with what rights; `read_only` callers may write nothing whatever they ask."""

    tenant: str
    actor: Actor
    credential: str | None
    grant: Grant
    dialect: str = "rudder"
    read_only: bool = False


FindAccount = Callable[[str], AccountGrant | None]
FindBearer = Callable[[str], AccountGrant | None]


def find_nobody(_token: str) -> AccountGrant | None:
    """Know no people at all."""
    return None


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One kind of credential; `served` is False until its dialect exists, and it opens nothing until then."""

    variable: str
    dialect: str
    served: bool = False


CREDENTIALS: Final = (
    CredentialRow("HTTP_X_API_TOKEN", "rudder", served=True),
    CredentialRow("HTTP_X_API_KEY", "panel"),
    CredentialRow("HTTP_API_KEY", "tenant"),
    CredentialRow("HTTP_AUTHORIZATION", "tenant", served=True),
    CredentialRow("HTTP_X_TAKARO_TOKEN", "takaro"),
    CredentialRow("sternpost_session", "console"),
)
"""WSGI variables of the headers, in the order in which they count; the last is a cookie's name.

Rows that are not served answer 401 until the dialect that reads them is there.
"""

BEARER: Final = "HTTP_AUTHORIZATION"

REFUSED: Final = "Authentication failed; send a valid token in the header X-API-Token"
"""Missing, unknown, disabled and expired are told apart to nobody."""

PUBLIC_CALLER: Final = Caller(PUBLIC_TENANT, ANONYMOUS, None, Grant("ro"), read_only=True)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Finds the caller of a request; `public_read` opens reads of the public tenant to those without a credential."""

    find_account: FindAccount
    throttle: Throttle
    public_read: bool = False
    find_bearer: FindBearer = find_nobody

    def caller(self, environ: Mapping[str, object], address: str, *, strict: bool) -> Caller:
        """Name the caller.

        Raises:
            UnauthenticatedError: there is no credential, or it opens nothing.
            ThrottledError: the same, once too often from this address; a valid credential is never throttled.
        """
        row = _presented(environ)
        if row is None:
            if self.public_read and strict:
                return PUBLIC_CALLER
            raise UnauthenticatedError(REFUSED)
        found = self._find(row, environ)
        if found is None:
            self.count_failure(address)
            raise UnauthenticatedError(REFUSED)
        return Caller(found.tenant, found.actor, found.credential, found.grant, row.dialect)

    def count_failure(self, address: str) -> None:
        """Count a failed authentication of any kind.

        Raises:
            ThrottledError: it was one too many from this address.
        """
        wait_s = self.throttle.fail(address)
        if wait_s:
            text = f"Too many failed authentications from this address; try again in {wait_s} s"
            raise ThrottledError(text, retry_after_s=wait_s)

    def _find(self, row: CredentialRow, environ: Mapping[str, object]) -> AccountGrant | None:
        if not row.served:
            return None
        if row.variable == BEARER:
            scheme, _, token = str(environ[row.variable]).strip().partition(" ")
            return self.find_bearer(token.strip()) if scheme.lower() == "bearer" else None
        token = str(environ.get(row.variable, "")).encode("latin-1").decode("utf-8", "surrogateescape")
        return self.find_account(token_hash(token)) if token else None


def has_credential(environ: Mapping[str, object]) -> bool:
    """Tell whether a request carries any credential."""
    return _presented(environ) is not None


def _presented(environ: Mapping[str, object]) -> CredentialRow | None:
    for row in CREDENTIALS:
        if row.variable in environ:
            return row
    cookie = CREDENTIALS[-1]
    return cookie if f"{cookie.variable}=" in str(environ.get("HTTP_COOKIE", "")) else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a caller wants to do, as the refusal names it; `segments` are the path's, without version."""

    endpoint: Endpoint
    method: str
    version: int
    segments: tuple[str, ...]


def authorize(caller: Caller, attempt: Attempt) -> None:
    """Let the call pass, or not.

    Raises:
        ForbiddenError: the caller is known and may not do this.
    """
    endpoint = attempt.endpoint
    blocked = caller.read_only and endpoint.writes
    if not blocked and allows(caller.grant, endpoint, attempt.method, attempt.segments):
        return
    target = f"{attempt.method} api/{attempt.version}{endpoint.path}"
    raise ForbiddenError(f"Authorization error: User '{caller.actor.handle}' is not allowed to access {target}")
