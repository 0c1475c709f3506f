"""The tables of review: change requests, and the objects that each of them changes."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.base import Base, Key

_DUE = "due IS NOT NULL"


class ChangeRequestRow(Base):
    """A change set that waits, waited or was refused; `body` is JSON: changes, reviews, options, evaluation.

    `due` is when the next timed act is to be done: expiry, a scheduled deployment, or the end of a confirm window.
    """

    __tablename__ = "change_requests"
    __table_args__ = (
        Index(None, "tenant", "state", "id"),
        Index("ix_change_requests_due", "due", sqlite_where=text(_DUE)),
    )

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Key)
    revision: Mapped[int]
    name: Mapped[str]
    description: Mapped[str]
    author: Mapped[str] = mapped_column(Key)
    created: Mapped[int]
    updated: Mapped[int]
    due: Mapped[int | None]
    body: Mapped[str]


class ChangeRequestObject(Base):
    """One document that a change request changes."""

    __tablename__ = "change_request_objects"
    __table_args__ = (Index(None, "tenant", "kind", "object", "change_request"),)

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    change_request: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Key, primary_key=True)
    object: Mapped[str] = mapped_column(Key, primary_key=True)
