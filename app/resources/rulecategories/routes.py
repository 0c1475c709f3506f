"""Where rule categories are reached."""

from app.http.categories import CategoryCollection, category_endpoints, category_writing
from app.http.endpoint import list_under, object_under
from app.http.resource import Resource
from app.http.search import Searchable, documents_searchable, show_documents
from app.resources.rulecategories.kind import RULE_CATEGORY, starter
from app.resources.rulecategories.schema import RuleCategoryInput, RuleCategorySchema

CATEGORIES = CategoryCollection(
    kind=RULE_CATEGORY,
    path="/rules/categories",
    name="RuleCategory",
    right="rule",
    container=object_under("ruleCategories"),
    # Rudder spells it so for deletions, and wraps each.
    deleted=list_under("rulesCategories", wrap="ruleCategories"),
    input=RuleCategoryInput,
    output=RuleCategorySchema,
    member="rule",
    members="rules",
)

ENDPOINTS = category_endpoints(CATEGORIES)

SEARCH = documents_searchable(
    RULE_CATEGORY,
    Searchable(name="ruleCategories", path=CATEGORIES.path, right="rule_read", show=show_documents()),
)

RESOURCE = Resource(
    name="rulecategories",
    kinds=(RULE_CATEGORY,),
    paths={RULE_CATEGORY.name: CATEGORIES.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={RULE_CATEGORY.name: category_writing(CATEGORIES, ENDPOINTS)},
    starter=starter,
)
