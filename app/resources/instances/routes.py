"""Where instances are reached."""

from app.changes.work import Work
from app.core.canonical import Document
from app.fleet.hosting.standing import standing_of
from app.http.collection import Collection, collection_endpoints, collection_writing
from app.http.computed import Computed
from app.http.endpoint import Given
from app.http.fleet_search import nodes_named
from app.http.resource import Resource
from app.http.search import Extension, Searchable, by_ids, documents_searchable, show_documents
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


def _image_of(instance: Document) -> tuple[str]:
    return (str(instance["imageId"]),)


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
            "image": Extension(target="images", find=by_ids("image", _image_of)),
            "node": Extension(target="nodes", find_in=nodes_named(_node_of)),
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
