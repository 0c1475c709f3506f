"""Documents that end by themselves: which of a tenant's are past their time."""

from typing import Final

from sqlalchemy import Select, select

from app.core.clock import rfc3339
from app.store.session import TENANT, TenantSession
from app.store.tables import DocumentField

FIELD: Final = "expiresAt"
"""The declared value that holds the end, as text in UTC, so that texts compare as times do."""


def ids_of_expired(kind: str, now_ms: int) -> Select[str]:
    """Select the ids of documents of a kind that are past their time, in the session's tenant."""
    field = DocumentField
    return select(field.id).where(
        field.tenant == TENANT, field.kind == kind, field.field == FIELD, field.text <= rfc3339(now_ms)
    )


def list_expired(session: TenantSession, kind: str, now_ms: int) -> list[str]:
    """Read those ids, in order."""
    return [row[0] for row in session.rows(ids_of_expired(kind, now_ms).order_by(DocumentField.id))]
