"""Making a page: the layout with what each page needs, and the headers that keep it harmless."""

from typing import Any, Final
from urllib.parse import quote

from flask import Response, render_template

from app.console.sessions import Visitor

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, visitor: Visitor | None = None, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401  what the template shows
    """Fill in a template; every value is shown as text."""
    text = render_template(f"console/{template}", visitor=visitor, **values)
    response = Response(text, status=status, content_type="text/html; charset=utf-8")
    response.headers.update(HEADERS)
    return response


def see(path: str) -> Response:
    """Send the browser on to another page, by GET."""
    response = Response(b"", status=303, content_type="text/html; charset=utf-8")
    response.headers.update({**HEADERS, "Location": path})
    return response


def in_path(text: str) -> str:
    """Write a text as one segment of a path."""
    return quote(text, safe="")
