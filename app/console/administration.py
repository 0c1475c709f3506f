"""The page from which everything of the tenant is administered, and the order in which its parts are shown."""

from typing import Final

from flask import Request, Response

from app.console import accounts, people, review_policies, roles, settings, start, tenant, webhooks
from app.console.pages import Page
from app.console.rendering import page
from app.console.sessions import Visitor
from app.console.site import Site

TILES: Final = (
    ("users", "People", "Add or invite people, give them roles, shut somebody out"),
    ("roles", "Roles", "Say which rights go together"),
    ("accounts", "API accounts", "Give each script a token of its own"),
    ("reviewPolicies", "Review policies", "Say which changes wait, and for whom"),
    ("webhooks", "Webhooks", "Tell other systems of every event"),
    ("settings", "Settings", "Review, reasons, how nodes run"),
    ("tenant", "Tenant", "Limits, the API key, your other tenants"),
)


def show_administration(_site: Site, _request: Request, visitor: Visitor) -> Response:
    """Show what there is to administer."""
    return page("administration.html", visitor, tiles=TILES)


PAGES: Final = (
    Page("/administration", show_administration, "administration", label="Administration"),
    *people.PAGES,
    *roles.PAGES,
    *accounts.PAGES,
    *review_policies.PAGES,
    *webhooks.PAGES,
    *settings.PAGES,
    *tenant.PAGES,
    *start.PAGES,
)
