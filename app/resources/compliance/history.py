"""What the compliance of everything was on each of the last days, as the worker measured it."""

from typing import Final

from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import rfc3339
from app.fleet.compliance.statuses import summary
from app.http.endpoint import Answer, Endpoint, Given, list_under
from app.http.versions import Lifespan
from app.resources.compliance.schema import HistoryQuery
from app.store.compliance_days import DAY_MS, list_compliance_days

USUAL_DAYS: Final = 30
USUAL_PRECISION: Final = 2


def show_history(work: Work, given: Given) -> Answer:
    """Show the days that were measured, the oldest first."""
    asked, digits = given.query.get("days"), given.query.get("precision")
    days = asked if isinstance(asked, int) else USUAL_DAYS
    precision = digits if isinstance(digits, int) else USUAL_PRECISION
    return Answer.many(compliance_history(work, days=days, precision=precision))


def compliance_history(work: Work, *, days: int, precision: int) -> list[Document]:
    """Give the compliance of everything on each of the last days that was measured, the oldest first."""
    today = work.committer.clock() // DAY_MS
    return [
        {
            "day": rfc3339(one.day * DAY_MS)[:10],
            "measuredAt": rfc3339(one.measured),
            "components": sum(one.counts.values()),
            **summary(one.counts, precision),
        }
        for one in list_compliance_days(work.session, first_day=today - days + 1)
    ]


HISTORY: Final = Endpoint(
    methods=("GET",),
    path="/compliance/history",
    action="getComplianceHistory",
    summary="Show the compliance of everything on each of the last days, the oldest first",
    right="compliance_read",
    view=show_history,
    container=list_under("complianceHistory"),
    query=HistoryQuery,
    lifespan=Lifespan(25),
)
