"""The pages of API accounts: who calls without being a person, by which token, and what it opens."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import Request, Response

from app.console.acting import Act, FormError, Sent, search, sought, told
from app.console.api import Api, Reply
from app.console.change_requests import refused
from app.console.pages import Page
from app.console.rendering import in_path, page
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.clock import now_ms

USUAL_LIFE: Final = timedelta(days=90)
MOST_OWNERS: Final = 200
DONE: Final[Mapping[str, str]] = {
    "create": "The account is made.",
    "change": "It is saved.",
    "renew": "The account has a new token; the one before opens nothing any more.",
    "drop": "The account has no token any more.",
    "delete": "The account is gone, and its token with it.",
}


def show_accounts(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the accounts, and make one."""
    api = site.api(request, visitor)
    said = told(api, request, LIST_ACTS, DONE)
    if isinstance(said, Response):
        return said
    text = sought(request)
    asked: dict[str, Any] = {"sortBy": "name", "extend": ["owner"]}
    if text:
        asked["search"] = {"id": [text], "name": [text], "description": [text]}
    reply, around = search(api, "/apiaccounts", asked, request)
    if not reply.is_good:
        return refused(visitor, reply)
    return page(
        "accounts.html", visitor, status=said.status, said=said, accounts=reply.items(), sought=text, around=around,
        total=reply.body["meta"]["total"], expires=_day(now_ms()), owners=_owners(api), me=visitor.grant.actor.id,
        root=request.host_url,
    )  # fmt: skip


def show_account(site: Site, request: Request, visitor: Visitor, one: str) -> Response:
    """Show one account, change it, and give it a new token."""
    api, path = site.api(request, visitor), f"/apiaccounts/{in_path(one)}"
    acts = {
        "change": Act(lambda api, sent: api.send("POST", path, _fields(sent))),
        "renew": Act(lambda api, _sent: api.send("POST", f"{path}/token/regenerate", {}), reveals="token"),
        "drop": Act(lambda api, _sent: api.send("DELETE", f"{path}/token", None)),
        "delete": Act(lambda api, _sent: api.send("DELETE", path, None), leads_to="/console/accounts"),
    }
    said = told(api, request, acts, DONE)
    if isinstance(said, Response):
        return said
    reply = api.get(path)
    if not reply.is_good:
        return refused(visitor, reply)
    account = reply.first
    acl = "\n".join(f"{','.join(entry['actions'])} {entry['path']}" for entry in account.get("acl") or [])
    return page(
        "account.html", visitor, status=said.status, said=said, account=account, acl=acl, owners=_owners(api),
        expires=(account.get("expirationDate") or "")[:10] if account["expirationPolicy"] == "datetime" else "",
    )  # fmt: skip


def _create(api: Api, sent: Sent) -> Reply:
    made = {**_fields(sent), "status": "enabled", "tenants": "*", "generateToken": True}
    return api.send("POST", "/apiaccounts", {**made, **({"id": sent.text("id")} if sent.text("id") else {})})


def _fields(sent: Sent) -> dict[str, Any]:
    """Read an account from the form; only a token with an end is offered first, none is a choice of its own."""
    fields: dict[str, Any] = {"name": sent.text("name"), "description": sent.text("description")}
    if sent.text("status"):
        fields["status"] = sent.text("status")
    access = sent.text("authorizationType") or "ro"
    fields["authorizationType"] = access
    if access == "acl":
        fields["acl"] = [_entry(line) for line in sent.lines("acl")]
    day = sent.text("expires")
    fields["expirationPolicy"] = "datetime" if day else "never"
    if day:
        fields["expirationDate"] = f"{day}T00:00:00Z"
    if sent.text("owner"):
        fields["owner"] = sent.text("owner")
    return fields


def _entry(line: str) -> dict[str, Any]:
    verbs, _, path = line.partition(" ")
    if not path.strip():
        raise FormError(
            "acl", f"'{line[:80]}' has no path; write methods, a blank and a path, such as get,post rules/**"
        )
    return {"path": path.strip(), "actions": [verb.strip().lower() for verb in verbs.split(",")]}


def _owners(api: Api) -> list[dict[str, Any]]:
    asked = {"sortBy": "username", "limit": MOST_OWNERS, "filters": {"state": ["active"]}}
    return api.send("POST", "/users/search", asked).items()


def _day(ms: int) -> str:
    return (datetime.fromtimestamp(ms / 1000, UTC) + USUAL_LIFE).date().isoformat()


LIST_ACTS: Final[Mapping[str, Act]] = {"create": Act(_create, reveals="token", leads_to="/console/accounts/{id}")}

PAGES: Final = (
    Page("/accounts", show_accounts, "accounts", takes_forms=True),
    Page("/accounts/<one>", show_account, "account", takes_forms=True),
)
