"""The tables of what nodes are told and what they report."""

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.store.base import Base, Key


class BundleRow(Base):
    """One bundle by its hash, shared by all nodes that were ever told it; `body` is canonical JSON, secrets as tags."""

    __tablename__ = "bundles"

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(Key, primary_key=True)
    body: Mapped[str]
    created: Mapped[int] = mapped_column(BigInteger)


class PolicyRow(Base):
    """What a node was told, and when first; the highest serial is what it is told now."""

    __tablename__ = "policies"
    __table_args__ = (Index(None, "tenant", "bundle"),)

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    node: Mapped[str] = mapped_column(Key, primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    bundle: Mapped[str] = mapped_column(Key)
    told: Mapped[int] = mapped_column(BigInteger)


class RunRow(Base):
    """One run of an agent: `counts` are components by status, as JSON, `results` the list that it reported.

    The times `started` and `ended` are the node's own, `received` is ours.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index(None, "tenant", "node", "ended", "id"),
        Index(None, "tenant", "received"),
    )

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    node: Mapped[str] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    started: Mapped[int] = mapped_column(BigInteger)
    ended: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    serial: Mapped[int] = mapped_column(BigInteger)
    bundle: Mapped[str] = mapped_column(Key)
    counts: Mapped[str]
    results: Mapped[str]


class LastRunRow(Base):
    """The newest run of each node, so that the state of a whole fleet is read without its history."""

    __tablename__ = "last_runs"

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    node: Mapped[str] = mapped_column(Key, primary_key=True)
    run: Mapped[str] = mapped_column(Key)
    ended: Mapped[int] = mapped_column(BigInteger)


class ComplianceDayRow(Base):
    """What the components of a whole fleet came to on one day (days since 1970, UTC), as measured last on it.

    `counts` are components by status, as JSON; `measured` is when.
    """

    __tablename__ = "compliance_days"

    tenant: Mapped[str] = mapped_column(Key, ForeignKey("tenants.id"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    measured: Mapped[int] = mapped_column(BigInteger)
    counts: Mapped[str]
