"""Where group categories are reached."""

from app.fleet.targets import targets_in_category
from app.http.categories import CategoryCollection, category_endpoints, category_writing
from app.http.endpoint import object_under
from app.http.resource import Resource
from app.http.search import Searchable, documents_searchable, show_documents
from app.resources.groupcategories.kind import GROUP_CATEGORY, starter
from app.resources.groupcategories.schema import GroupCategoryInput, GroupCategorySchema

CATEGORIES = CategoryCollection(
    kind=GROUP_CATEGORY,
    path="/groups/categories",
    name="GroupCategory",
    right="group",
    container=object_under("groupCategories"),
    deleted=object_under("groupCategories"),
    input=GroupCategoryInput,
    output=GroupCategorySchema,
    member="group",
    members="groups",
    more=targets_in_category,
    id_on_errors=True,
    id_of_new=False,
)

ENDPOINTS = category_endpoints(CATEGORIES)

SEARCH = documents_searchable(
    GROUP_CATEGORY,
    Searchable(name="groupCategories", path=CATEGORIES.path, right="group_read", show=show_documents()),
)

RESOURCE = Resource(
    name="groupcategories",
    kinds=(GROUP_CATEGORY,),
    paths={GROUP_CATEGORY.name: CATEGORIES.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={GROUP_CATEGORY.name: category_writing(CATEGORIES, ENDPOINTS)},
    starter=starter,
)
