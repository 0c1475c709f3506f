"""Measuring the compliance of whole fleets from time to time, so that people see how it goes."""

from typing import Final

from app.boot import Installation
from app.core.context import Context
from app.fleet.compliance.kept import fleet_counts
from app.store.compliance_days import newest_measurement_ms, put_compliance_day

HOUR_MS: Final = 3600 * 1000


def measure_compliance(opened: Installation, tenant: str, now_ms: int, *, anew: bool = False) -> None:
    """Keep what the fleet of a tenant comes to, unless nothing is demanded of it, or it was kept within the hour.

    With `anew` it is kept in any case.
    """
    work = opened.work(Context.system(tenant, "Measure the compliance"))
    try:
        newest = newest_measurement_ms(work.session)
        if not anew and newest is not None and now_ms - newest < HOUR_MS:
            return
        counts = fleet_counts(work)
    finally:
        work.release()
    if counts:
        with opened.database.writing(tenant) as connection:
            put_compliance_day(connection, tenant, now_ms, counts)
