"""Rows of the log that are retired: found in runs of neighbours, and deleted."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select

from app.core.values import dataclass
from app.store.session import scoped
from app.store.tables import EventRecord

RETIRABLE = ("AccessDenied", "BadCredentials", "UserLogin", "UserLogout")
"""What may go after its time: none of it says how the configuration came to be what it is."""

_OLD = scoped(
    select(EventRecord.seq, EventRecord.prev_hash, EventRecord.hash)
    .where(
        EventRecord.type.in_(RETIRABLE),
        EventRecord.commit_id.is_(None),
        EventRecord.time < bindparam("before"),
    )
    .order_by(EventRecord.seq)
    .limit(bindparam("most"))
)
_DELETE = delete(EventRecord).where(
    EventRecord.tenant == bindparam("t"), EventRecord.seq >= bindparam("first"), EventRecord.seq <= bindparam("last")
)


@dataclass(frozen=True, slots=True)
class Run:
    """Events without a gap between them, with the hash before the first and that of the last."""

    first: int
    last: int
    prev_hash: str
    last_hash: str

    @property
    def count(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


def old_runs(connection: Connection, tenant: str, *, before_ms: int, most: int) -> list[Run]:
    """Find the oldest `most` events that may be retired, as runs, by seq."""
    runs: list[Run] = []
    for seq, prev_hash, hash_ in connection.execute(_OLD, {"tenant": tenant, "before": before_ms, "most": most}):
        if runs and runs[-1].last == seq - 1:
            runs[-1] = Run(runs[-1].first, seq, runs[-1].prev_hash, hash_)
        else:
            runs.append(Run(seq, seq, prev_hash, hash_))
    return runs


def delete_runs(connection: Connection, tenant: str, runs: Sequence[Run]) -> None:
    """Delete events that a row of the log will speak of, in the caller's transaction."""
    if runs:
        connection.execute(_DELETE, [{"t": tenant, "first": run.first, "last": run.last} for run in runs])
