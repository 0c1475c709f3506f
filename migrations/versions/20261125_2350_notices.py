"""Create the webhooks with their deliveries, the mails, and how far each follower has read a tenant's log."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "notices"
down_revision: str | None = "change_requests"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "url", "types")),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_key", sa.Text(), nullable=False),
        sa.Column("former", sa.LargeBinary(), nullable=True),
        sa.Column("former_key", sa.Text(), nullable=True),
        sa.Column("former_until", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("cursor", "due", "lease", "attempts")),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_webhooks_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("webhook", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("took_ms", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "webhook"],
            ["webhooks.tenant", "webhooks.id"],
            name=op.f("fk_webhook_deliveries_tenant_webhook_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(op.f("ix_webhook_deliveries_tenant_webhook_id"), "webhook_deliveries", ["tenant", "webhook", "id"])
    op.create_index(op.f("ix_webhook_deliveries_due"), "webhook_deliveries", ["due"])
    op.create_index(op.f("ix_webhook_deliveries_updated"), "webhook_deliveries", ["updated"])
    op.create_table(
        "log_cursors",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("follower", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_log_cursors_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "follower", name=op.f("pk_log_cursors")),
    )
    op.create_table(
        "mails",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("recipients", "subject", "text", "html")),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_mails_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_mails")),
    )
    op.create_index(op.f("ix_mails_due"), "mails", ["due"])
    op.create_index(op.f("ix_mails_updated"), "mails", ["updated"])


def downgrade() -> None:
    for table in ("mails", "log_cursors", "webhook_deliveries", "webhooks"):
        op.drop_table(table)
