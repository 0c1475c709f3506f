"""Lists that are walked page by page with the API's cursors."""

from urllib.parse import urlencode

from flask import Request

from app.console.acting import PAGE_SIZE
from app.console.api import Reply


def walk(request: Request) -> dict[str, str]:
    """Give the query that asks the API for the page that the URL names."""
    cursor = request.args.get("cursor", "")
    return {"limit": str(PAGE_SIZE), **({"cursor": cursor} if cursor else {})}


def onward(reply: Reply, request: Request) -> str:
    """Give the query of the page's URL that shows what comes next; nothing on the last page."""
    cursor = (reply.body.get("meta") or {}).get("next") if reply.is_good else None
    kept = {name: text for name, text in request.args.items() if name not in ("cursor", "done", "held")}
    return urlencode({**kept, "cursor": cursor}) if cursor else ""
