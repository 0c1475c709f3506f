"""What can be done to tenants, by the installation's administrators and by a tenant's own people."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.changes.recording import Fact
from app.changes.tenants import Tenants, Wanted, disabled, get_tenant, log_act
from app.core.context import Context
from app.core.tenancy import PUBLIC, SYSTEM_TENANT, tenant_id
from app.people.members import found
from app.people.passwords import hash_password
from app.store.accounts import token_hash
from app.store.people import User
from app.store.tenants import TenantRecord, find_by_key, list_tenants

PASSWORD_BYTES = 20


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

    def create(self, ctx: Context, record: TenantRecord) -> Created:
        """Make a tenant; its first person is `root@<id>.com`."""
        password = secrets.token_hex(PASSWORD_BYTES)
        hashed, people = hash_password(password), list[User]()

        def settle(connection: Connection, tenant: str, now: int) -> Sequence[Fact]:
            user, fact = found(connection, tenant, email=f"root@{tenant}.com", password_hash=hashed, now_ms=now)
            people.append(user)
            return (fact,)

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
