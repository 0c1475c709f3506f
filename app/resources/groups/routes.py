"""Where groups are reached."""

from collections.abc import Mapping

from app.changes.work import Work
from app.core.canonical import JSON
from app.fleet.fleet import Fleet
from app.fleet.references import category_of
from app.fleet.targets import targets_in_category
from app.http.categories import TreeOf, tree_endpoints
from app.http.collection import Collection, collection_endpoints, collection_writing, fleet_of
from app.http.computed import Computed, answer_one
from app.http.endpoint import Answer, Endpoint, Given, list_under, object_under
from app.http.fleet_search import IMAGE_OF_INSTANCE, INSTANCES_OF_NODE, nodes_of_groups
from app.http.resource import Resource
from app.http.search import Extension, Searchable, by_ids, documents_searchable, show_documents
from app.http.versions import Lifespan
from app.resources.groups.kind import DEFAULTS, GROUP, ROOT_CATEGORY, group_computed, starter
from app.resources.groups.schema import GroupInput, GroupSchema, GroupTreeSchema, InheritedSchema, TreeQuery
from app.store.documents import Stored, find_document


def _computed(work: Work) -> Computed:
    fleet = Fleet.of(work)
    return lambda stored: group_computed(stored, fleet.members)


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
    state=fleet_of,
    empty={**DEFAULTS, **_NOBODY},
    unreadable_create="Could not extract group parameters from request",
    unreadable_update="Could not extract a group from request.",
)


def reload(work: Work, given: Given) -> Answer:
    """Show a group with the nodes that it has now; they are computed at each reading, so that nothing is written."""
    stored = find_document(work.session, GROUP.name, given.path["id"])
    if stored is None:
        raise GROUP.missing(given.path["id"])
    return answer_one(stored, _computed(work)(stored))


def show_inherited(work: Work, given: Given) -> Answer:
    """Show where the properties of a group come from."""
    group = given.path["id"]
    if find_document(work.session, GROUP.name, group) is None:
        raise GROUP.missing(group)
    found: list[JSON] = [one.to_json("group") for one in Fleet.of(work).properties_of_group(group)]
    return Answer.many([{"id": group, "properties": found}])


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

INHERITED = Endpoint(
    methods=("GET",),
    path="/groups/{id}/inheritedProperties",
    action="groupInheritedProperties",
    summary="Show where a group's properties come from",
    right="group_read",
    view=show_inherited,
    container=list_under("groups"),
    output=InheritedSchema,
    lifespan=Lifespan(11),
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
    state=fleet_of,
    more=targets_in_category,
    query=TreeQuery,
    shows=_is_asked_for,
)

ENDPOINTS = (*collection_endpoints(GROUPS), RELOAD, INHERITED, *tree_endpoints(TREE))

SEARCH = documents_searchable(
    GROUP,
    Searchable(
        name="groups",
        path=GROUPS.path,
        right="group_read",
        show=show_documents(_computed),
        extensions={
            "category": Extension(target="groupCategories", find=by_ids("groupCategory", category_of)),
            "nodes": Extension(target="nodes", find_in=nodes_of_groups, many=True),
            "nodes.instances": INSTANCES_OF_NODE,
            "nodes.instances.image": IMAGE_OF_INSTANCE,
        },
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
