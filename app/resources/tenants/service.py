"""What can be done to tenants, by the installation's administrators and by a tenant's own people."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from app.changes.copying import lock
from app.changes.recording import Fact
from app.changes.tenants import Tenants, Wanted, disabled, get_tenant, log_act, note
from app.core.context import Context
from app.core.errors import NotFoundError
from app.core.rights import RIGHTS
from app.core.tenancy import PUBLIC, SYSTEM_TENANT, tenant_id
from app.core.values import dataclass
from app.people.callers import rights_of_user
from app.people.first_roles import FIRST_ROLES, first_role, role_added
from app.people.members import about, found
from app.people.passwords import hash_password
from app.people.rootlogins import begin_domain_token
from app.store.accounts import token_hash
from app.store.people import User, lock_users
from app.store.roles import insert_role
from app.store.tenants import TenantRecord, find_by_key, list_tenants

PASSWORD_BYTES = 20
DOMAIN_TOKEN_MS = 5 * 86_400_000


@dataclass(frozen=True, slots=True)
class Created:
    """A tenant that an administrator made, with its first person and that one's password, shown this once."""

    record: TenantRecord
    root: User
    password: str


@dataclass(frozen=True, slots=True)
class Administration:
    """What whoever holds the installation's secret, or its command line, may do to tenants."""

    tenants: Tenants
    domain_token_ms: int = DOMAIN_TOKEN_MS

    def create(self, ctx: Context, record: TenantRecord) -> Created:
        """Make a tenant; its first person is `root@<id>.com`."""
        password = secrets.token_hex(PASSWORD_BYTES)
        hashed, people = hash_password(password), list[User]()

        def settle(connection: Connection, tenant: str, now: int) -> Sequence[Fact]:
            user, fact = found(connection, tenant, email=f"root@{tenant}.com", password_hash=hashed, now_ms=now)
            people.append(user)
            roles = [first_role(tenant, name, now) for name in FIRST_ROLES]
            for role in roles:
                insert_role(connection, role)
            return (fact, *(role_added(role) for role in roles))

        def named(suffix: str) -> str:
            return tenant_id(record.name, suffix, joint="-")

        made = self.tenants.create(ctx, Wanted(id=named, name=lambda _: record.name, record=record, settle=settle))
        return Created(made.record, people[-1], password)

    def get(self, tenant: str) -> TenantRecord:
        """Read a tenant.

        Raises:
            NotFoundError: there is none.
        """
        with self.tenants.database.connect() as connection:
            return get_tenant(connection, tenant)

    def all(self) -> Iterable[TenantRecord]:
        """Read every tenant, by id."""
        with self.tenants.database.connect() as connection:
            return list_tenants(connection)

    def delete(self, ctx: Context, tenant: str, *, hard: bool) -> None:
        """Switch a tenant off, or delete it for good.

        Raises:
            NotFoundError: there is no such tenant.
        """
        if hard:
            self.tenants.delete(ctx, tenant)
        else:
            self.tenants.modify(ctx, tenant, disabled)

    def issue_token(self, ctx: Context, tenant: str) -> str:
        """Give a signed token with which the first administrator of a tenant calls, in that tenant alone.

        Raises:
            NotFoundError: there is no such tenant, or nobody in it may do everything.
        """
        with self.tenants.database.writing(tenant) as connection:
            get_tenant(connection, tenant)
            head, now = lock(connection, tenant), self.tenants.clock()
            people = sorted(lock_users(connection, tenant), key=lambda user: user.created)
            able = (one for one in people if one.is_active and rights_of_user(connection, one, now) >= RIGHTS)
            user = next(able, None)
            if user is None:
                raise NotFoundError(f"Tenant '{tenant}' has no administrator; make one with `sternpost users create`")
            token = begin_domain_token(connection, self.tenants.ring, user, now, self.domain_token_ms)
            fact = about(user, "TokenCreated", {"token": "domain"})
            note(connection, replace(ctx, tenant=tenant), head, [fact], now)
        return token

    def log_import(self, ctx: Context, commit: str, documents: int) -> None:
        """Log that documents were imported into the catalogue."""
        did = Fact(
            type="TenantModified",
            kind="tenant",
            id=PUBLIC,
            name=PUBLIC,
            data={"commit": commit, "documents": documents},
        )
        with self.tenants.database.writing(SYSTEM_TENANT) as connection:
            log_act(connection, ctx, did, self.tenants.clock())

    def find_by_registration(self, token: str) -> TenantRecord | None:
        """Look up the active tenant of a registration token."""
        with self.tenants.database.everywhere("key look-up") as connection:
            found_one = find_by_key(connection, token_hash(token), "registration")
            return None if found_one is None else get_tenant(connection, found_one.id)
