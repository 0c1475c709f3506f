"""The tables that prove the log from outside of it."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.store.base import Base, Key


class CheckpointRow(Base):
    """A signed statement of where a tenant's log stood; rows are only ever added."""

    __tablename__ = "checkpoints"

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[int]
    head: Mapped[str | None]
    hash: Mapped[str]
    key_id: Mapped[str]
    signature: Mapped[str]
