"""The pages of review policies: what must be approved by whom, as a form and as the JSON that the API takes."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from flask import Request, Response

from app.console.acting import Act, FormError, Said, Sent, told
from app.console.api import Api, Reply
from app.console.change_requests import refused
from app.console.pages import Page
from app.console.rendering import in_path, page
from app.console.sessions import Visitor
from app.console.site import Site
from app.console.walking import onward, walk

KINDS: Final = (
    *("rule", "ruleCategory", "directive", "technique", "group", "groupCategory", "parameter", "setting"),
    *("reviewPolicy", "team", "image", "instance"),
)
SPARE_ROWS: Final = 2
SHOWN_MEMBERS: Final = (
    *("name", "description", "enabled", "priority", "match", "require", "independent", "expiresAfter", "freeze"),
    "confirmWithin",
)
DONE: Final[Mapping[str, str]] = {
    "create": "The policy holds from now on.",
    "change": "It is saved.",
    "json": "It is saved.",
    "delete": "The policy is gone.",
}


def show_policies(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the policies, and make one."""
    api = site.api(request, visitor)
    acts = {"create": Act(_create, leads_to="/console/reviewPolicies/{id}")}
    said = told(api, request, acts, DONE)
    if isinstance(said, Response):
        return said
    reply = api.get("/reviewPolicies", walk(request))
    if not reply.is_good:
        return refused(visitor, reply)
    return page(
        "review_policies.html", visitor, status=said.status, said=said, policies=reply.items("reviewPolicies"),
        next=onward(reply, request), **_choices(api, said, {}),
    )  # fmt: skip


def show_policy(site: Site, request: Request, visitor: Visitor, one: str) -> Response:
    """Show one policy, and change it."""
    api, path = site.api(request, visitor), f"/reviewPolicies/{in_path(one)}"

    def save(api: Api, sent: Sent) -> Reply:
        return api.send("POST", path, _fields(sent), reason=sent.text("reason"))

    def save_json(api: Api, sent: Sent) -> Reply:
        return api.send("POST", path, _read(sent.raw("json")), reason=sent.text("reason"))

    def delete(api: Api, sent: Sent) -> Reply:
        return api.send("DELETE", path, None, reason=sent.text("reason"))

    acts = {"change": Act(save), "json": Act(save_json), "delete": Act(delete, leads_to="/console/reviewPolicies")}
    said = told(api, request, acts, DONE)
    if isinstance(said, Response):
        return said
    reply = api.get(path)
    if not reply.is_good:
        return refused(visitor, reply)
    policy = reply.first
    kept = {name: policy[name] for name in SHOWN_MEMBERS if name in policy}
    return page(
        "review_policy.html", visitor, status=said.status, said=said, policy=policy,
        json=orjson.dumps(kept, option=orjson.OPT_INDENT_2).decode(), **_choices(api, said, policy),
    )  # fmt: skip


def _choices(api: Api, said: Said, policy: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the form offers: kinds, teams, and a row for each need with two to spare."""
    needs = [(need.get("team") or "", str(need.get("min", ""))) for need in policy.get("require", [])]
    freezes = [(one["cron"], one["duration"], one["timezone"]) for one in policy.get("freeze", [])]
    if said.fault:
        needs = _needs(said.values)
        freezes = _freezes(said.values)
    return {
        "kinds": KINDS,
        "teams": api.get("/teams").items("teams"),
        "needs": [*needs, *([("", "")] * SPARE_ROWS)],
        "freezes": [*freezes, ("", "", "")],
    }


def _needs(sent: Sent) -> list[tuple[str, str]]:
    pairs = zip(sent.fields.get("team", []), sent.fields.get("min", []), strict=False)
    return [(team, least.strip()) for team, least in pairs if team or least.strip()]


def _freezes(sent: Sent) -> list[tuple[str, str, str]]:
    rows = zip(*(sent.fields.get(name, []) for name in ("cron", "duration", "timezone")), strict=False)
    stripped = [(cron.strip(), duration.strip(), zone.strip()) for cron, duration, zone in rows]
    return [row for row in stripped if any(row)]


def _fields(sent: Sent) -> dict[str, Any]:
    asked = {"kinds": sent.many("kinds"), "groupsAny": sent.lines("groups"), "paths": sent.lines("paths")}
    match: dict[str, Any] = {name: found for name, found in asked.items() if found}
    if sent.text("affected"):
        match["nodesAffectedGte"] = _number("affected", sent.text("affected"))
    needs = [
        {**({"team": team} if team else {}), "min": _number("require", least or "1")} for team, least in _needs(sent)
    ]
    freezes = [dict(zip(("cron", "duration", "timezone"), row, strict=True)) for row in _freezes(sent)]
    return {
        "name": sent.text("name"),
        "description": sent.text("description"),
        "enabled": sent.flag("enabled"),
        "priority": _number("priority", sent.text("priority") or "0"),
        "match": match,
        "require": needs,
        "independent": sent.flag("independent"),
        "expiresAfter": sent.text("expiresAfter") or None,
        "confirmWithin": sent.text("confirmWithin") or None,
        "freeze": freezes,
    }


def _create(api: Api, sent: Sent) -> Reply:
    made = {**_fields(sent), **({"id": sent.text("id")} if sent.text("id") else {})}
    return api.send("PUT", "/reviewPolicies", made, reason=sent.text("reason"))


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise FormError(name, f"'{text[:40]}' is no whole number; write digits only") from None


def _read(text: str) -> Any:  # noqa: ANN401  any JSON; the API says what is wrong with it
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise FormError("json", f"This is no JSON: {wrong}") from None


PAGES: Final = (
    Page("/reviewPolicies", show_policies, "reviewPolicies", takes_forms=True),
    Page("/reviewPolicies/<one>", show_policy, "reviewPolicy", takes_forms=True),
)
