"""Create the nodes, and the node `root` of every tenant that has machines.

The catalogue and the installation's own log have none (`NODELESS` in app/store/nodes.py).
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "nodes"
down_revision: str | None = "lean_event_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NODELESS = ("public", "system")


def upgrade() -> None:
    nodes = op.create_table(
        "nodes",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_policy_server", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_nodes_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_nodes")),
    )
    tenants = sa.table("tenants", sa.column("id", KEY), sa.column("created", sa.BigInteger()))
    roots = sa.select(
        tenants.c.id, sa.literal("root"), sa.literal("root"), sa.literal("accepted"), sa.true(), tenants.c.created
    ).where(tenants.c.id.not_in(NODELESS))
    columns = ["tenant", "id", "hostname", "status", "is_policy_server", "created"]
    op.execute(nodes.insert().from_select(columns, roots))


def downgrade() -> None:
    op.drop_table("nodes")
