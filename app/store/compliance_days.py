"""What the compliance of a whole fleet was, day by day."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, delete, select

from app.store.base import upsert
from app.store.fleet_tables import ComplianceDayRow
from app.store.session import TenantSession

DAY_MS = 24 * 3600 * 1000
MOST_DAYS = 366
"""Days that are kept."""

_SINCE = (
    select(ComplianceDayRow.day, ComplianceDayRow.measured, ComplianceDayRow.counts)
    .where(ComplianceDayRow.day >= bindparam("first"))
    .order_by(ComplianceDayRow.day)
)
_NEWEST = select(ComplianceDayRow.measured).order_by(ComplianceDayRow.day.desc()).limit(1)


class ComplianceDay(NamedTuple):
    """One day (days since 1970, UTC): when it was measured last, and components by status."""

    day: int
    measured: int
    counts: dict[str, int]


def put_compliance_day(connection: Connection, tenant: str, measured_ms: int, counts: Mapping[str, int]) -> None:
    """Keep a measurement; it takes the place of the one before on the same day."""
    made = {"measured": measured_ms, "counts": orjson.dumps(counts).decode()}
    put = upsert(connection, ComplianceDayRow).on_conflict_do_update(index_elements=["tenant", "day"], set_=made)
    connection.execute(put, [{"tenant": tenant, "day": measured_ms // DAY_MS, **made}])


def list_compliance_days(session: TenantSession, *, first_day: int) -> list[ComplianceDay]:
    """Read the days from one on that were measured, the oldest first."""
    rows = session.rows(_SINCE, {"first": first_day})
    return [ComplianceDay(row.day, row.measured, orjson.loads(row.counts)) for row in rows]


def newest_measurement_ms(session: TenantSession) -> int | None:
    """Say when the compliance was measured last; None before the first time."""
    row = session.find(_NEWEST)
    return None if row is None else int(row[0])


def drop_old_compliance_days(connection: Connection, *, before_day: int) -> None:
    """Delete the days of every tenant before one."""
    connection.execute(delete(ComplianceDayRow).where(ComplianceDayRow.day < before_day))
