"""Index outcome and change request only of the events that have something to find."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "lean_event_indexes"
down_revision: str | None = "event_filters"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

RARE = {"outcome": "outcome <> 'success'", "change_request_id": "change_request_id IS NOT NULL"}


def upgrade() -> None:
    for column, condition in RARE.items():
        op.drop_index(_name(column), "events")
        where = sa.text(condition)
        op.create_index(_name(column), "events", ["tenant", column, "seq"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for column in RARE:
        op.drop_index(_name(column), "events")
        op.create_index(_name(column), "events", ["tenant", column, "seq"], unique=False)


def _name(column: str) -> str:
    return op.f(f"ix_events_tenant_{column}_seq")
