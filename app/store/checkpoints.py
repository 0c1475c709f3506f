"""Signed checkpoints: where a tenant's log stood, so that a cut tail or a log written anew is found."""

from typing import NamedTuple

from sqlalchemy import func, or_, select

from app.core.canonical import Document, canonical
from app.core.clock import rfc3339
from app.core.errors import NotFoundError
from app.core.tenancy import DELETED
from app.core.values import dataclass
from app.store.audit_tables import CheckpointRow
from app.store.base import upsert
from app.store.db import Database
from app.store.prepared import Prepared
from app.store.secrets import KeyRing
from app.store.session import TENANT, TenantSession
from app.store.tables import Tenant

FORMAT = 1

_STANDING = select(Tenant.id, Tenant.seq, Tenant.time, Tenant.head, Tenant.hash)
_ONE = Prepared(_STANDING.where(Tenant.id == TENANT, Tenant.state != DELETED))
_kept = select(CheckpointRow.tenant, func.max(CheckpointRow.seq).label("seq")).group_by(CheckpointRow.tenant).subquery()
_MOVED = (
    _STANDING.outerjoin(_kept, _kept.c.tenant == Tenant.id)
    .where(Tenant.seq > 0, Tenant.state != DELETED, or_(_kept.c.seq.is_(None), _kept.c.seq < Tenant.seq))
    .order_by(Tenant.id)
)


class Standing(NamedTuple):
    """Where a tenant's log stands: its last event, that one's time and hash, and the head."""

    tenant: str
    seq: int
    time: int
    head: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a log stood, signed with a key.

    It is a function of the log and the key alone: asked for again, the same position gives the same bytes.
    """

    at: Standing
    key_id: str
    signature: str

    def shown(self) -> Document:
        """Write it as auditors keep it."""
        return {**_statement(self.at), "keyId": self.key_id, "signature": self.signature}


def checkpoint(ring: KeyRing, at: Standing) -> Checkpoint:
    """Sign where a log stands."""
    return Checkpoint(at, *sign_document(ring, _statement(at)))


def sign_document(ring: KeyRing, statement: Document) -> tuple[str, str]:
    """Sign the canonical JSON of a statement together with the id of the key; answers that id and the signature."""
    key_id = ring.active["signing"]
    return ring.sign(canonical({**statement, "keyId": key_id}))


def newest_checkpoint(session: TenantSession, ring: KeyRing) -> Checkpoint:
    """Sign where the session's tenant stands now.

    Raises:
        NotFoundError: its log has not begun.
    """
    rows = session.plain(_ONE, {})
    if not rows or not rows[0][1]:
        raise NotFoundError(f"The log of tenant '{session.tenant}' has no event yet; make a change, then ask again")
    return checkpoint(ring, Standing(*rows[0]))


def keep_checkpoints(database: Database, ring: KeyRing) -> int:
    """Keep a checkpoint of every tenant whose log moved since its last one; answers how many."""
    with database.everywhere("logs that moved") as connection:
        moved = [Standing(*row) for row in connection.execute(_MOVED)]
    if moved:
        made = [checkpoint(ring, at) for at in moved]
        rows = [{**one.at._asdict(), "key_id": one.key_id, "signature": one.signature} for one in made]
        with database.writing_everywhere("checkpoints") as connection:
            connection.execute(upsert(connection, CheckpointRow).on_conflict_do_nothing(), rows)
    return len(moved)


def list_standings(database: Database, tenant: str | None = None) -> list[Standing]:
    """Tell where every log that has begun stands, or that of one tenant."""
    asked = _STANDING.where(Tenant.seq > 0, Tenant.state != DELETED).order_by(Tenant.id)
    with database.everywhere("logs to be witnessed") as connection:
        return [Standing(*row) for row in connection.execute(asked) if tenant in (None, row.id)]


def _statement(at: Standing) -> Document:
    return {
        "format": FORMAT,
        "hash": at.hash,
        "head": at.head,
        "seq": at.seq,
        "tenant": at.tenant,
        "time": rfc3339(at.time),
    }
