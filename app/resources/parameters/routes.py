"""Where global parameters are reached."""

from app.http.collection import Collection, collection_endpoints, collection_writing
from app.http.resource import Resource
from app.http.search import Searchable, documents_searchable, show_documents
from app.resources.parameters.kind import PARAMETER, is_listed
from app.resources.parameters.schema import ParameterInput, ParameterSchema

PARAMETERS = Collection(
    kind=PARAMETER,
    path="/parameters",
    singular="Parameter",
    plural="parameters",
    right="parameter",
    input=ParameterInput,
    output=ParameterSchema,
    is_listed=is_listed,
    empty={"value": "", "description": ""},
    unreadable_create="Could not extract a global parameter from request",
    unreadable_update="Could not extract parameter from request.",
)

ENDPOINTS = collection_endpoints(PARAMETERS)

SEARCH = documents_searchable(
    PARAMETER,
    Searchable(name="parameters", path=PARAMETERS.path, right="parameter_read", show=show_documents()),
    hidden="hidden",
)

RESOURCE = Resource(
    name="parameters",
    kinds=(PARAMETER,),
    paths={PARAMETER.name: PARAMETERS.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={PARAMETER.name: collection_writing(PARAMETERS, ENDPOINTS)},
)
