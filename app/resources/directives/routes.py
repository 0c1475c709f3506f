"""Where directives are reached."""

from collections.abc import Callable
from dataclasses import replace

from app.changes.work import Work
from app.core.errors import NotFoundError
from app.fleet.references import category_of, groups_of, technique_id_of
from app.fleet.techniques.versions import document_id
from app.http.collection import Collection, collection_endpoints, collection_writing, modification_of
from app.http.endpoint import Answer, Endpoint, Given, Shown, list_under
from app.http.history import revisions_endpoint
from app.http.resource import Resource
from app.http.search import Extension, Searchable, by_ids, by_value, documents_searchable, show_documents
from app.http.versions import Lifespan
from app.resources.directives.kind import DEFAULTS, DIRECTIVE
from app.resources.directives.schema import DirectiveInput, DirectiveSchema, TreeQuery
from app.resources.directives.tree import Write, as_rudder, as_stored, directive_tree
from app.store.documents import find_document, holders

LISTED = list_under("directives")
UNREADABLE = "Could not extract a directive from request."

DIRECTIVES = Collection(
    kind=DIRECTIVE,
    path="/directives",
    singular="Directive",
    plural="directives",
    right="directive",
    input=DirectiveInput,
    output=DirectiveSchema,
    empty={**DEFAULTS, "enabled": False},
    unreadable_create="Could not extract directive parameters from request",
    unreadable_update=UNREADABLE,
)


def check(work: Work, given: Given) -> Answer:
    """Show a directive as an update would leave it."""
    change = work.preview([modification_of(DIRECTIVE, given)]).asked[0]
    # What is shown was not stored, so it has no revision to tag the answer with.
    return replace(Answer.one(Shown(change.shown)), revision=None)


def tree(write: Write) -> Callable[[Work, Given], Answer]:
    """Make the view of the tree that shows directives in one way."""

    def view(work: Work, given: Given) -> Answer:
        include_system = given.query.get("include_system") is True
        return Answer.many([directive_tree(work, write, include_system=include_system)])

    return view


def of_technique(work: Work, given: Given) -> Answer:
    """List the directives of every version of a technique."""
    name = given.path["name"]
    if not holders(work.session, "technique", "id", name):
        text = f"Technique '{name}' does not exist"
        raise NotFoundError(f"{text}; GET /techniques/versions lists those that do", rudder=text)
    return Answer.many(Shown(stored) for stored in holders(work.session, "directive", "techniqueName", name))


def of_version(work: Work, given: Given) -> Answer:
    """List the directives of one version of a technique."""
    name, version = given.path["name"], given.path["version"]
    technique = document_id(name, version)
    if find_document(work.session, "technique", technique) is None:
        text = f"Version '{version}' of Technique '{name}' does not exist"
        raise NotFoundError(f"{text}; GET /techniques/{name} lists those that do", rudder=text)
    return Answer.many(Shown(stored) for stored in holders(work.session, "directive", "technique", technique))


TREE = Endpoint(
    methods=("GET",),
    path="/directives/tree",
    action="directiveTree",
    summary="Show categories, techniques and their directives",
    right="directive_read",
    view=tree(as_rudder),
    container=LISTED,
    query=TreeQuery,
    lifespan=Lifespan(14, 24),
)

ENDPOINTS = (
    *collection_endpoints(DIRECTIVES),
    Endpoint(
        methods=("POST",),
        path="/directives/{id}/check",
        action="checkDirective",
        summary="Show a directive as an update would leave it, and store nothing",
        right="directive_write",
        view=check,
        container=LISTED,
        input=DirectiveInput,
        partial=True,
        output=DirectiveSchema,
        id_from="result",
        unreadable=UNREADABLE,
    ),
    TREE,
    replace(TREE, view=tree(as_stored), lifespan=Lifespan(25)),
    revisions_endpoint(
        DIRECTIVE, "/directives/{id}", action="directiveRevisions", right="directive_read", container=LISTED
    ),
    Endpoint(
        methods=("GET",),
        path="/techniques/{name}/directives",
        action="listTechniquesDirectives",
        summary="List the directives of every version of a technique",
        right="technique_read",
        view=of_technique,
        container=LISTED,
        output=DirectiveSchema,
        lifespan=Lifespan(6),
    ),
    Endpoint(
        methods=("GET",),
        path="/techniques/{name}/{version}/directives",
        action="listTechniqueDirectives",
        summary="List the directives of one version of a technique",
        right="technique_read",
        view=of_version,
        container=LISTED,
        output=DirectiveSchema,
        lifespan=Lifespan(6),
    ),
)

SEARCH = documents_searchable(
    DIRECTIVE,
    Searchable(
        name="directives",
        path=DIRECTIVES.path,
        right="directive_read",
        show=show_documents(),
        extensions={
            "technique": Extension(target="techniques", find=by_ids("technique", technique_id_of)),
            "rules": Extension(target="rules", find=by_value("rule", "directives", lambda one: one.id), many=True),
            "rules.groups": Extension(target="groups", find=by_ids("group", groups_of), many=True),
            "rules.category": Extension(target="ruleCategories", find=by_ids("ruleCategory", category_of)),
        },
    ),
)

RESOURCE = Resource(
    name="directives",
    kinds=(DIRECTIVE,),
    paths={DIRECTIVE.name: DIRECTIVES.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={DIRECTIVE.name: collection_writing(DIRECTIVES, ENDPOINTS)},
)
