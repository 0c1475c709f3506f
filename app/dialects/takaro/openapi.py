"""The description of root-level routes as OpenAPI, and its page; the native API has its own under /api/docs."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from flask import Response

from app.core.canonical import JSON, Document
from app.dialects.takaro.envelope import PROBLEMS
from app.dialects.takaro.visit import Asks, Route, Visit
from app.http.envelope import JSON_TYPE, dump

_PARAMETER: Final = re.compile(r"\{([A-Za-z]+)\}")
_SCHEMES: Final[dict[str, JSON]] = {
    "login": {"type": "http", "scheme": "bearer", "description": "The token of POST /login"},
    "domainToken": {"type": "apiKey", "in": "header", "name": "x-takaro-token"},
    "adminToken": {"type": "apiKey", "in": "header", "name": "X-Takaro-Admin-Token"},
}
_SECURITY: Final[dict[Asks, list[JSON]]] = {
    "person": [{"login": []}, {"domainToken": []}],
    "admin": [{"adminToken": []}],
    "nobody": [],
}


def document_routes(routes: Sequence[Route], *, is_open: bool) -> tuple[Route, ...]:
    """Declare where the description of the routes is."""
    asks: Asks = "nobody" if is_open else "person"

    def show(_visit: Visit) -> Response:
        return Response(dump(describe(routes)), content_type=JSON_TYPE, headers={"Cache-Control": "no-store"})

    def show_page(_visit: Visit) -> Response:
        return Response(status=302, headers={"Location": "/api/docs/"})

    return (
        Route("GET", "/openapi.json", "Describe these routes", show, asks=asks),
        Route("GET", "/api.html", "Go to the pages of all documents", show_page, asks=asks),
    )


def describe(routes: Iterable[Route]) -> Document:
    """Write the OpenAPI document of these routes."""
    paths: dict[str, JSON] = {}
    for route in routes:
        at = paths.setdefault(route.path, {})
        if isinstance(at, dict):
            at[route.method.lower()] = _operation(route)
    about: Document = {"title": "Sternpost, root level", "version": "1", "description": "For clients of Takaro"}
    return {
        "openapi": "3.0.3",
        "info": about,
        "paths": paths,
        "components": {"securitySchemes": _SCHEMES, "schemas": _SCHEMAS},
    }


def _operation(route: Route) -> Document:
    names: list[JSON] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    envelope: Document = {"application/json": {"schema": {"$ref": "#/components/schemas/Envelope"}}}
    needs = f"Needs {route.permission}." if route.permission else ""
    operation: Document = {
        "summary": route.summary,
        "description": needs,
        "security": _SECURITY[route.asks],
        "parameters": names,
        "responses": {
            "200": {"description": "Done", "content": envelope},
            "default": {"description": "Refused; meta.error says why", "content": envelope},
        },
    }
    if route.method in ("POST", "PUT"):
        operation["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return operation


_CODES: Final[list[JSON]] = [*sorted({"ValidationError", *(said.code for said in PROBLEMS.values())})]
_ERROR: Final[Document] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "enum": _CODES},
        "message": {"type": "string"},
        "details": {"type": "array", "items": {"type": "object"}, "nullable": True},
    },
}
_SCHEMAS: Final[Document] = {
    "Envelope": {
        "type": "object",
        "required": ["meta", "data"],
        "properties": {
            "meta": {
                "type": "object",
                "properties": {
                    "serverTime": {"type": "string", "format": "date-time"},
                    "page": {"type": "integer"},
                    "limit": {"type": "integer"},
                    "total": {"type": "integer"},
                    "error": _ERROR,
                },
            },
            "data": {"nullable": True},
        },
    }
}
