"""Create the first tables, and the three tenants that every installation has.

`public` is the read-only catalogue, `default` serves a single-tenant installation, `system` holds the log of the whole
installation; the first start fills them.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "first_tables"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NO_HASH = "0" * 64
TENANTS = (("default", "Default", False), ("public", "Public catalogue", True), ("system", "System log", True))


def upgrade() -> None:
    op.create_table(
        "document_fields",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("field", KEY, nullable=False),
        sa.Column("text", KEY, nullable=True),
        sa.Column("folded", sa.Text(), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_document_fields")),
    )
    with op.batch_alter_table("document_fields", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_document_fields_tenant_kind_field_text_id"),
            ["tenant", "kind", "field", "text", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_document_fields_tenant_kind_id"), ["tenant", "kind", "id"], unique=False)

    op.create_table(
        "keys",
        sa.Column("id", KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_table(
        "tenants",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
    )
    op.create_table(
        "accounts",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("token_created", sa.BigInteger(), nullable=True),
        sa.Column("last_used", sa.BigInteger(), nullable=True),
        sa.Column("authorization", sa.Text(), nullable=False),
        sa.Column("acl", sa.Text(), nullable=False),
        sa.Column("zones", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("deleted", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_accounts_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_accounts")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_token_hash"), ["token_hash"], unique=True)

    op.create_table(
        "documents",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_documents_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "kind", "id", name=op.f("pk_documents")),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_documents_tenant_kind_name"), ["tenant", "kind", "name"], unique=False)

    op.create_table(
        "events",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("actor_handle", KEY, nullable=False),
        sa.Column("actor_id", KEY, nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=True),
        sa.Column("on_behalf_of", sa.Text(), nullable=True),
        sa.Column("object_kind", KEY, nullable=True),
        sa.Column("object_id", KEY, nullable=True),
        sa.Column("object_name", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("change_request", sa.Text(), nullable=True),
        sa.Column("change_request_id", sa.BigInteger(), nullable=True),
        sa.Column("commit_id", KEY, nullable=True),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("private_digest", sa.Text(), nullable=True),
        sa.Column("private_salt", sa.Text(), nullable=True),
        sa.Column("private_ip", sa.Text(), nullable=True),
        sa.Column("private_name", sa.Text(), nullable=True),
        sa.Column("private_user_agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_events_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "seq", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_events_tenant_actor_handle_seq"), ["tenant", "actor_handle", "seq"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_events_tenant_commit_id_seq"), ["tenant", "commit_id", "seq"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_events_tenant_object_kind_object_id_seq"),
            ["tenant", "object_kind", "object_id", "seq"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_events_tenant_time_seq"), ["tenant", "time", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_tenant_type_seq"), ["tenant", "type", "seq"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=True),
        sa.Column("last_seq", sa.BigInteger(), nullable=True),
        sa.Column("made", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_idempotency_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "actor", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_created"), ["created"], unique=False)

    op.create_table(
        "secrets",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("tag", KEY, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_secrets_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "tag", name=op.f("pk_secrets")),
    )
    tenants = sa.table(
        "tenants",
        *(sa.column(name) for name in ("id", "name", "state", "read_only", "created", "seq", "time", "head", "hash")),
    )
    op.bulk_insert(
        tenants,
        [
            {
                "id": tenant_id,
                "name": name,
                "state": "ACTIVE",
                "read_only": read_only,
                "created": 0,
                "seq": 0,
                "time": 0,
                "head": None,
                "hash": NO_HASH,
            }
            for tenant_id, name, read_only in TENANTS
        ],
    )


def downgrade() -> None:
    op.drop_table("secrets")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_created"))

    op.drop_table("idempotency")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_tenant_type_seq"))
        batch_op.drop_index(batch_op.f("ix_events_tenant_time_seq"))
        batch_op.drop_index(batch_op.f("ix_events_tenant_object_kind_object_id_seq"))
        batch_op.drop_index(batch_op.f("ix_events_tenant_commit_id_seq"))
        batch_op.drop_index(batch_op.f("ix_events_tenant_actor_handle_seq"))

    op.drop_table("events")
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_documents_tenant_kind_name"))

    op.drop_table("documents")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_token_hash"))

    op.drop_table("accounts")
    op.drop_table("tenants")
    op.drop_table("keys")
    with op.batch_alter_table("document_fields", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_fields_tenant_kind_id"))
        batch_op.drop_index(batch_op.f("ix_document_fields_tenant_kind_field_text_id"))

    op.drop_table("document_fields")
