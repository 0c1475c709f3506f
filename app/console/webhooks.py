"""The pages of webhooks: where events are sent, what came of each, and sending one again."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Request, Response

from app.console.acting import Act, Sent, told
from app.console.api import Api, Reply
from app.console.change_requests import refused
from app.console.pages import Page
from app.console.rendering import in_path, page
from app.console.sessions import Visitor
from app.console.site import Site
from app.console.walking import onward, walk

DONE: Final[Mapping[str, str]] = {
    "create": "The webhook is made; the event of its own making is the first that it is sent.",
    "change": "It is saved.",
    "renew": "The webhook has a new secret; the one before signs nothing any more.",
    "redeliver": "It is sent once more.",
    "delete": "The webhook is gone, with the log of its deliveries.",
}


def show_webhooks(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the webhooks, and make one."""
    api = site.api(request, visitor)
    said = told(api, request, LIST_ACTS, DONE)
    if isinstance(said, Response):
        return said
    reply = api.get("/webhooks", walk(request))
    if not reply.is_good:
        return refused(visitor, reply)
    return page(
        "webhooks.html", visitor, status=said.status, said=said, webhooks=reply.items("webhooks"),
        next=onward(reply, request),
    )  # fmt: skip


def show_webhook(site: Site, request: Request, visitor: Visitor, one: str) -> Response:
    """Show one webhook with what it was sent."""
    api, path = site.api(request, visitor), f"/webhooks/{in_path(one)}"

    def redeliver(api: Api, sent: Sent) -> Reply:
        return api.send("POST", f"{path}/deliveries/{in_path(sent.text('delivery'))}/redeliver", {})

    acts = {
        "change": Act(lambda api, sent: api.send("POST", path, {**_fields(sent), "enabled": sent.flag("enabled")})),
        "renew": Act(lambda api, _sent: api.send("POST", path, {"rotateSecret": True}), reveals="secret"),
        "redeliver": Act(redeliver),
        "delete": Act(lambda api, _sent: api.send("DELETE", path, None), leads_to="/console/webhooks"),
    }
    said = told(api, request, acts, DONE)
    if isinstance(said, Response):
        return said
    reply = api.get(path)
    if not reply.is_good:
        return refused(visitor, reply)
    deliveries = api.get(f"{path}/deliveries", walk(request))
    return page(
        "webhook.html", visitor, status=said.status, said=said, webhook=reply.first,
        deliveries=deliveries.items("deliveries"), next=onward(deliveries, request),
    )  # fmt: skip


def _fields(sent: Sent) -> dict[str, Any]:
    return {"name": sent.text("name"), "url": sent.text("url"), "types": sent.lines("types")}


LIST_ACTS: Final[Mapping[str, Act]] = {
    "create": Act(
        lambda api, sent: api.send("PUT", "/webhooks", _fields(sent)),
        reveals="secret",
        leads_to="/console/webhooks/{id}",
    )
}

PAGES: Final = (
    Page("/webhooks", show_webhooks, "webhooks", takes_forms=True),
    Page("/webhooks/<one>", show_webhook, "webhook", takes_forms=True),
)
