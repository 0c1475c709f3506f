"""The pages of one's own tenant: its key in the drop-down at the top, its limits, and one's other tenants."""

from typing import Final

from flask import Request, Response

from app.console.acting import Act, Said, told
from app.console.change_requests import refused
from app.console.pages import Page
from app.console.rendering import page
from app.console.sessions import Visitor
from app.console.site import Site

KEY: Final = "/console/tenant/key"
ENDED: Final = "The key is renewed. Every login of this tenant ended with the one before: copy it, then log in again."


def show_tenant(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the tenant, and the person's other ones."""
    api = site.api(request, visitor)
    reply = api.get("/client")
    if not reply.is_good:
        return refused(visitor, reply)
    me = api.get("/auth/me")
    others = [one for one in me.body.get("tenants", []) if one["id"] != visitor.tenant] if me.is_good else []
    return page("tenant.html", visitor, tenant=reply.body, others=others, said=Said())


def show_key(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the key in the drop-down, and renew it."""
    api = site.api(request, visitor)
    acts = {"rotate": Act(lambda api, _sent: api.send("POST", "/client/rotate-key", {}), reveals="apiKey")}
    said = told(api, request, acts, {"rotate": ENDED})
    if isinstance(said, Response):
        return said
    if said.secret:
        # Its own login is over too, so nothing more can be asked of the API here.
        return page("key.html", visitor, said=said, key=said.secret, menu_is_open=True)
    reply = api.get("/client")
    if not reply.is_good:
        return refused(visitor, reply)
    return page(
        "key.html", visitor, status=said.status, said=said, key=reply.body.get("apiKey") or "", menu_is_open=True,
        is_hidden=not may_see_key(visitor),
    )  # fmt: skip


def may_see_key(visitor: Visitor) -> bool:
    """Tell whether the visitor may do everything in the tenant, so that the API shows its key."""
    return visitor.grant.grant.holds_everything


PAGES: Final = (
    Page("/tenant", show_tenant, "tenant"),
    Page("/tenant/key", show_key, "key", takes_forms=True),
)
