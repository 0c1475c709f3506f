"""Where instances are reached."""

from app.changes.work import Work
from app.core.canonical import Document
from app.fleet.hosting.standing import standing_of
from app.http.collection import Collection, collection_endpoints, collection_writing
from app.http.computed import Computed
from app.http.endpoint import Given
from app.http.fleet_search import GROUPS_OF_NODE, IMAGE_OF_INSTANCE, nodes_named
from app.http.resource import Resource
from app.http.search import Extension, Searchable, documents_searchable, show_documents
from app.people.role_shapes import ROLES_OF_USER
from app.people.searching import OWNER_OF_INSTANCE
from app.resources.instances.kind import INSTANCE
from app.resources.instances.schema import InstanceInput, InstanceSchema


def _computed(work: Work) -> Computed:
    standing = standing_of(work)
    return lambda stored: standing.state(stored).to_json()


def _state(work: Work, _given: Given) -> str:
    """Name the state of the list: what nodes report changes it too, beside all versions of documents."""
    return f"{work.session.head().commit} {standing_of(work).stamp}"


INSTANCES = Collection(
    kind=INSTANCE,
    path="/instances",
    singular="Instance",
    plural="instances",
    right="instance",
    input=InstanceInput,
    output=InstanceSchema,
    computed=_computed,
    state=_state,
    since=25,
)

ENDPOINTS = collection_endpoints(INSTANCES)


def _node_of(instance: Document) -> tuple[str]:
    return (str(instance["nodeId"]),)


SEARCH = documents_searchable(
    INSTANCE,
    Searchable(
        name="instances",
        path=INSTANCES.path,
        right="instance_read",
        show=show_documents(_computed),
        extensions={
            "image": IMAGE_OF_INSTANCE,
            "node": Extension(target="nodes", find_in=nodes_named(_node_of)),
            "node.groups": GROUPS_OF_NODE,
            "owner": OWNER_OF_INSTANCE,
            "owner.roles": ROLES_OF_USER,
        },
    ),
)

RESOURCE = Resource(
    name="instances",
    kinds=(INSTANCE,),
    paths={INSTANCE.name: INSTANCES.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={INSTANCE.name: collection_writing(INSTANCES, ENDPOINTS)},
)
