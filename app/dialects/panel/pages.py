"""What dashboards open in a browser: the page at `/`, and links into the console."""

from typing import Final
from urllib.parse import quote

from flask import Flask, Response, redirect
from werkzeug.wrappers import Response as AnyResponse

LOGIN: Final = "/console/login"
INSTANCES: Final = "/console/objects/instance/"
_SEE_OTHER: Final = 303


def mount_pages(app: Flask) -> None:
    """Give the application these pages; before the root-level routes, which have `POST /login`."""
    app.add_url_rule("/", "landing", _landing)
    app.add_url_rule("/login", "panelLogin", _log_in, methods=["GET"])
    app.add_url_rule("/instance/<one>", "panelInstance", _show_instance, methods=["GET"])


def _landing() -> Response:
    """Say what this is, to whoever opens the address in a browser and to dashboards that look whether it is there."""
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Sternpost</title>"
        "<h1>Sternpost</h1><p>The API is described at <a href=/api/docs/>/api/docs/</a>.</p>"
    )
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(page, headers=headers, content_type="text/html; charset=utf-8")


def _log_in() -> AnyResponse:
    return redirect(LOGIN, _SEE_OTHER)


def _show_instance(one: str) -> AnyResponse:
    return redirect(f"{INSTANCES}{quote(one, safe='')}", _SEE_OTHER)
