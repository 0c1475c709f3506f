"""Give tenants limits, an external reference and keys."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "tenants"
down_revision: str | None = "people"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("tenants", sa.Column("external_reference", sa.Text(), nullable=True))
    op.add_column("tenants", sa.Column("limits", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("tenants", sa.Column("updated", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "tenant_keys",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("purpose", KEY, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_tenant_keys_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "purpose", name=op.f("pk_tenant_keys")),
    )
    op.create_index(op.f("ix_tenant_keys_hash"), "tenant_keys", ["hash"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_tenant_keys_hash"), table_name="tenant_keys")
    op.drop_table("tenant_keys")
    # Not as a batch: that would drop the table on SQLite, and rows of others refer to it.
    for column in ("updated", "limits", "external_reference"):
        op.drop_column("tenants", column)
