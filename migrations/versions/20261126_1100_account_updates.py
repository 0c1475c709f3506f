"""Say of each account when it was last changed; 0 of those that never were."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "account_updates"
down_revision: str | None = "compliance_days"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("updated", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("accounts", "updated")
