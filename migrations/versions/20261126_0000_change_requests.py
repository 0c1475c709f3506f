"""Create change requests and the objects that each of them changes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "change_requests"
down_revision: str | None = "policies"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "change_requests",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("author", KEY, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_change_requests_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_change_requests")),
    )
    op.create_index(op.f("ix_change_requests_tenant_state_id"), "change_requests", ["tenant", "state", "id"])
    has_due = sa.text("due IS NOT NULL")
    op.create_index(
        "ix_change_requests_due", "change_requests", ["due"], sqlite_where=has_due, postgresql_where=has_due
    )
    op.create_table(
        "change_request_objects",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("change_request", sa.BigInteger(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("object", KEY, nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_change_request_objects_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "change_request", "kind", "object", name=op.f("pk_change_request_objects")),
    )
    op.create_index(
        op.f("ix_change_request_objects_tenant_kind_object_change_request"),
        "change_request_objects",
        ["tenant", "kind", "object", "change_request"],
    )


def downgrade() -> None:
    op.drop_table("change_request_objects")
    op.drop_table("change_requests")
