"""Keep what nodes are told (bundles, serials) and what they report (runs)."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "policies"
down_revision: str | None = "fleet"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
KEYS = {
    "bundles": ("hash",),
    "policies": ("node", "serial"),
    "runs": ("node", "id"),
    "last_runs": ("node",),
}
INDEXES = {"policies": (("tenant", "bundle"),), "runs": (("tenant", "node", "ended", "id"), ("tenant", "received"))}


def columns(table: str) -> list[sa.Column[object]]:
    """List the columns of a table behind its tenant."""

    def texts(*names: str) -> list[sa.Column[object]]:
        return [sa.Column(name, sa.Text(), nullable=False) for name in names]

    def keys(*names: str) -> list[sa.Column[object]]:
        return [sa.Column(name, KEY, nullable=False) for name in names]

    def times(*names: str) -> list[sa.Column[object]]:
        return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]

    return {
        "bundles": [*keys("hash"), *texts("body"), *times("created")],
        "policies": [*keys("node"), *times("serial"), *keys("bundle"), *times("told")],
        "runs": [
            *keys("node", "id"),
            *times("started", "ended", "received", "serial"),
            *keys("bundle"),
            *texts("counts", "results"),
        ],
        "last_runs": [*keys("node", "run"), *times("ended")],
    }[table]


def upgrade() -> None:
    for table, keys in KEYS.items():
        op.create_table(
            table,
            sa.Column("tenant", KEY, sa.ForeignKey("tenants.id"), nullable=False),
            *columns(table),
            sa.PrimaryKeyConstraint("tenant", *keys),
        )
    for table, indexes in INDEXES.items():
        for names in indexes:
            op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, list(names))


def downgrade() -> None:
    for table in reversed(KEYS):
        op.drop_table(table)
