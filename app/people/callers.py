"""Who a credential of a person is, and what they may do; read anew at every call, so a change counts at once."""

from typing import Final, cast

from sqlalchemy import Connection

from app.core.context import Actor, Context
from app.core.values import dataclass
from app.http.auth import AccountGrant
from app.http.rights import Authorization, Grant, grant_of
from app.people.rootlogins import read_root_token
from app.people.tokens import Claims, read
from app.store.accounts import lock_account
from app.store.db import Database
from app.store.logins import find_login, find_token, touch_token
from app.store.people import User, lock_user
from app.store.roles import rights_by, role_table
from app.store.secrets import KeyRing

TOUCH_EVERY_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class People:
    """Finds the person behind a credential; None for one that opens nothing, for whatever reason."""

    database: Database
    ring: KeyRing

    def find_by_access(self, token: str, now_ms: int) -> AccountGrant | None:
        """Read an access token: its login must go on, and the person be active."""
        return self._find_by_login(read(self.ring, token, "access", now_ms), now_ms)

    def find_by_session(self, cookie: str, now_ms: int) -> AccountGrant | None:
        """Read the cookie of a session, in the same way."""
        return self._find_by_login(read(self.ring, cookie, "session", now_ms), now_ms)

    def _find_by_login(self, claims: Claims | None, now_ms: int) -> AccountGrant | None:
        if claims is None:
            return None
        login_id = claims.jti.partition(".")[0]
        with self.database.connect(claims.tenant) as connection:
            login = find_login(connection, claims.tenant, login_id)
            if login is None or login.user_id != claims.user:
                return None
            user = lock_user(connection, claims.tenant, claims.user)
            return None if user is None else _granted(connection, user, login_id, now_ms)

    def find_by_root_login(self, token: str, now_ms: int) -> AccountGrant | None:
        """Read an opaque token of root-level routes: its login must go on, and the person be active."""
        named = read_root_token(token)
        return None if named is None else self._of_login(*named, now_ms)

    def find_by_domain_token(self, token: str, now_ms: int) -> AccountGrant | None:
        """Read a signed token for a domain: its login must go on, and the person be active."""
        claims = read(self.ring, token, "domain", now_ms)
        return None if claims is None else self._of_login(claims.tenant, claims.jti, now_ms)

    def _of_login(self, tenant: str, login_id: str, now_ms: int) -> AccountGrant | None:
        with self.database.connect(tenant) as connection:
            login = find_login(connection, tenant, login_id)
            if login is None or login.ends <= now_ms:
                return None
            user = lock_user(connection, tenant, login.user_id)
            return None if user is None else _granted(connection, user, login.id, now_ms)

    def find_by_personal_token(self, hashed: str, now_ms: int) -> AccountGrant | None:
        """Look up a personal token by `token_hash`: it has the rights of its person, narrowed to what it is for."""
        with self.database.everywhere("token look-up") as connection:
            token = find_token(connection, hashed)
            if token is None or (token.expires is not None and token.expires <= now_ms):
                return None
            user = lock_user(connection, token.tenant, token.user_id)
            if user is None:
                return None
            found = _granted(connection, user, token.id, now_ms, within=cast("Authorization", token.authorization))
        if found is not None and (token.last_used is None or token.last_used < now_ms - TOUCH_EVERY_MS):
            with self.database.writing(token.tenant) as connection:
                touch_token(connection, token.tenant, hashed, now_ms, older_than_ms=now_ms - TOUCH_EVERY_MS)
        return found


def actor_of(user: User) -> Actor:
    """Name a person as an actor."""
    return Actor(id=user.id, kind="user", handle=user.username, name=user.name)


def rights_of_user(connection: Connection, user: User, now_ms: int) -> frozenset[str]:
    """Give the rights of a person's roles that have not lapsed, and of the role that everybody has."""
    return rights_by(role_table(connection, user.tenant), user, now_ms)


def grant_of_caller(connection: Connection, ctx: Context, now_ms: int) -> Grant:
    """Give what the caller may do, as of now and under the lock: nobody hands on what they lack."""
    if ctx.actor.kind == "system":
        return Grant("rw")
    if ctx.actor.kind == "user":
        user = lock_user(connection, ctx.tenant, ctx.actor.id)
        rights = rights_of_user(connection, user, now_ms) if user is not None and user.is_active else frozenset()
        return Grant("rights", rights=rights)
    account = lock_account(connection, ctx.tenant, ctx.actor.id)
    return Grant("none") if account is None else grant_of(account.authorization, account.acl)


def is_active_user(connection: Connection, tenant: str, user_id: str) -> bool:
    """Tell whether a person is there and active: what they own works only as long."""
    user = lock_user(connection, tenant, user_id)
    return user is not None and user.is_active


def _granted(
    connection: Connection, user: User, credential: str, now_ms: int, within: Authorization = "rw"
) -> AccountGrant | None:
    if not user.is_active or within not in ("none", "ro", "rw"):
        return None
    grant = Grant("rights", rights=rights_of_user(connection, user, now_ms), within=within)
    return AccountGrant(user.tenant, actor_of(user), credential, grant)
