"""Where policies are reached."""

from collections.abc import Mapping
from dataclasses import replace

from app.changes.work import Work
from app.core.errors import InvalidError
from app.fleet.networks import refuse_outside
from app.http.endpoint import BARE, Answer, Endpoint, Given, Page, Paging, list_under, object_under
from app.http.intake import Intake
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.http.writing import Writing
from app.resources.policies import previews, service

_NEWEST = 2**62


def show(work: Work, given: Given) -> Answer:
    """Tell or show the policy of a node."""
    policy, tag = service.policy_of(work, given.path["id"])
    # Secrets are for the node alone; nothing on the way may keep them.
    headers = {"Cache-Control": "no-store"} if policy.get("secrets") else {}
    return Answer(items=(policy,), revision=tag, headers=headers)


def history(work: Work, given: Given) -> Answer:
    """List what a node was told."""
    page = given.page or Page(100)
    before = _before(page.after)
    found = service.history(work, given.path["id"], before=before, most=page.limit + 1)
    return Answer.paged(found, page)


def show_told(work: Work, given: Given) -> Answer:
    """Show what a node was told under a serial."""
    return Answer(items=(service.told_policy(work, given.path["id"], given.path["serial"]),))


def _before(after: str) -> int:
    if not after:
        return _NEWEST
    if not after.isdecimal():
        text = "cursor: was not given by this list; leave it out to begin anew"
        raise InvalidError(text, fields={"cursor": [text]})
    return int(after)


ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path="/nodes/{id}/policy",
        action="nodePolicy",
        summary="Tell a node its policy, signed; show others what it would be told",
        right="node_read",
        view=show,
        container=object_under("policy"),
        lifespan=Lifespan(25),
        id_from="path",
        errors=(404, 409),
        gate=refuse_outside,
    ),
    Endpoint(
        methods=("GET",),
        path="/nodes/{id}/policy/history",
        action="nodePolicyHistory",
        summary="List what a node was told and when, newest first",
        right="node_read",
        view=history,
        container=list_under("policies"),
        lifespan=Lifespan(25),
        id_from="path",
        paging=Paging(100),
        errors=(404,),
    ),
    Endpoint(
        methods=("GET",),
        path="/nodes/{id}/policy/history/{serial}",
        action="nodePolicyTold",
        summary="Show what a node was told under a serial",
        right="node_read",
        view=show_told,
        container=object_under("policy"),
        lifespan=Lifespan(25),
        id_from="path",
        errors=(404,),
    ),
)


def policies_resource(writings: Mapping[str, Writing]) -> Resource:
    """Make the resource; previews read documents as these ways of writing do."""
    changed = {kind: replace(writing, create=writing.modify) for kind, writing in writings.items()}
    intakes = previews.Intakes(create=Intake(writings), modify=Intake(changed))

    def preview(work: Work, given: Given) -> Answer:
        return Answer.plain(previews.preview(work, intakes, given.body))

    endpoint = Endpoint(
        methods=("POST",),
        path="/policies/preview",
        action="previewPolicies",
        summary="Show which nodes' policies some changes would change, and how; nothing is changed",
        right="node_read",
        view=preview,
        container=BARE,
        json_only=True,
        write=False,
        lifespan=Lifespan(25),
        errors=(400, 404, 409),
    )
    return Resource(name="policies", endpoints=(*ENDPOINTS, endpoint))
