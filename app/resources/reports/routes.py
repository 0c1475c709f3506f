"""Where reports are reached."""

from app.changes.work import Work
from app.core.clock import parse_rfc3339
from app.core.errors import InvalidError
from app.fleet.networks import refuse_outside
from app.http.endpoint import BARE, Answer, Endpoint, Given, Page, Paging, list_under
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.reports import service

_NEWEST = 2**62


def take(work: Work, given: Given) -> Answer:
    """Take what a node reports."""
    return Answer.plain(service.take_reports(work, given.path["id"], given.body))


def show_all(work: Work, given: Given) -> Answer:
    """List the runs of a node."""
    page = given.page or Page(100)
    found = service.list_runs(work, given.path["id"], before=_before(page.after), most=page.limit + 1)
    more = len(found) > page.limit
    shown = found[: page.limit]
    return Answer(items=shown, page=page, next=str(shown[-1]["endedAt"]) if more else None)


def show(work: Work, given: Given) -> Answer:
    """Show one run."""
    return Answer(items=(service.get_run(work, given.path["id"], given.path["run"]),))


def _before(after: str) -> int:
    try:
        return parse_rfc3339(after) if after else _NEWEST
    except InvalidError:
        text = "cursor: was not given by this list; leave it out to begin anew"
        raise InvalidError(text, fields={"cursor": [text]}) from None


ENDPOINTS = (
    Endpoint(
        methods=("POST",),
        path="/nodes/{id}/reports",
        action="addNodeReports",
        summary="Hand in the reports of one or more runs; for the node itself",
        right="node_write",
        view=take,
        container=BARE,
        json_only=True,
        lifespan=Lifespan(25),
        id_from="path",
        errors=(400,),
        gate=refuse_outside,
    ),
    Endpoint(
        methods=("GET",),
        path="/nodes/{id}/reports",
        action="nodeReports",
        summary="List the runs of a node, newest first",
        right="compliance_read",
        view=show_all,
        container=list_under("runs"),
        lifespan=Lifespan(25),
        id_from="path",
        paging=Paging(100),
        errors=(404,),
    ),
    Endpoint(
        methods=("GET",),
        path="/nodes/{id}/reports/{run}",
        action="nodeReportDetails",
        summary="Show a run of a node with the result of each component",
        right="compliance_read",
        view=show,
        container=list_under("runs"),
        lifespan=Lifespan(25),
        id_from="path",
        errors=(404,),
    ),
)

RESOURCE = Resource(name="reports", endpoints=ENDPOINTS)
