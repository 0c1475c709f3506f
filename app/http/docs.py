"""Serves the OpenAPI document of each version and its two readers, from local files only."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, request, send_from_directory

from app.core.errors import UnknownPathError
from app.http.endpoint import Endpoint
from app.http.envelope import JSON_TYPE, dump
from app.http.responses import respond
from app.http.versions import DEPRECATED, LATEST, VERSIONS, find_version

ASSETS: Final = Path(__file__).parent / "assets"
SWAGGER: Final = "swagger-ui-5.35.0"
REDOC: Final = "redoc-2.5.4"
HTML_TYPE: Final = "text/html; charset=utf-8"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'"
)
"""Both readers make their style at run time, and ReDoc searches in a worker; nothing may come from elsewhere."""

Guard = Callable[[], Response | None]

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">
{head}</head>
<body>{body}</body>
</html>
"""


def mount_docs(app: Flask, endpoints: Sequence[Endpoint], *, is_open: bool, guard: Guard) -> None:
    """Serve the documents below `/api/docs/`; when they are not open, `guard` answers those without a credential."""

    @cache
    def written(version: int) -> bytes:
        from app.http.openapi import document  # noqa: PLC0415  apispec is loaded when somebody asks, not at each start

        return dump(document(endpoints, version)).encode()

    def guarded(serve: Callable[[], Response]) -> Response:
        refusal = None if is_open else guard()
        return serve() if refusal is None else refusal

    def openapi(name: str) -> Response:
        return guarded(lambda: respond(request, written(_version(name)), 200, {}, JSON_TYPE))

    def swagger(name: str) -> Response:
        return guarded(lambda: _reader(f"Sternpost API {_version(name)}", SWAGGER_HEAD, SWAGGER_BODY))

    def redoc(name: str) -> Response:
        return guarded(lambda: _reader(f"Sternpost API {_version(name)}", "", REDOC_BODY))

    def asset(name: str) -> Response:
        response = send_from_directory(ASSETS, name, max_age=86_400)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    app.add_url_rule("/api/docs/", "docs", lambda: guarded(_index))
    app.add_url_rule("/api/docs", "docs_index", lambda: guarded(_index))
    app.add_url_rule("/api/docs/<name>/openapi.json", "docs_openapi", openapi)
    app.add_url_rule("/api/docs/<name>/", "docs_swagger", swagger)
    app.add_url_rule("/api/docs/<name>/redoc", "docs_redoc", redoc)
    app.add_url_rule("/api/docs/assets/<path:name>", "docs_asset", asset)


SWAGGER_HEAD: Final = f"""<link rel="stylesheet" href="../assets/{SWAGGER}/swagger-ui.css">
<link rel="icon" href="../assets/{SWAGGER}/favicon-32x32.png">
"""
SWAGGER_BODY: Final = (
    f'<div id="api"></div><script src="../assets/{SWAGGER}/swagger-ui-bundle.js"></script>'
    '<script src="../assets/swagger.js"></script>'
)
REDOC_BODY: Final = (
    f'<div id="api"></div><script src="../assets/{REDOC}/redoc.standalone.js"></script>'
    '<script src="../assets/redoc.js"></script>'
)


def _version(name: str) -> int:
    version = find_version(name)
    if version is None:
        raise UnknownPathError(
            f"There is no version '{name[:40]}'; use one of: latest, {', '.join(map(str, VERSIONS))}"
        )
    return version


def _reader(title: str, head: str, body: str) -> Response:
    page = _PAGE.format(title=title, head=head, body=body)
    return respond(request, page.encode(), 200, {"Content-Security-Policy": POLICY}, HTML_TYPE)


def _index() -> Response:
    lines = "\n".join(
        f'<li>Version {version}{_mark(version)}: <a href="/api/docs/{version}/">Swagger UI</a>, '
        f'<a href="/api/docs/{version}/redoc">ReDoc</a>, '
        f'<a href="/api/docs/{version}/openapi.json">openapi.json</a></li>'
        for version in reversed(VERSIONS)
    )
    body = f"<h1>Sternpost API</h1><ul>\n{lines}\n</ul>"
    return _reader("Sternpost API", "", body)


def _mark(version: int) -> str:
    if version == LATEST:
        return " (latest)"
    return " (deprecated)" if version in DEPRECATED else ""
