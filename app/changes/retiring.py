"""Retiring old events that are no configuration: one event stays for many, and the chain verifies across them."""

from sqlalchemy import Connection

from app.changes.committer import Committer
from app.changes.operating import Deed
from app.changes.recording import Fact
from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.context import Context
from app.store.retired import Run, delete_runs, old_runs

AT_ONCE = 2000
"""Events that one transaction retires."""


def retire(committer: Committer, tenant: str, *, before_ms: int) -> int:
    """Retire a tenant's logins and refusals of before a time; answers how many.

    Each part is one transaction: the rows go and the event `EventsRetired` that speaks of them comes, or neither.
    """
    count = 0
    while part := _part(committer, tenant, before_ms):
        count += part
    return count


def _part(committer: Committer, tenant: str, before_ms: int) -> int:
    with committer.database.connect(tenant) as connection:
        if not old_runs(connection, tenant, before_ms=before_ms, most=1):
            return 0

    def act(connection: Connection, _now: int) -> Deed:
        runs = old_runs(connection, tenant, before_ms=before_ms, most=AT_ONCE)
        delete_runs(connection, tenant, runs)
        count = sum(run.count for run in runs)
        ranges: list[JSON] = [_told(run) for run in runs]
        data: Document = {"before": rfc3339(before_ms), "count": count, "ranges": ranges}
        return Deed(facts=(Fact(type="EventsRetired", data=data),) if runs else (), answer={"count": count})

    answer = committer.operate(Context.system(tenant, "Retention of events as configured"), act)
    return int(str(answer["count"]))


def _told(run: Run) -> Document:
    return {
        "first": run.first,
        "last": run.last,
        "count": run.count,
        "firstPrevHash": run.prev_hash,
        "lastHash": run.last_hash,
    }
