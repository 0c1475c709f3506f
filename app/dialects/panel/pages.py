"""What dashboards open in a browser to see whether a panel is there; their links are the console's."""

from flask import Flask, Response


def mount_landing(app: Flask) -> None:
    """Answer at `/`."""
    app.add_url_rule("/", "landing", _landing)


def _landing() -> Response:
    """Say what this is, to whoever opens the address in a browser and to dashboards that look whether it is there."""
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Sternpost</title>"
        "<h1>Sternpost</h1><p>The API is described at <a href=/api/docs/>/api/docs/</a>.</p>"
    )
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(page, headers=headers, content_type="text/html; charset=utf-8")
