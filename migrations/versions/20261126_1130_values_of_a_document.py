"""Find the values of one document by their keys, so that sorting a list takes one look-up a document."""

from collections.abc import Sequence

from alembic import op

revision: str = "values_of_a_document"
down_revision: str | None = "account_updates"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OLD, NEW = "ix_document_fields_tenant_kind_id", "ix_document_fields_tenant_kind_id_field_text"


def upgrade() -> None:
    op.drop_index(op.f(OLD), "document_fields")
    op.create_index(op.f(NEW), "document_fields", ["tenant", "kind", "id", "field", "text"])


def downgrade() -> None:
    op.drop_index(op.f(NEW), "document_fields")
    op.create_index(op.f(OLD), "document_fields", ["tenant", "kind", "id"])
