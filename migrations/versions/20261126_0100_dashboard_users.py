"""Say of each user whether they may use the dashboard of clients at root level."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "dashboard_users"
down_revision: str | None = "checkpoints"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("users", sa.Column("dashboard", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    op.drop_column("users", "dashboard")
