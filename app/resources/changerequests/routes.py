"""Where change requests are reached."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from app.http.endpoint import ANYBODY, ARRAY, BARE, Answer, Endpoint, Paging, View, list_under
from app.http.resource import Resource
from app.http.schemas import ApiSchema
from app.http.versions import Lifespan
from app.http.writing import Writing
from app.resources.changerequests.restoring import show_undo
from app.resources.changerequests.schema import (
    AcceptInput,
    DeployInput,
    DetailsQuery,
    DiffQuery,
    EditInput,
    ListQuery,
    NewInput,
    NoInput,
    RebaseInput,
    RenameInput,
    ReviewInput,
)
from app.resources.changerequests.searching import READ, search_of
from app.resources.changerequests.views import Views

DECIDE: Final = ("validator_write", "validator_edit", "deployer_write", "deployer_edit")
ONE: Final = "/changeRequests/{id}"
REQUESTS: Final = list_under("changeRequests")
OURS: Final = Lifespan(25)
SINCE: Final = Lifespan(3)
STEPS: Final = {
    "submit": "Hand a draft in for review",
    "withdraw": "Take back one's own change request",
    "reopen": "Make a draft again of one that was given up",
    "confirm": "Keep what was deployed on trial",
}


def _endpoint(method: str, path: str, action: str, summary: str, view: View, **more: Any) -> Endpoint:  # noqa: ANN401
    declared = {"container": REQUESTS, "lifespan": SINCE, "id_from": "path", **more}
    return Endpoint(methods=(method,), path=path, action=action, summary=summary, view=view, **declared)


def change_requests_resource(writings: Mapping[str, Writing]) -> Resource:
    """Make the resource; `writings` says, by kind, how documents are written and shown."""
    views = Views(writings)
    return Resource(
        name="changerequests", endpoints=(*_rudders(views), *_ours(views)), searchables=(search_of(writings),)
    )


def _rudders(views: Views) -> Iterator[Endpoint]:
    """Declare Rudder's five calls, and the count that its pages ask for."""
    yield _endpoint(
        "GET", "/changeRequests", "listChangeRequests", "List change requests, by id", views.list_all,
        right=READ, container=ARRAY, query=ListQuery, id_from=None, paging=Paging(),
    )  # fmt: skip
    details = _endpoint(
        "GET", ONE, "changeRequestDetails", "Show one change request", views.show, right=READ, query=DetailsQuery
    )
    yield replace(details, state=views.state)
    yield _endpoint(
        "POST", ONE, "updateChangeRequest", "Change name and description", views.rename, right=DECIDE,
        input=RenameInput, errors=(409,),
    )  # fmt: skip
    # In 25 the author declines too: who may is the business of the one table of rules.
    decline = _endpoint(
        "DELETE", ONE, "declineChangeRequest", "Refuse a change request", views.decline, right=DECIDE, errors=(409,)
    )
    yield replace(decline, lifespan=Lifespan(3, 24))
    yield replace(decline, lifespan=OURS, right=ANYBODY)
    yield _endpoint(
        "POST", f"{ONE}/accept", "acceptChangeRequest", "Approve or deploy a change request", views.accept,
        right=DECIDE, input=AcceptInput, errors=(409,),
    )  # fmt: skip
    path = "/changevalidation/workflow/pendingCountByStatus"
    yield _endpoint(
        "GET", path, "pendingChangeRequestCount", "Count what waits", views.count,
        right=("validator_read", "deployer_read"), container=BARE, id_from=None, lifespan=Lifespan(21),
    )  # fmt: skip


def _ours(views: Views) -> Iterator[Endpoint]:
    """Declare what version 25 adds."""

    def verb(path: str, action: str, summary: str, view: Callable[..., Answer], schema: type[ApiSchema]) -> Endpoint:
        return _endpoint(
            "POST", f"{ONE}/{path}", action, summary, view, right=ANYBODY, input=schema, json_only=True,
            lifespan=OURS, errors=(403, 409),
        )  # fmt: skip

    yield _endpoint(
        "POST", "/changeRequests", "createChangeRequest", "Make a change request", views.create, right=ANYBODY,
        input=NewInput, json_only=True, lifespan=OURS, id_from="result", needs=views.needed, creates=True,
        errors=(403, 404, 409),
    )  # fmt: skip
    yield _endpoint(
        "PATCH", ONE, "editChangeRequest", "Edit a change request", views.edit, right=ANYBODY, input=EditInput,
        json_only=True, lifespan=OURS, needs=views.needed, errors=(403, 409),
    )  # fmt: skip
    yield verb("reviews", "reviewChangeRequest", "Approve, ask for changes, comment", views.review, ReviewInput)
    yield verb("deploy", "deployChangeRequest", "Deploy now, later or on trial", views.deploy, DeployInput)
    yield verb("rebase", "rebaseChangeRequest", "Lay it over what is there now", views.rebase, RebaseInput)
    for step, summary in STEPS.items():
        yield verb(step, f"{step}ChangeRequest", summary, views.stepping(step), NoInput)
    yield _endpoint(
        "GET", f"{ONE}/diff", "changeRequestDiff", "Show what it changes, field by field", views.diff, right=READ,
        query=DiffQuery, container=BARE, lifespan=OURS,
    )  # fmt: skip
    yield _endpoint(
        "GET", f"{ONE}/undo", "changeRequestUndo", "Show what taking it back would change now, and what is in the way",
        show_undo, right=READ, container=BARE, lifespan=OURS, errors=(409,),
    )  # fmt: skip
    yield _endpoint(
        "GET", f"{ONE}/impact", "changeRequestImpact", "Show which nodes it reaches", views.impact, right=READ,
        container=BARE, lifespan=OURS,
    )  # fmt: skip
    yield _endpoint(
        "GET", f"{ONE}/impact/nodes/{{node}}", "changeRequestImpactOnNode", "Show what becomes of a node's policy",
        views.impact_on_node, right=READ, container=BARE, lifespan=OURS, id_from=None,
    )  # fmt: skip
