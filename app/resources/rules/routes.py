"""Where rules are reached."""

from collections.abc import Mapping

from app.changes.work import Work
from app.core.canonical import JSON
from app.fleet.fleet import Fleet
from app.fleet.references import category_of, directives_of, groups_of, technique_id_of
from app.http.categories import TreeOf, tree_endpoints
from app.http.collection import Collection, collection_endpoints, collection_writing, fleet_of
from app.http.computed import Computed, Kept
from app.http.endpoint import object_under
from app.http.fleet_search import nodes_of_groups
from app.http.resource import Resource
from app.http.search import Extension, Searchable, by_ids, documents_searchable, show_documents
from app.resources.rules.kind import DEFAULTS, ROOT_CATEGORY, RULE
from app.resources.rules.schema import RuleInput, RuleSchema, RuleTreeSchema
from app.store.documents import Stored


def _computed(work: Work) -> Computed:
    fleet = Fleet.of(work)

    def computed(stored: Stored) -> Mapping[str, JSON]:
        return fleet.rule_computed(stored.document)

    return Kept(computed, fleet.texts)


RULES = Collection(
    kind=RULE,
    path="/rules",
    singular="Rule",
    plural="rules",
    right="rule",
    input=RuleInput,
    output=RuleSchema,
    computed=_computed,
    state=fleet_of,
    empty={**DEFAULTS, "displayName": "", "enabled": False},
    unreadable_create="Could not extract rule parameters from request",
    unreadable_update="Could not extract a rule from request.",
)

TREE = TreeOf(
    path="/rules/tree",
    action="getRuleTree",
    right="rule",
    container=object_under("ruleCategories"),
    output=RuleTreeSchema,
    category="ruleCategory",
    member=RULE.name,
    members="rules",
    root=ROOT_CATEGORY,
    computed=_computed,
    state=fleet_of,
    named_root=True,
)

SEARCH = documents_searchable(
    RULE,
    Searchable(
        name="rules",
        path=RULES.path,
        right="rule_read",
        show=show_documents(_computed),
        extensions={
            "directives": Extension(target="directives", find=by_ids("directive", directives_of), many=True),
            "directives.technique": Extension(target="techniques", find=by_ids("technique", technique_id_of)),
            "groups": Extension(target="groups", find=by_ids("group", groups_of), many=True),
            "groups.category": Extension(target="groupCategories", find=by_ids("groupCategory", category_of)),
            "groups.nodes": Extension(target="nodes", find_in=nodes_of_groups, many=True),
            "category": Extension(target="ruleCategories", find=by_ids("ruleCategory", category_of)),
        },
    ),
)

ENDPOINTS = (*collection_endpoints(RULES), *tree_endpoints(TREE))

RESOURCE = Resource(
    name="rules",
    kinds=(RULE,),
    paths={RULE.name: RULES.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={RULE.name: collection_writing(RULES, ENDPOINTS)},
)
