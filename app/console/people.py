"""The pages of people: who belongs to the tenant, what they may do, and the tokens of one's own."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from flask import Request, Response

from app.console.acting import Act, Sent, search, sought, told
from app.console.api import Api, Reply
from app.console.change_requests import refused
from app.console.pages import Page
from app.console.rendering import in_path, page
from app.console.roles import ABOUT
from app.console.sessions import Visitor
from app.console.site import Site

PASSWORD_BYTES: Final = 12
DONE: Final[Mapping[str, str]] = {
    "create": "The person can log in now.",
    "invite": "The invitation is on its way.",
    "change": "It is saved.",
    "password": "The new password counts from now on.",
    "disable": "The person is shut out, with every login and token.",
    "enable": "The person may come in again.",
    "delete": "The membership is over.",
    "token": "The token is made.",
    "end_token": "The token opens nothing any more.",
}


def show_people(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show who belongs to the tenant, and take in somebody more."""
    api = site.api(request, visitor)
    said = told(api, request, LIST_ACTS, DONE)
    if isinstance(said, Response):
        return said
    text = sought(request)
    asked: dict[str, Any] = {"sortBy": "username"}
    if text:
        asked["search"] = {"username": [text], "name": [text], "email": [text]}
    reply, around = search(api, "/users", asked, request)
    if not reply.is_good:
        return refused(visitor, reply)
    return page(
        "people.html", visitor, status=said.status, said=said, people=reply.items(), total=reply.body["meta"]["total"],
        sought=text, around=around, roles=roles_of(api),
    )  # fmt: skip


def show_person(site: Site, request: Request, visitor: Visitor, one: str) -> Response:
    """Show one person, and change what can be changed."""
    api, path = site.api(request, visitor), f"/users/{in_path(one)}"
    said = told(api, request, acts_on(path), DONE)
    if isinstance(said, Response):
        return said
    reply = api.get(path)
    if not reply.is_good:
        return refused(visitor, reply)
    person = reply.first
    is_me = person["id"] == visitor.grant.actor.id
    tokens = api.get(f"{path}/tokens")
    return page(
        "person.html", visitor, status=said.status, said=said, person=person, is_me=is_me, roles=roles_of(api),
        tokens=tokens.items("tokens") if tokens.is_good else [], hidden="" if tokens.is_good else tokens.fault,
    )  # fmt: skip


def acts_on(path: str) -> Mapping[str, Act]:
    """Give what the buttons on a person's page do."""

    def to(method: str, below: str) -> Any:  # noqa: ANN401  a sender of a form
        return lambda api, _sent: api.send(method, f"{path}{below}", None if method == "DELETE" else {})

    def change(api: Api, sent: Sent) -> Reply:
        fields = {name: sent.text(name) for name in ("name", "email") if sent.text(name) or name == "name"}
        return api.send("POST", path, {**fields, "roles": sent.many("roles")})

    def renew_password(api: Api, sent: Sent) -> Reply:
        return _with_password(sent, lambda password: api.send("POST", path, {"password": password}))

    def make_token(api: Api, sent: Sent) -> Reply:
        asked = {"name": sent.text("token_name"), "authorizationType": sent.text("access") or "ro"}
        if sent.text("expires"):
            asked["expirationDate"] = f"{sent.text('expires')}T00:00:00Z"
        return api.send("PUT", f"{path}/tokens", asked)

    def end_token(api: Api, sent: Sent) -> Reply:
        return api.send("DELETE", f"{path}/tokens/{in_path(sent.text('token'))}", None)

    return {
        "change": Act(change),
        "password": Act(renew_password, reveals="password"),
        "disable": Act(to("POST", "/disable")),
        "enable": Act(to("POST", "/enable")),
        "delete": Act(to("DELETE", ""), leads_to="/console/users"),
        "token": Act(make_token, reveals="token"),
        "end_token": Act(end_token),
    }


def roles_of(api: Api) -> list[dict[str, Any]]:
    """Give the roles that can be given, with what they are for; none where the visitor may not see them."""
    return [
        {**role, "about": role["description"] or ABOUT.get(role["id"], "")}
        for role in api.get("/roles").items("roles")
        if role["id"] != "everyone"
    ]


def _create(api: Api, sent: Sent) -> Reply:
    fields = {name: sent.text(name) for name in ("username", "name", "email") if sent.text(name)}
    asked = {"username": "", **fields, "roles": sent.many("roles")}
    return _with_password(sent, lambda password: api.send("PUT", "/users", {**asked, "password": password}))


def _invite(api: Api, sent: Sent) -> Reply:
    fields = {name: sent.text(name) for name in ("username", "name") if sent.text(name)}
    return api.send("POST", "/users/invite", {"email": sent.text("email"), **fields, "roles": sent.many("roles")})


def _with_password(sent: Sent, send: Any) -> Reply:  # noqa: ANN401  a sender of a password
    """Send the password that was typed, or one that is made here and then shown once."""
    typed = sent.raw("password")
    password = typed or secrets.token_urlsafe(PASSWORD_BYTES)
    reply: Reply = send(password)
    if typed or not reply.is_good:
        return reply
    return replace(reply, body={"data": [{**reply.first, "password": password}]})


LIST_ACTS: Final[Mapping[str, Act]] = {
    "create": Act(_create, reveals="password", leads_to="/console/users/{id}"),
    "invite": Act(_invite, leads_to="/console/users/{id}"),
}

PAGES: Final = (
    Page("/users", show_people, "people", takes_forms=True),
    Page("/users/<one>", show_person, "person", takes_forms=True),
)
