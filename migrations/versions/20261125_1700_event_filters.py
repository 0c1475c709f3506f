"""Index every filter of the event log, each with the seq that its pages are ordered by."""

from collections.abc import Sequence

from alembic import op

revision: str = "event_filters"
down_revision: str | None = "first_tables"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FILTERS = ("actor_id", "credential", "object_kind", "object_id", "outcome", "change_request_id")


def upgrade() -> None:
    for column in FILTERS:
        op.create_index(op.f(f"ix_events_tenant_{column}_seq"), "events", ["tenant", column, "seq"], unique=False)


def downgrade() -> None:
    for column in reversed(FILTERS):
        op.drop_index(op.f(f"ix_events_tenant_{column}_seq"), "events")
