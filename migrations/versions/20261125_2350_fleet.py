"""Give nodes an inventory, properties, states and tokens, and each tenant the number of its fleet's newest change."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "fleet"
down_revision: str | None = "tenants"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INDEXES = {("tenant", "epoch"): False, ("tenant", "status", "id"): False, ("token_hash",): True}


def columns() -> list[sa.Column[object]]:
    """List the new columns of nodes; the inventory comes last, because it is long."""
    return [
        sa.Column("updated", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("accepted", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, server_default="enabled"),
        sa.Column("policy_mode", sa.Text(), nullable=False, server_default="default"),
        sa.Column("policy_server", sa.Text(), nullable=False, server_default="root"),
        sa.Column("documentation", sa.Text(), nullable=False, server_default=""),
        sa.Column("agent_key", sa.Text(), nullable=True),
        sa.Column("token_hash", KEY, nullable=True),
        sa.Column("token_created", sa.BigInteger(), nullable=True),
        sa.Column("last_inventory", sa.BigInteger(), nullable=True),
        sa.Column("last_run", sa.BigInteger(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("properties", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("inventory", sa.Text(), nullable=False, server_default="{}"),
    ]


def upgrade() -> None:
    op.add_column("tenants", sa.Column("fleet_epoch", sa.BigInteger(), nullable=False, server_default="0"))
    for column in columns():
        op.add_column("nodes", column)
    for names, unique in INDEXES.items():
        op.create_index(op.f(f"ix_nodes_{'_'.join(names)}"), "nodes", list(names), unique=unique)
    op.execute("UPDATE nodes SET accepted = created, updated = created")


def downgrade() -> None:
    for names in INDEXES:
        op.drop_index(op.f(f"ix_nodes_{'_'.join(names)}"), table_name="nodes")
    for column in reversed(columns()):
        op.drop_column("nodes", str(column.name))
    op.drop_column("tenants", "fleet_epoch")
