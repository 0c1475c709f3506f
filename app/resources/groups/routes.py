"""Where groups are reached."""

from collections.abc import Mapping

from app.changes.work import Work
from app.core.canonical import JSON
from app.fleet.references import category_of
from app.fleet.targets import targets_in_category
from app.http.categories import TreeOf, tree_endpoints
from app.http.collection import Collection, collection_endpoints, collection_writing
from app.http.computed import Computed, answer_one
from app.http.endpoint import Answer, Endpoint, Given, list_under, object_under
from app.http.resource import Resource
from app.http.search import Extension, Searchable, by_ids, documents_searchable, show_documents
from app.resources.groups.kind import DEFAULTS, GROUP, ROOT_CATEGORY, group_computed, starter
from app.resources.groups.schema import GroupInput, GroupSchema, GroupTreeSchema, TreeQuery
from app.store.documents import Stored, find_document


def _computed(_work: Work) -> Computed:
    return group_computed


_NOBODY: Mapping[str, JSON] = {"dynamic": False, "enabled": False, "nodeIds": [], "groupClass": [], "target": ""}

GROUPS = Collection(
    kind=GROUP,
    path="/groups",
    singular="Group",
    plural="groups",
    right="group",
    input=GroupInput,
    output=GroupSchema,
    computed=_computed,
    empty={**DEFAULTS, **_NOBODY},
    unreadable_create="Could not extract group parameters from request",
    unreadable_update="Could not extract a group from request.",
)


def reload(work: Work, given: Given) -> Answer:
    """Show a group with the nodes that it has now; they are computed at each reading, so that nothing is written."""
    stored = find_document(work.session, GROUP.name, given.path["id"])
    if stored is None:
        raise GROUP.missing(given.path["id"])
    return answer_one(stored, group_computed(stored))


RELOAD = Endpoint(
    methods=("POST", "GET"),
    path="/groups/{id}/reload",
    action="reloadGroup",
    summary="Evaluate a group's query again",
    right="group_write",
    view=reload,
    container=list_under("groups"),
    output=GroupSchema,
    id_from="result",
    write=True,
)


def _is_asked_for(stored: Stored, given: Given) -> bool:
    return stored.document["system"] is not True or given.query.get("include_system") is True


TREE = TreeOf(
    path="/groups/tree",
    action="getGroupTree",
    right="group",
    container=object_under("groupCategories"),
    output=GroupTreeSchema,
    category="groupCategory",
    member=GROUP.name,
    members="groups",
    root=ROOT_CATEGORY,
    computed=_computed,
    more=targets_in_category,
    query=TreeQuery,
    shows=_is_asked_for,
)

ENDPOINTS = (*collection_endpoints(GROUPS), RELOAD, *tree_endpoints(TREE))

SEARCH = documents_searchable(
    GROUP,
    Searchable(
        name="groups",
        path=GROUPS.path,
        right="group_read",
        show=show_documents(_computed),
        extensions={"category": Extension(target="groupCategories", find=by_ids("groupCategory", category_of))},
    ),
)

RESOURCE = Resource(
    name="groups",
    kinds=(GROUP,),
    paths={GROUP.name: GROUPS.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={GROUP.name: collection_writing(GROUPS, ENDPOINTS)},
    starter=starter,
)
