"""Where images are reached."""

from app.http.collection import Collection, collection_endpoints, collection_writing
from app.http.resource import Resource
from app.http.search import Searchable, documents_searchable, show_documents
from app.resources.images.kind import IMAGE, starter
from app.resources.images.schema import ImageInput, ImageSchema

IMAGES = Collection(
    kind=IMAGE,
    path="/images",
    singular="Image",
    plural="images",
    right="image",
    input=ImageInput,
    output=ImageSchema,
    since=25,
)

ENDPOINTS = collection_endpoints(IMAGES)

SEARCH = documents_searchable(
    IMAGE, Searchable(name="images", path=IMAGES.path, right="image_read", show=show_documents())
)

RESOURCE = Resource(
    name="images",
    kinds=(IMAGE,),
    paths={IMAGE.name: IMAGES.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={IMAGE.name: collection_writing(IMAGES, ENDPOINTS)},
    starter=starter,
)
