"""The tables. Everything but `keys` and `tenants` belongs to one tenant, and says so with a `tenant` column.

Those of people, review, notices, the fleet and the audit are in modules of their own; whoever loads this one knows
them too, so that the metadata is whole.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store import (  # noqa: F401  so that the metadata is whole
    audit_tables,
    fleet_tables,
    notice_tables,
    people_tables,
    review_tables,
)
from app.store.base import Base as Base  # noqa: PLC0414  exported under the name that everybody knows
from app.store.base import Key


def rare(*columns: str, where: str) -> Index:
    """Index only the rows that a condition holds for; a query uses it when it states the condition.

    On PostgreSQL the migrations say so too; said here, it would make every start load that dialect.
    """
    return Index(None, *columns, sqlite_where=text(where))


class Tenant(Base):
    """An isolated customer, and the head of its log: locking this row serialises its writers.

    `limits` are those that differ from the usual ones, as JSON. The row of a deleted tenant stays, emptied, so that its
    id never comes again.
    """

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    state: Mapped[str]
    read_only: Mapped[bool]
    created: Mapped[int]
    seq: Mapped[int]
    time: Mapped[int]
    head: Mapped[str | None]
    hash: Mapped[str]
    external_reference: Mapped[str | None]
    limits: Mapped[str] = mapped_column(Text, server_default="{}")
    updated: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fleet_epoch: Mapped[int] = mapped_column(BigInteger, server_default="0")


class TenantKeyRow(Base):
    """A secret that names a tenant and no person: looked up by hash; the tenant's own people see it again."""

    __tablename__ = "tenant_keys"
    __table_args__ = (Index(None, "hash", unique=True),)

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(Key, primary_key=True)
    hash: Mapped[str]
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    created: Mapped[int]


class DocumentRow(Base):
    """The present state of one document; `body` is canonical JSON, `blob` the SHA-1 of its file in git."""

    __tablename__ = "documents"
    __table_args__ = (Index(None, "tenant", "kind", "name"),)

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    body: Mapped[str]
    blob: Mapped[str]
    revision: Mapped[int]
    commit_id: Mapped[str]
    created: Mapped[int]
    updated: Mapped[int]


class DocumentField(Base):
    """One searchable value of a document; `folded` is Python's casefold, so both databases agree."""

    __tablename__ = "document_fields"
    __table_args__ = (
        Index(None, "tenant", "kind", "field", "text", "id"),
        Index(None, "tenant", "kind", "id", "field", "text"),
    )

    row: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    tenant: Mapped[str] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(Key)
    id: Mapped[str] = mapped_column(Key)
    field: Mapped[str] = mapped_column(Key)
    text: Mapped[str | None] = mapped_column(Key)
    folded: Mapped[str | None]
    number: Mapped[float | None]


class DeclaredKeys(Base):
    """By which keys the documents of a kind were listed in `document_fields`; another digest lists them again."""

    __tablename__ = "declared_keys"

    kind: Mapped[str] = mapped_column(Key, primary_key=True)
    digest: Mapped[str]


class EventRecord(Base):
    """One event of a tenant's log, see docs/format-1.md; rows are only ever added."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "tenant", "object_kind", "object_id", "seq"),
        Index(None, "tenant", "commit_id", "seq"),
        Index(None, "tenant", "actor_handle", "seq"),
        Index(None, "tenant", "type", "seq"),
        Index(None, "tenant", "time", "seq"),
        Index(None, "tenant", "actor_id", "seq"),
        Index(None, "tenant", "credential", "seq"),
        Index(None, "tenant", "object_kind", "seq"),
        Index(None, "tenant", "object_id", "seq"),
        # What hardly any event has costs the others nothing: an index entry is a page more to sync in each change.
        rare("tenant", "outcome", "seq", where="outcome <> 'success'"),
        rare("tenant", "change_request_id", "seq", where="change_request_id IS NOT NULL"),
    )

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    format: Mapped[int]
    time: Mapped[int]
    type: Mapped[str] = mapped_column(Key)
    outcome: Mapped[str]
    actor_handle: Mapped[str] = mapped_column(Key)
    actor_id: Mapped[str] = mapped_column(Key)
    actor_kind: Mapped[str]
    credential: Mapped[str | None]
    on_behalf_of: Mapped[str | None]
    object_kind: Mapped[str | None] = mapped_column(Key)
    object_id: Mapped[str | None] = mapped_column(Key)
    object_name: Mapped[str | None]
    revision: Mapped[int | None]
    before: Mapped[str | None]
    after: Mapped[str | None]
    data: Mapped[str | None]
    reason: Mapped[str]
    request_id: Mapped[str | None]
    change_request: Mapped[str | None]
    change_request_id: Mapped[int | None]
    commit_id: Mapped[str | None] = mapped_column(Key)
    prev_hash: Mapped[str]
    hash: Mapped[str]
    private_digest: Mapped[str | None]
    private_salt: Mapped[str | None]
    private_ip: Mapped[str | None]
    private_name: Mapped[str | None]
    private_user_agent: Mapped[str | None]


class SecretRow(Base):
    """The value behind a tag that a document holds; encrypted under the key `key_id`."""

    __tablename__ = "secrets"

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(Key, primary_key=True)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]


class KeyRow(Base):
    """A key that this installation uses; its bytes are in the keys directory, only its id and a check are here."""

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(Key, primary_key=True)
    purpose: Mapped[str]
    check: Mapped[str]
    created: Mapped[int]
    active: Mapped[bool]


class IdempotencyRow(Base):
    """What a request with an Idempotency-Key did; kept for 24 hours."""

    __tablename__ = "idempotency"
    __table_args__ = (Index(None, "created"),)

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    actor: Mapped[str] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    digest: Mapped[str]
    first_seq: Mapped[int | None]
    last_seq: Mapped[int | None]
    made: Mapped[str | None]
    created: Mapped[int]


class NodeRow(Base):
    """One machine of a tenant; a policy server gives other nodes their policies.

    `epoch` is the tenant's `fleet_epoch` at the last change. The inventory comes last: what lists nodes without it
    never reads its pages.
    """

    __tablename__ = "nodes"
    __table_args__ = (
        Index(None, "tenant", "epoch"),
        Index(None, "tenant", "status", "id"),
        Index(None, "token_hash", unique=True),
    )

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    hostname: Mapped[str]
    status: Mapped[str]
    is_policy_server: Mapped[bool]
    created: Mapped[int]
    updated: Mapped[int] = mapped_column(BigInteger, server_default="0")
    accepted: Mapped[int | None]
    state: Mapped[str] = mapped_column(Text, server_default="enabled")
    policy_mode: Mapped[str] = mapped_column(Text, server_default="default")
    policy_server: Mapped[str] = mapped_column(Text, server_default="root")
    documentation: Mapped[str] = mapped_column(Text, server_default="")
    agent_key: Mapped[str | None]
    token_hash: Mapped[str | None] = mapped_column(Key)
    token_created: Mapped[int | None]
    last_inventory: Mapped[int | None]
    last_run: Mapped[int | None]
    epoch: Mapped[int] = mapped_column(BigInteger, server_default="0")
    properties: Mapped[str] = mapped_column(Text, server_default="[]")
    inventory: Mapped[str] = mapped_column(Text, server_default="{}")


class AccountRow(Base):
    """An API account and its token's hash; a deleted one stays, so that its id is never used again."""

    __tablename__ = "accounts"
    __table_args__ = (Index(None, "token_hash", unique=True),)

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    description: Mapped[str]
    enabled: Mapped[bool]
    created: Mapped[int]
    expires: Mapped[int | None]
    token_hash: Mapped[str | None]
    token_created: Mapped[int | None]
    last_used: Mapped[int | None]
    authorization: Mapped[str]
    acl: Mapped[str]
    zones: Mapped[str]
    owner: Mapped[str | None]
    deleted: Mapped[int | None]
    updated: Mapped[int] = mapped_column(BigInteger, server_default="0")
