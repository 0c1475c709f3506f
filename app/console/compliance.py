"""The page of compliance: of everything, by rule and by node."""

from collections.abc import Mapping
from typing import Final

from flask import Request, Response

from app.console.change_requests import refused
from app.console.pages import Page
from app.console.rendering import page
from app.console.sessions import Visitor
from app.console.site import Site
from app.console.walking import onward, walk

BY: Final[Mapping[str, tuple[str, str]]] = {
    "rule": ("By rule", "/rules/compliance"),
    "node": ("By node", "/nodes/compliance"),
}
"""Tabs of the page: the title, and where the API lists it."""


def show_compliance(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show how much of what is demanded holds."""
    api = site.api(request, visitor)
    whole = api.get("/compliance")
    if not whole.is_good:
        return refused(visitor, whole)
    shown = request.args.get("by", "rule")
    shown = shown if shown in BY else "rule"
    reply = api.get(BY[shown][1], {"level": "1", **walk(request)})
    if not reply.is_good:
        return refused(visitor, reply)
    return page(
        "compliance.html", visitor, whole=whole.first, shown=shown, tabs={name: tab for name, (tab, _) in BY.items()},
        rows=reply.items("rules" if shown == "rule" else "nodes"), next=onward(reply, request),
    )  # fmt: skip


PAGES: Final = (Page("/compliance", show_compliance, "compliance", label="Compliance"),)
