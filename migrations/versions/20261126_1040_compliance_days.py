"""Keep what the compliance of a whole fleet was, day by day."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "compliance_days"
down_revision: str | None = "dashboard_users"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "compliance_days",
        sa.Column("tenant", KEY, sa.ForeignKey("tenants.id"), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("measured", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "day"),
    )


def downgrade() -> None:
    op.drop_table("compliance_days")
