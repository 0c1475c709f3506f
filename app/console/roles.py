"""The pages of roles: which rights go together."""

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
from app.core.rights import ACTIONS, ANY_RIGHTS, OWN_KINDS, RIGHTS, RUDDER_KINDS

DONE: Final[Mapping[str, str]] = {
    "create": "The role can be given to people now.",
    "change": "It is saved; it counts from the next request on of whoever has the role.",
    "delete": "The role is gone.",
}
ABOUT: Final[Mapping[str, str]] = {
    "administrator": "Everything",
    "administration_only": "The server's settings, accounts and archives, and no configuration",
    "compliance": "Sees how nodes comply, and the configuration behind it",
    "configuration": "Writes rules, directives, techniques and parameters",
    "deployer": "Deploys what others approved",
    "everyone": "What each person has besides their own roles",
    "inventory": "Sees nodes",
    "no_rights": "Nothing, whatever else is given",
    "read_only": "Sees everything and changes nothing",
    "rule_only": "Sees rules",
    "user": "Writes configuration, groups and nodes",
    "validator": "Approves what others wrote",
    "workflow": "Approves and deploys",
}
"""What the roles of the system are for; those of a tenant's own say it themselves."""


def show_roles(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the roles, and make one."""
    api = site.api(request, visitor)
    said = told(api, request, LIST_ACTS, DONE)
    if isinstance(said, Response):
        return said
    reply = api.get("/roles")
    if not reply.is_good:
        return refused(visitor, reply)
    return page("roles.html", visitor, status=said.status, said=said, all_roles=reply.items("roles"), **_names())


def show_role(site: Site, request: Request, visitor: Visitor, one: str) -> Response:
    """Show one role, and change its rights."""
    api, path = site.api(request, visitor), f"/roles/{in_path(one)}"
    acts = {
        "change": Act(lambda api, sent: api.send("POST", path, _fields(sent))),
        "delete": Act(lambda api, _sent: api.send("DELETE", path, None), leads_to="/console/roles"),
    }
    said = told(api, request, acts, DONE)
    if isinstance(said, Response):
        return said
    reply = api.get(path)
    if not reply.is_good:
        return refused(visitor, reply)
    role = reply.first
    held = sorted(RIGHTS) if ANY_RIGHTS in role["rights"] else role["rights"]
    is_fixed = role["system"] and role["id"] != "everyone"
    return page(
        "role.html", visitor, status=said.status, said=said, role=role, held=held, is_fixed=is_fixed, **_names()
    )


def _names() -> dict[str, Any]:
    return {"kinds": (*RUDDER_KINDS, *OWN_KINDS), "actions": ACTIONS, "about_roles": ABOUT}


def _fields(sent: Sent) -> dict[str, Any]:
    fields: dict[str, Any] = {name: sent.text(name) for name in ("name", "description") if sent.text(name)}
    return {**fields, "rights": sent.many("rights")}


def _create(api: Api, sent: Sent) -> Reply:
    fields = {"name": "", **_fields(sent)}
    return api.send("PUT", "/roles", {**fields, **({"id": sent.text("id")} if sent.text("id") else {})})


LIST_ACTS: Final[Mapping[str, Act]] = {"create": Act(_create, leads_to="/console/roles/{id}")}

PAGES: Final = (
    Page("/roles", show_roles, "roles", takes_forms=True),
    Page("/roles/<one>", show_role, "role", takes_forms=True),
)
