"""The beginning, the changes and the end of tenants, each one transaction and an event of the `system` tenant."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from app.changes.copying import begin, copy_documents, lock
from app.changes.recording import Fact, Recorder
from app.core.canonical import Document
from app.core.context import Context
from app.core.errors import ConflictError, InvalidError, NotFoundError, UnavailableError
from app.core.faults import fault_point
from app.core.tenancy import ACTIVE, DISABLED, FOUNDED, PUBLIC, SUFFIX_DIGITS, SYSTEM_TENANT
from app.core.values import dataclass
from app.store.accounts import token_hash
from app.store.db import Database
from app.store.nodes import add_root
from app.store.rows import everywhere
from app.store.secrets import KeyRing
from app.store.tenants import (
    Purpose,
    TenantKey,
    TenantRecord,
    bury_tenant,
    find_tenant,
    insert_tenant,
    put_key,
    update_tenant,
)
from app.store.writes import Batch, TenantHead, write

TRIES = 10
KEY_PREFIX = {"api": "stk_", "registration": "str_"}
KEY_BYTES = 32

Suffix = Callable[[], str]
Settle = Callable[[Connection, str, int], Sequence[Fact]]
"""Moves the first people into a new tenant, `(connection, tenant id, now in ms) -> facts for its log`, or nobody."""
Edited = Callable[[TenantRecord], TenantRecord]


def random_suffix() -> str:
    """Draw the digits that end a tenant's id."""
    return f"{secrets.randbelow(10**SUFFIX_DIGITS):0{SUFFIX_DIGITS}}"


def nobody(_connection: Connection, _tenant: str, _now: int) -> Sequence[Fact]:
    """Leave a new tenant without people."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A tenant to be made; its id and name are made of the suffix."""

    id: Callable[[str], str]
    name: Callable[[str], str]
    record: TenantRecord
    settle: Settle = nobody


@dataclass(frozen=True, slots=True)
class Made:
    """A tenant that exists now, and its key, which is shown to whoever made it."""

    record: TenantRecord
    api_key: str


@dataclass(frozen=True, slots=True)
class Tenants:
    """What the installation does to its tenants; every act is the installation's own, whoever asked for it."""

    database: Database
    ring: KeyRing
    clock: Callable[[], int]
    suffix: Suffix = random_suffix

    def create(self, ctx: Context, wanted: Wanted) -> Made:
        """Make a tenant as a copy of the public one, with its key and first people, all of it or nothing.

        Raises:
            UnavailableError: ten suffixes in a row were taken.
            InvalidError: the first people cannot be had.
        """
        with self.database.writing_everywhere("copy of the public tenant") as connection:
            origin = lock(connection, PUBLIC)
            now = max(self.clock(), origin.time)
            record, api_key = self._opened(connection, wanted, now)
            head = lock(connection, record.id)
            # In the tenant's own log the installation made it; who asked, and from where, is for the installation's.
            copy_documents(connection, Context.system(record.id, ctx.reason), origin, head, now)
            facts = wanted.settle(connection, record.id, now)
            note(connection, Context.system(record.id, ctx.reason), head, facts, now)
            log_act(connection, ctx, _fact("TenantCreated", record, _shown(record)), now)
            fault_point("tenant.logged")
        return Made(record, api_key)

    def create_empty(self, ctx: Context, wanted: Wanted, *, begun: int) -> Made:
        """Make a tenant without documents, whose log begins at a moment (in ms) that may be past.

        A copy of the public tenant cannot be older than that one is.

        Raises:
            UnavailableError: the id was given already.
        """
        with self.database.writing_everywhere("a tenant with a past") as connection:
            now = self.clock()
            record, api_key = self._opened(connection, wanted, begun)
            head, own = lock(connection, record.id), Context.system(record.id, ctx.reason)
            begin(connection, own, head, {"base": None}, begun)
            add_root(connection, record.id, begun)
            note(connection, own, head, wanted.settle(connection, record.id, begun), begun)
            log_act(connection, ctx, _fact("TenantCreated", record, _shown(record)), now)
        return Made(record, api_key)

    def modify(self, ctx: Context, tenant: str, edited: Edited) -> TenantRecord:
        """Change name, state or limits; no event where nothing differs.

        Raises:
            NotFoundError: there is no such tenant.
            InvalidError: the tenant has to stay as it is.
        """
        with self.database.writing_everywhere("administration of tenants") as connection:
            lock(connection, tenant)
            before, now = get_tenant(connection, tenant), self.clock()
            after = edited(before)
            if after == before:
                return before
            _refuse_closing(after)
            after = replace(after, updated=now)
            update_tenant(connection, after)
            changes: Document = {"before": _shown(before), "after": _shown(after)}
            log_act(connection, ctx, _fact("TenantModified", after, changes), now)
        return after

    def delete(self, ctx: Context, tenant: str) -> None:
        """Delete a tenant for good: rows, keys, people who were nowhere else; its id is never given again.

        The repository goes afterwards, by whoever calls `GitWriter.remove`, or the worker.

        Raises:
            NotFoundError: there is no such tenant.
            ConflictError: no installation works without it.
        """
        with self.database.writing_everywhere("administration of tenants") as connection:
            lock(connection, tenant)
            record, now = get_tenant(connection, tenant), self.clock()
            if tenant in FOUNDED:
                raise ConflictError(f"Tenant '{tenant}' belongs to the installation and cannot be deleted")
            bury_tenant(connection, tenant, now_ms=now)
            fault_point("tenant.buried")
            log_act(connection, ctx, _fact("TenantDeleted", record, _shown(record)), now)

    def _opened(self, connection: Connection, wanted: Wanted, now: int) -> tuple[TenantRecord, str]:
        """Write a tenant's row and its keys; gives the key that opens it."""
        record = self._named(connection, wanted, now)
        fault_point("tenant.named")
        api_key = new_key(connection, self.ring, record.id, "api", now)
        new_key(connection, self.ring, record.id, "registration", now)
        return record, api_key

    def _named(self, connection: Connection, wanted: Wanted, now: int) -> TenantRecord:
        for _ in range(TRIES):
            suffix = self.suffix()
            record = replace(wanted.record, id=wanted.id(suffix), name=wanted.name(suffix), created=now, updated=now)
            if insert_tenant(connection, record):
                return record
        raise UnavailableError("No free id was found for the tenant; try again", retry_after_s=1)


def get_tenant(connection: Connection, tenant: str) -> TenantRecord:
    """Read a tenant that must be there.

    Raises:
        NotFoundError: there is no such tenant.
    """
    record = find_tenant(connection, tenant)
    if record is None:
        raise NotFoundError(f"Tenant '{tenant}' was not found")
    return record


def new_key(connection: Connection, ring: KeyRing, tenant: str, purpose: Purpose, now: int) -> str:
    """Give a tenant a new key in the caller's transaction; the one before opens nothing any more."""
    key = KEY_PREFIX[purpose] + secrets.token_urlsafe(KEY_BYTES)
    ciphertext, key_id = ring.seal(tenant, f"key:{purpose}", key)
    put_key(connection, TenantKey(tenant=tenant, purpose=purpose, hash=token_hash(key),
                                  ciphertext=ciphertext, key_id=key_id, created=now))  # fmt: skip
    return key


def read_key(ring: KeyRing, key: TenantKey) -> str:
    """Give a key as its tenant's own people see it."""
    return str(ring.unseal(key.tenant, f"key:{key.purpose}", key.ciphertext, key.key_id))


def log_act(connection: Connection, ctx: Context, fact: Fact, now: int) -> None:
    """Write what happened to a tenant into the log of the installation, in the caller's transaction.

    Lock the tenant before: the installation's log comes last, so that two acts never wait for each other.
    """
    with everywhere(connection, "log of the installation"):
        head = lock(connection, SYSTEM_TENANT)
        note(connection, replace(ctx, tenant=SYSTEM_TENANT), head, [fact], now)


def note(connection: Connection, ctx: Context, head: TenantHead, facts: Sequence[Fact], now: int) -> None:
    """Add events without commit to a tenant that the caller has locked."""
    if facts:
        recorder = Recorder(head, None, {}, Batch(), max(now, head.time))
        recorder.note(ctx, facts)
        write(connection, head, recorder.batch)


def begin_tenant(database: Database, ctx: Context, clock: Callable[[], int]) -> None:
    """Write the first event of a tenant that starts empty; does nothing when it has one."""
    with database.writing(ctx.tenant) as connection:
        head = lock(connection, ctx.tenant)
        if head.seq == 0:
            begin(connection, ctx, head, {"base": None}, clock())


def copy_tenant(database: Database, ctx: Context, base: str, clock: Callable[[], int]) -> None:
    """Fill a tenant with the documents of another as they are now; does nothing when it has begun already.

    One event, one commit without parent, one transaction: half a copy is never seen. Machines are not copied, the
    tenant gets a node `root` of its own.
    """
    with database.writing_everywhere("copy of a tenant") as connection:
        origin = lock(connection, base)
        head = lock(connection, ctx.tenant)
        if head.seq == 0:
            copy_documents(connection, ctx, origin, head, clock())


def _refuse_closing(record: TenantRecord) -> None:
    if record.id in (PUBLIC, SYSTEM_TENANT) and record.state != ACTIVE:
        text = f"Tenant '{record.id}' is always ACTIVE"
        raise InvalidError(text, fields={"state": [text]})


def disabled(record: TenantRecord) -> TenantRecord:
    """Give a tenant that was deleted softly."""
    return replace(record, state=DISABLED)


def _fact(happening: str, record: TenantRecord, data: Document) -> Fact:
    return Fact(type=happening, kind="tenant", id=record.id, name=record.name, data=data)


def _shown(record: TenantRecord) -> Document:
    shown: Document = {"name": record.name, "state": record.state, "limits": dict(record.limits)}
    return {**shown, "externalReference": record.external_reference} if record.external_reference else shown
