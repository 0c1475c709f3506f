"""Where review policies are reached."""

from collections.abc import Mapping
from dataclasses import replace

from app.changes.review.policy import Policy, parse_policy
from app.changes.view import BatchView
from app.changes.work import Work
from app.core.canonical import JSON
from app.http.collection import Collection, collection_endpoints, collection_writing
from app.http.computed import Computed
from app.http.endpoint import Given
from app.http.resource import Resource
from app.http.search import Searchable, documents_searchable, show_documents
from app.resources.reviewpolicies.kind import REVIEW_POLICY
from app.resources.reviewpolicies.schema import ReviewPolicyInput, ReviewPolicySchema
from app.store.documents import Stored


def _computed(work: Work) -> Computed:
    """Say of which teams a policy wants more people than there are; nothing where there are enough."""
    counts: dict[str | None, int] = {}

    def computed(stored: Stored) -> Mapping[str, JSON]:
        policy = parse_policy(stored.id, stored.revision, stored.document)
        if not counts.keys() >= {need.team for need in policy.needs}:
            counts.update(_count(work, policy))
        lacking: list[JSON] = [
            f"{need.text} is wanted, and there are {counts[need.team]} who may approve"
            for need in policy.needs
            if counts[need.team] < need.least
        ]
        return {"unsatisfiable": lacking} if lacking else {}

    return computed


def _count(work: Work, policy: Policy) -> dict[str | None, int]:
    committer = work.committer
    with committer.database.connect(work.ctx.tenant) as connection:
        view = BatchView(connection, work.ctx.tenant, committer.kinds, work.ctx)
        voters = committer.desk(connection, work.ctx, committer.clock(), view).voters
        return {need.team: len(voters.eligible(need.team, view)) for need in policy.needs}


def _newest(work: Work, _given: Given) -> str:
    """Name what a list depends on: people are no documents, so every event counts."""
    return f"events-{work.session.head().seq}"


POLICIES = Collection(
    kind=REVIEW_POLICY,
    path="/reviewPolicies",
    singular="ReviewPolicy",
    plural="reviewPolicies",
    right="reviewPolicy",
    input=ReviewPolicyInput,
    output=ReviewPolicySchema,
    computed=_computed,
    since=25,
)

ENDPOINTS = tuple(one if one.state is None else replace(one, state=_newest) for one in collection_endpoints(POLICIES))

SEARCH = documents_searchable(
    REVIEW_POLICY,
    Searchable(name="reviewPolicies", path=POLICIES.path, right="reviewPolicy_read", show=show_documents()),
)

RESOURCE = Resource(
    name="reviewpolicies",
    kinds=(REVIEW_POLICY,),
    paths={REVIEW_POLICY.name: POLICIES.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={REVIEW_POLICY.name: collection_writing(POLICIES, ENDPOINTS)},
)
