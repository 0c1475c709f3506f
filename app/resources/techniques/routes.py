"""Where techniques are reached."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from app.fleet.techniques.library import list_starters, read_starter
from app.fleet.techniques.versions import document_id
from app.http.collection import head_of
from app.http.endpoint import Container, Endpoint, Paging, View, list_under, object_under
from app.http.history import AtQuery, history_endpoint, revisions_endpoint
from app.http.resource import Resource, Starter
from app.http.schemas import ApiSchema
from app.http.search import Searchable, documents_searchable, show_documents
from app.http.versions import Lifespan
from app.http.why import why_endpoint
from app.http.writing import writing_of
from app.resources.techniques import views
from app.resources.techniques.kind import TECHNIQUE
from app.resources.techniques.schema import ForceQuery, TechniqueInput, TechniqueSchema

LISTED = list_under("techniques")
NAMED, VERSION = "/techniques/{id}", "/techniques/{id}/{version}"
UNREADABLE = "Could not extract a technique from request."
YAML = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")


def _read(  # noqa: PLR0913  what an endpoint is made of
    path: str,
    action: str,
    summary: str,
    view: View,
    *,
    container: Container = LISTED,
    output: type[ApiSchema] | None = None,
    since: int = 14,
) -> Endpoint:
    return Endpoint(
        methods=("GET",),
        path=path,
        action=action,
        summary=summary,
        right="technique_read",
        view=view,
        container=container,
        output=output,
        lifespan=Lifespan(since),
    )


def _write(method: str, path: str, action: str, summary: str, view: View) -> Endpoint:
    return Endpoint(
        methods=(method,),
        path=path,
        action=action,
        summary=summary,
        right="technique_write",
        view=view,
        container=LISTED,
        output=TechniqueSchema,
        lifespan=Lifespan(14),
        dry_run=path != "/techniques/reload",
    )


LIST = _read("/techniques", "getTechniques", "List all techniques", views.list_all, output=TechniqueSchema, since=6)
VERSIONS = _read(NAMED, "getTechniqueAllVersion", "Show every version", views.list_versions, output=TechniqueSchema)
SHOW = _read(VERSION, "getTechnique", "Show one version of a technique", views.show, output=TechniqueSchema)
CREATE = replace(_write("PUT", "/techniques", "createTechnique", "Create a technique", views.create), creates=True)
UPDATE = _write("POST", VERSION, "updateTechnique", "Change one version of a technique", views.update)
CHECK = _write("POST", "/techniques/check", "checkTechnique", "Check a definition, and store nothing", views.check)
DELETE = replace(
    _write("DELETE", VERSION, "deleteTechnique", "Delete one version of a technique", views.delete),
    output=None,
    query=ForceQuery,
    id_from="result",
)

ENDPOINTS = (
    replace(LIST, query=AtQuery, paging=Paging(), state=head_of),
    replace(VERSIONS, query=AtQuery),
    replace(SHOW, query=AtQuery),
    _read("/techniques/versions", "listTechniques", "List names with their versions", views.list_names),
    _read(
        "/techniques/categories",
        "techniqueCategories",
        "Show the categories of techniques",
        views.list_categories,
        container=object_under("techniqueCategories"),
    ),
    _read(
        f"{VERSION}/resources",
        "techniqueResources",
        "List the files of one version of a technique",
        views.list_resources,
        container=list_under("resources"),
    ),
    replace(CREATE, input=TechniqueInput, json_only=True, unreadable=UNREADABLE),
    replace(UPDATE, input=TechniqueInput, json_only=True, partial=True, unreadable=UNREADABLE),
    replace(
        CHECK,
        input=TechniqueInput,
        json_only=True,
        text_types=YAML,
        unreadable=UNREADABLE,
        lifespan=Lifespan(16),
    ),
    replace(DELETE, container=object_under("techniques"), lifespan=Lifespan(14, 21)),
    replace(DELETE, lifespan=Lifespan(22)),
    _write("POST", "/techniques/reload", "updateTechniques", "Read all techniques again", views.list_all),
    revisions_endpoint(
        TECHNIQUE,
        VERSION,
        action="techniqueRevisions",
        right="technique_read",
        container=LISTED,
        document_id=views.key_of,
    ),
    # The id in the envelope would be the path's last parameter, which is a version here.
    *(
        replace(declare(TECHNIQUE, VERSION, "technique", "technique_read", document_id=views.key_of), id_from=None)
        for declare in (history_endpoint, why_endpoint)
    ),
)


def starter() -> Iterable[Starter]:
    """Make the starter library of the public catalogue."""
    for name, version in list_starters():
        yield Starter(TECHNIQUE.name, document_id(name, version), partial(read_starter, name, version))


SEARCH = documents_searchable(
    TECHNIQUE, Searchable(name="techniques", path="/techniques", right="technique_read", show=show_documents())
)

RESOURCE = Resource(
    name="techniques",
    kinds=(TECHNIQUE,),
    paths={TECHNIQUE.name: "/techniques"},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={TECHNIQUE.name: writing_of(ENDPOINTS, "/techniques", VERSION, views.show_change, values=views.in_path)},
    starter=starter,
)
