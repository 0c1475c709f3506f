"""Remember by which keys the documents of a kind were listed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "declared_keys"
down_revision: str | None = "nodes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "declared_keys",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_declared_keys")),
    )


def downgrade() -> None:
    op.drop_table("declared_keys")
