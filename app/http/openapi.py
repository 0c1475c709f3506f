"""Writes the OpenAPI document of a version from the endpoints that live in it, by flask-smorest."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import Schema

from app.http.endpoint import PUBLIC, Endpoint
from app.http.openapi_schemas import DETAIL, FIELDS, Components, Spec
from app.http.params import GENERAL
from app.http.routing import Route
from app.http.versions import DEPRECATED, TRUE

OPENAPI_VERSION: Final = "3.1.0"
TITLE: Final = "Sternpost"
TOKEN: Final = "X-API-Token"  # noqa: S105  the header's name
LOGIN: Final = "login"

ALWAYS: Final = (401, 403, 429, 500, 503)
"""Errors that any call can meet."""

GENERAL_TEXT: Final = {
    "prettify": "`true` indents the answer",
    "reason": "why the change is made; goes into the event log and the commit",
    "changeRequestName": "name of the change request, if the change needs one",
    "changeRequestDescription": "description of the change request, if the change needs one",
}


def document(endpoints: Sequence[Endpoint], version: int) -> Spec:
    """Write the document of one version."""
    app = Flask("sternpost-openapi", static_folder=None)
    app.config.update(API_TITLE=TITLE, API_VERSION=str(version), OPENAPI_VERSION=OPENAPI_VERSION)
    plugin = MarshmallowPlugin(schema_name_resolver=_nested_name)
    api = Api(app, spec_kwargs={"info": _info(version), "servers": [{"url": "/"}], "marshmallow_plugin": plugin})
    api.spec.components.security_scheme(TOKEN, {"type": "apiKey", "in": "header", "name": TOKEN})
    api.spec.components.security_scheme(LOGIN, {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    components = Components(api)
    for blueprint in _blueprints(_alive(endpoints, version), version, components):
        api.register_blueprint(blueprint)
    written: Spec = api.spec.to_dict()
    _drop_default_errors(written)
    _tell_apart(written)
    return written


def _tell_apart(written: Spec) -> None:
    """Add the path to the ids of operations that share an action: Rudder names some by one word, and so do we."""
    operations = [
        (operation, path)
        for path, methods in written["paths"].items()
        for operation in methods.values()
        if isinstance(operation, dict)
    ]
    counts = Counter(operation["operationId"] for operation, _ in operations)
    for operation, path in operations:
        if counts[operation["operationId"]] > 1:
            place = "_".join(part.strip("{}") for part in path.split("/")[3:])
            operation["operationId"] = f"{operation['operationId']}_{place}"


def _nested_name(schema: type[Schema] | Schema) -> str:
    """Name the schema of an object inside another; whole objects have the plain name, with the members that we add."""
    kind = schema if isinstance(schema, type) else type(schema)
    return f"Nested{kind.__name__.removesuffix('Schema')}"


def _info(version: int) -> Spec:
    return {
        "description": "Configuration of a fleet, as documents that are reviewed, versioned and proven."
        + (" This version is deprecated." if version in DEPRECATED else ""),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _alive(endpoints: Iterable[Endpoint], version: int) -> Iterator[Endpoint]:
    return (endpoint for endpoint in endpoints if version in endpoint.lifespan)


def _blueprints(endpoints: Iterable[Endpoint], version: int, components: Components) -> list[Blueprint]:
    made: dict[str, Blueprint] = {}
    for endpoint in endpoints:
        tag = endpoint.path.split("/")[1]
        blueprint = made.get(tag)
        if blueprint is None:
            blueprint = made[tag] = Blueprint(
                tag.replace(".", "_"), __name__, url_prefix=f"/api/{version}", description=f"Endpoints of {tag}"
            )
        for method in endpoint.methods:
            _add(blueprint, Route(endpoint, version), method, components)
    return list(made.values())


def _add(blueprint: Blueprint, route: Route, method: str, components: Components) -> None:
    endpoint = route.endpoint
    name = f"{endpoint.action}_{method}_{endpoint.path}".replace(".", "_")
    rule = endpoint.path.replace("{", "<string:").replace("}", ">")
    view = _documented(blueprint, route, method, components)
    blueprint.add_url_rule(rule, endpoint=name, view_func=view, methods=[method])


def _documented(blueprint: Blueprint, route: Route, method: str, components: Components) -> Callable[..., Any]:
    """Decorate a stand-in as flask-smorest documents a view; it is never called."""
    endpoint = route.endpoint

    def view(**_values: str) -> None:
        return None

    view.__doc__ = endpoint.summary
    kind = endpoint.media_type or ("text/plain" if endpoint.container.shape == "text" else "application/json")
    described: Any = blueprint.response(200, components.success(route), description="Done", content_type=kind)(view)
    for status in _errors(route, method):
        refusal = _bare(status) if endpoint.bare else components.error(route)
        described = blueprint.alt_response(status, schema=refusal, description=HTTPStatus(status).phrase)(described)
    operation = _operation(route, method, components)
    if endpoint.other_media_types:
        content = {each: {"schema": {"type": "string"}} for each in (kind, *endpoint.other_media_types)}
        operation["responses"] = {"200": {"description": "Done", "content": content}}
    return blueprint.doc(**operation)(described)  # type: ignore[no-any-return]  # untyped library


def _bare(status: int) -> Spec:
    return FIELDS if status == HTTPStatus.BAD_REQUEST else DETAIL


def _operation(route: Route, method: str, components: Components) -> Spec:
    endpoint = route.endpoint
    several = len(endpoint.methods) > 1
    operation: Spec = {
        "operationId": f"{endpoint.action}_{method.lower()}" if several else endpoint.action,
        "x-action": endpoint.action,
        "x-rights": list(endpoint.rights),
        "parameters": list(_parameters(route)),
        "security": [] if PUBLIC in endpoint.rights else [{TOKEN: []}, {LOGIN: []}],
    }
    if route.version in DEPRECATED:
        operation["deprecated"] = True
    body = components.body(route)
    if body is not None:
        operation["requestBody"] = body
        if not endpoint.json_only:
            operation["description"] = "The names of the form may be sent in the query instead, without a body."
    return operation


def _parameters(route: Route) -> Iterator[Spec]:
    endpoint = route.endpoint
    for name in GENERAL if endpoint.writes else GENERAL[:1]:
        schema = {"type": "boolean"} if name == "prettify" else {"type": "string"}
        yield {"in": "query", "name": name, "schema": schema, "description": GENERAL_TEXT[name]}
    if route.query is not None and route.query.fields:
        # apispec spreads a schema over one parameter for each field.
        yield {"in": "query", "schema": type(route.query.schema)}
    if not route.era.strict:
        return
    if endpoint.paging is not None:
        most = endpoint.paging.most
        yield {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": most}}
        yield {"in": "query", "name": "cursor", "schema": {"type": "string"}, "description": "`meta.next` of a page"}
    if endpoint.writes:
        yield {"in": "header", "name": "If-Match", "schema": {"type": "string"}, "description": 'a revision: `"7"`'}
        yield {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 255}}
        if endpoint.dry_run:
            yield {"in": "header", "name": "Prefer", "schema": {"type": "string"}, "description": "`dry-run`"}


def _errors(route: Route, method: str) -> list[int]:
    endpoint = route.endpoint
    statuses = {*ALWAYS, 404, *_true_errors(route)} if route.era is TRUE else {*ALWAYS, 404}
    if route.input is not None or endpoint.json_only:
        statuses |= {413, 415}
    if method in ("POST", "PUT", "DELETE"):
        statuses.add(413)
    if PUBLIC in endpoint.rights:
        statuses -= {403} - set(endpoint.errors)
    return sorted(statuses)


def _true_errors(route: Route) -> set[int]:
    own = {400, 405, *route.endpoint.errors}
    return own | {409, 412} if route.endpoint.writes else own


def _drop_default_errors(spec: Spec) -> None:
    """Take out flask-smorest's own error answer, which nothing here gives."""
    for path in spec["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.get("responses", {}).pop("default", None)
                operation.get("responses", {}).pop("422", None)
    components = spec.get("components", {})
    for group, names in (
        ("responses", ("DEFAULT_ERROR", "UNPROCESSABLE_ENTITY")),
        ("schemas", ("Error", "PaginationMetadata")),
    ):
        for name in names:
            components.get(group, {}).pop(name, None)
    components.pop("responses", None)
    components.pop("headers", None)
