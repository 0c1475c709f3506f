"""One table from credential headers to dialect, tenant and actor."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from app.core.context import Actor
from app.core.errors import ForbiddenError, InvalidError, ThrottledError, UnauthenticatedError
from app.core.tenancy import ACTIVE, PUBLIC
from app.core.values import dataclass
from app.http.endpoint import Endpoint
from app.http.rights import AclEntry, Grant, allows
from app.http.throttle import Throttle
from app.store.glance import Glance

REFUSED: Final = "Authentication failed; send a valid token in the header X-API-Token"
"""Missing, unknown, disabled and expired are told apart to nobody."""
REFUSED_TENANT: Final = "Authentication failed; send a valid Api-Key, and your token as Authorization: Bearer"

ANONYMOUS: Final = Actor(id="anonymous", kind="user", handle="anonymous")


@dataclass(frozen=True, slots=True)
class AccountGrant:
    """An actor that a valid credential names, enabled and not expired, and how the actor's tenant stands."""

    tenant: str
    actor: Actor
    credential: str | None
    grant: Grant
    state: str = ACTIVE
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, in which tenant, with what rights; `read_only` callers may write nothing whatever they ask.

    `is_nobody` is a caller without a person or account: whoever holds a tenant's key, or nothing at all.
    """

    tenant: str
    actor: Actor
    credential: str | None
    grant: Grant
    dialect: str = "rudder"
    read_only: bool = False
    is_nobody: bool = False
    state: str = ACTIVE


FindAccount = Callable[[str, Glance | None], AccountGrant | None]
Resolve = Callable[[str], AccountGrant | None]
"""Finds whom the text of a credential names; None for one that opens nothing, for whatever reason."""
ResolveToken = Callable[[str, Glance | None], AccountGrant | None]
"""Does so for the API's own token, and may look at a document along with it."""


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One kind of credential: where it stands, whose dialect the request then speaks, whom it names.

    `prefix` is what the header's value begins with. A row whose `names` is "tenant" says which tenant and not who.
    """

    variable: str
    dialect: str
    names: Literal["actor", "tenant"] = "actor"
    prefix: str = ""
    refused: str = REFUSED


API_TOKEN: Final = "HTTP_X_API_TOKEN"  # noqa: S105  a header's name
API_KEY: Final = "HTTP_API_KEY"
BEARER: Final = "HTTP_AUTHORIZATION"
PANEL_KEY: Final = "HTTP_X_API_KEY"
TAKARO_TOKEN: Final = "HTTP_X_TAKARO_TOKEN"  # noqa: S105  a header's name
SESSION_COOKIE: Final = "sternpost_session"
FORM_TOKEN: Final = "HTTP_X_CSRF_TOKEN"  # noqa: S105  a header's name

BY_COOKIE: Final = "console"
"""The dialect of who is known by a cookie."""

CREDENTIALS: Final = (
    CredentialRow(PANEL_KEY, "panel"),
    CredentialRow(API_TOKEN, "rudder"),
    CredentialRow(BEARER, "tenant", prefix="Bearer ", refused=REFUSED_TENANT),
    CredentialRow(TAKARO_TOKEN, "takaro"),
    CredentialRow(API_KEY, "tenant", names="tenant", refused=REFUSED_TENANT),
    CredentialRow(SESSION_COOKIE, BY_COOKIE),
)
"""WSGI variables of the headers, and last a cookie's name; the first that names an actor says who calls.

What each names is found by the resolver that is wired for it; a row without one opens nothing. Every header that was
sent must be good, and all of them name one tenant. The cookie counts only where no header was sent.
"""

_KEPT_BY_KEYS: Final = ("configuration", "rule", "directive", "technique", "group", "parameter", "image", "instance")
KEY_GRANT: Final = Grant("rights", rights=frozenset(f"{kind}_read" for kind in _KEPT_BY_KEYS), within="ro")
"""What a tenant's key opens by itself: the configuration, and nothing of people, accounts and events."""

OPEN_TO_NODES: Final = (
    ("inventories", "post"),
    ("nodes/{id}/inventory", "put"),
    ("nodes/{id}/reports", "post"),
    ("nodes/{id}/policy", "get"),
)
"""All that a node's token opens: what a machine says of itself, and what it must do."""


def node_grant(node_id: str) -> Grant:
    """Give what the token of a node opens, by paths that name this node and no other."""
    return Grant("acl", tuple(AclEntry(path.format(id=node_id), (verb,)) for path, verb in OPEN_TO_NODES))


PUBLIC_CALLER: Final = Caller(PUBLIC, ANONYMOUS, None, KEY_GRANT, "tenant", read_only=True, is_nobody=True)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Finds the caller of a request; `public_read` opens reads of the public tenant to those without a credential.

    `resolve_token` looks at a document along with the API's own token.
    """

    resolvers: Mapping[str, Resolve]
    throttle: Throttle
    public_read: bool = False
    resolve_token: ResolveToken | None = None

    def caller(
        self, environ: Mapping[str, object], address: str, *, strict: bool, glance: Glance | None = None
    ) -> Caller:
        """Name the caller; `glance` is the document to look at along with a token that stands alone.

        Raises:
            UnauthenticatedError: there is no credential, or one that opens nothing.
            ThrottledError: the same, once too often from this address; a valid credential is never throttled.
            InvalidError: two keys, or credentials of two tenants.
            ForbiddenError: a person's token and the key of another tenant.
        """
        rows = _presented(environ)
        if not rows:
            if self.public_read and strict and BEARER not in environ:
                return PUBLIC_CALLER
            raise UnauthenticatedError(REFUSED)
        if len(rows) == 1:
            named = self._find(rows[0], environ, address, glance)
            return _caller(rows[0], named, rows[0].dialect)
        found = [(row, self._find(row, environ, address, None)) for row in rows]
        _refuse_two_tenants(found)
        row, named = next(((row, one) for row, one in found if row.names == "actor"), found[0])
        return _caller(row, named, "tenant" if any(one.dialect == "tenant" for one in rows) else row.dialect)

    def _find(
        self, row: CredentialRow, environ: Mapping[str, object], address: str, glance: Glance | None
    ) -> AccountGrant:
        text = _text(row, environ)
        if row.variable == API_KEY and "," in text:
            raise InvalidError("The header Api-Key was sent twice; send one key", fields={"Api-Key": ["Send one key"]})
        found = self._resolved(row, text, glance) if text else None
        if found is not None:
            return found
        self.count_failure(address)
        raise UnauthenticatedError(row.refused)

    def _resolved(self, row: CredentialRow, text: str, glance: Glance | None) -> AccountGrant | None:
        if glance is not None and self.resolve_token is not None and row.variable == API_TOKEN:
            return self.resolve_token(text, glance)
        resolve = self.resolvers.get(row.variable)
        return None if resolve is None else resolve(text)

    def count_failure(self, address: str) -> None:
        """Count a failed authentication of any kind.

        Raises:
            ThrottledError: it was one too many from this address.
        """
        wait_s = self.throttle.fail(address)
        if wait_s:
            text = f"Too many failed authentications from this address; try again in {wait_s} s"
            raise ThrottledError(text, retry_after_s=wait_s)


def _caller(row: CredentialRow, named: AccountGrant, dialect: str) -> Caller:
    nobody = row.names == "tenant"
    known = (named.tenant, named.actor, named.credential, named.grant)
    return Caller(*known, dialect, named.read_only, nobody, named.state)


def listened(names: Sequence[str], environ: Mapping[str, object]) -> Mapping[str, object]:
    """Pick the credentials that an endpoint listens to although it needs none."""
    return {name: environ[name] for name in names if name in environ}


def _presented(environ: Mapping[str, object]) -> list[CredentialRow]:
    """List the kinds of credential that a request brings; a header of another scheme, such as Basic, is none."""
    rows = [row for row in CREDENTIALS if row.variable in environ and _is_of(row, environ)]
    cookie = CREDENTIALS[-1]
    if not rows and f"{cookie.variable}=" in str(environ.get("HTTP_COOKIE", "")):
        return [cookie]
    return rows


def _is_of(row: CredentialRow, environ: Mapping[str, object]) -> bool:
    return not row.prefix or str(environ[row.variable])[: len(row.prefix)].lower() == row.prefix.lower()


def _text(row: CredentialRow, environ: Mapping[str, object]) -> str:
    if row.variable not in environ:
        cookies = str(environ.get("HTTP_COOKIE", "")).split(";")
        pairs = dict(part.strip().partition("=")[::2] for part in cookies)
        return str(pairs.get(row.variable, ""))
    value = str(environ[row.variable]).encode("latin-1").decode("utf-8", "surrogateescape")
    return value[len(row.prefix) :].strip() if row.prefix else value


def session_of(environ: Mapping[str, object]) -> str:
    """Give the cookie of the console's session as it was sent."""
    return _text(CREDENTIALS[-1], {"HTTP_COOKIE": environ.get("HTTP_COOKIE", "")})


def _refuse_two_tenants(found: Sequence[tuple[CredentialRow, AccountGrant]]) -> None:
    if len({one.tenant for _, one in found}) == 1:
        return
    if {row.variable for row, _ in found} == {BEARER, API_KEY}:
        raise ForbiddenError("The token and the Api-Key are of different tenants; send those of one")
    raise InvalidError("The credentials of this request name different tenants; send those of one")


class Attempt(NamedTuple):
    """What a caller wants to do, as the refusal names it; `segments` are the path's, without version."""

    endpoint: Endpoint
    method: str
    version: int
    segments: tuple[str, ...]


def authorize(caller: Caller, attempt: Attempt) -> None:
    """Let the call pass, or not.

    Raises:
        ForbiddenError: the caller is known and may not do this, or the tenant is read-only.
        UnauthenticatedError: this asks for a person or an account.
    """
    endpoint = attempt.endpoint
    if caller.is_nobody:
        _authorize_nobody(caller, attempt)
        return
    if caller.read_only and endpoint.writes:
        raise ForbiddenError(f"Tenant '{caller.tenant}' is read-only; make the change in a tenant of your own")
    if allows(caller.grant, endpoint, attempt.method, attempt.segments):
        return
    target = f"{attempt.method} api/{attempt.version}{endpoint.path}"
    raise ForbiddenError(f"Authorization error: User '{caller.actor.handle}' is not allowed to access {target}")


def check_form(
    caller: Caller, endpoint: Endpoint, environ: Mapping[str, object], is_form: Callable[[str, str], bool]
) -> None:
    """Let a cookie write only from the pages of its session: browsers send cookies whoever asks them to.

    Raises:
        ForbiddenError: the token that those pages hold is not there, or another session's.
    """
    given = str(environ.get(FORM_TOKEN, ""))
    if caller.dialect == BY_COOKIE and endpoint.writes and not is_form(session_of(environ), given):
        raise ForbiddenError("A write with the cookie of the console needs its page's token in the header X-CSRF-Token")


def _authorize_nobody(caller: Caller, attempt: Attempt) -> None:
    """Open the configuration to whoever holds a tenant's key; everything else asks who it is."""
    endpoint = attempt.endpoint
    if endpoint.writes:
        if caller.read_only:
            raise ForbiddenError(f"Tenant '{caller.tenant}' is read-only; log in to a tenant of your own")
        raise UnauthenticatedError(REFUSED_TENANT)
    if not endpoint.configuration and not allows(caller.grant, endpoint, attempt.method, attempt.segments):
        raise UnauthenticatedError(REFUSED_TENANT)
