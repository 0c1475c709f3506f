"""The tables of what leaves the server: webhooks and their deliveries, mails, and how far each follower of a log is."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.store.base import Base, Key


class WebhookRow(Base):
    """A target that is told of events; `types` is a JSON list, an empty one means all.

    Everything up to the event `cursor` was delivered or is of no interest. The next try is at `due`; a worker that is
    at it holds the row until `lease`. `former` is the secret before the present one, good until `former_until`.
    """

    __tablename__ = "webhooks"

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str]
    url: Mapped[str]
    types: Mapped[str]
    enabled: Mapped[bool]
    secret: Mapped[bytes]
    secret_key: Mapped[str]
    former: Mapped[bytes | None]
    former_key: Mapped[str | None]
    former_until: Mapped[int | None]
    cursor: Mapped[int]
    due: Mapped[int]
    lease: Mapped[int]
    attempts: Mapped[int]
    failing_since: Mapped[int | None]
    fault: Mapped[str | None]
    created: Mapped[int]
    updated: Mapped[int]


class DeliveryRow(Base):
    """One event on its way to one webhook, or how that ended; `due` is set while one asked for by hand waits."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "webhook"], ["webhooks.tenant", "webhooks.id"], ondelete="CASCADE"),
        Index(None, "tenant", "webhook", "id"),
        Index(None, "due"),
        Index(None, "updated"),
    )

    tenant: Mapped[str] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    webhook: Mapped[str] = mapped_column(Key)
    seq: Mapped[int]
    type: Mapped[str]
    by_hand: Mapped[bool]
    state: Mapped[str]
    attempts: Mapped[int]
    status: Mapped[int | None]
    fault: Mapped[str | None]
    took_ms: Mapped[int | None]
    due: Mapped[int | None]
    created: Mapped[int]
    updated: Mapped[int]


class LogCursorRow(Base):
    """How far a follower has read the log of a tenant: everything up to `seq` is done."""

    __tablename__ = "log_cursors"

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    follower: Mapped[str] = mapped_column(Key, primary_key=True)
    seq: Mapped[int]


class MailRow(Base):
    """A mail to be sent at `due`, until that is null; `recipients` is JSON: to, cc, bcc, reply_to."""

    __tablename__ = "mails"
    __table_args__ = (Index(None, "due"), Index(None, "updated"))

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    seq: Mapped[int]
    recipients: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    due: Mapped[int | None]
    attempts: Mapped[int]
    sent: Mapped[int | None]
    fault: Mapped[str | None]
    created: Mapped[int]
    updated: Mapped[int]
