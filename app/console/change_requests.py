"""The queue of change requests, and the page on which one of them is decided."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Request, Response

from app.console.api import Api, Reply
from app.console.diffs import documents_of, talk_of
from app.console.pages import Page
from app.console.rendering import in_path, page, see
from app.console.request_editing import edit
from app.console.sessions import Visitor
from app.console.site import Site
from app.console.verbs import TRIALS, VERBS, Sent

Json = dict[str, Any]

OPEN: Final = ("draft", "inReview", "approved", "scheduled")
PAGE_SIZE: Final = 50
SHOWN_MACHINES: Final = 50
"""Machines that are named of those that a change reaches anew, and of those that it no longer reaches."""
BAD: Final = 400
COMMENT_FIRST: Final = "Say why: whoever wrote the change has to know what to do about it"
LAST_REVIEW: Final = "my-last-review"

SHOWN: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "waiting": ("Waiting on me", {"waitingOn": "me"}),
    "mine": ("Written by me", {"status": "all", "author": "{me}"}),
    "open": ("All open", {"status": "open"}),
    "closed": ("Closed", {"status": "closed"}),
}
"""What the queue can show: its title, and the query of the API."""
FILTERS: Final = ("author", "kind", "object")
"""Further filters of the queue, by the names of the API."""


def show_queue(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show what waits on the visitor, or another part of the queue; the URL says which."""
    shown = request.args.get("show", "waiting")
    shown = shown if shown in SHOWN else "waiting"
    title, asked = SHOWN[shown]
    given = {name: text for name in FILTERS if (text := request.args.get(name, "").strip())}
    query = {**given, **{name: value.format(me=visitor.handle) for name, value in asked.items()}}
    query |= {"sort": "newest", "limit": str(PAGE_SIZE)}
    cursor = request.args.get("cursor", "")
    reply = site.api(request, visitor).get("/changeRequests", {**query, **({"cursor": cursor} if cursor else {})})
    after = (reply.body.get("meta") or {}).get("next") if reply.is_good else None
    if not reply.is_good and not given:
        return refused(visitor, reply)
    return page(
        "queue.html", visitor, status=reply.status, title=title, shown=shown, given=given,
        fault="" if reply.is_good else reply.fault,
        tabs={name: f"?{urlencode({'show': name, **given})}" for name in SHOWN}, titles=SHOWN,
        requests=reply.items() if reply.is_good else [],
        next=urlencode({"show": shown, **given, "cursor": after}) if after else "",
    )  # fmt: skip


def decide(site: Site, request: Request, visitor: Visitor, number: str) -> Response:
    """Show one change request, or do what a button of its page says."""
    api, path = site.api(request, visitor), f"/changeRequests/{in_path(number)}"
    if request.method != "POST":
        return _show(api, visitor, path, since=request.args.get("since", ""), done=request.args.get("done", ""))
    name = request.form.get("verb", "")
    verb, sent = VERBS.get(name), Sent.of(request.form)
    if verb is None:
        return _show(api, visitor, path, fault="Press one of the buttons", comment=sent.comment, status=BAD)
    if verb.wants_comment and not sent.comment:
        return _show(api, visitor, path, fault=COMMENT_FIRST, status=BAD)
    if name == "undo" and not number.isdecimal():
        return _show(api, visitor, path)
    reply = verb.send(api, path, sent)
    if not reply.is_good:
        return _show(api, visitor, path, fault=reply.fault, comment=sent.comment, status=reply.status)
    (one,) = reply.items("changeRequests")
    return see(f"/console/changeRequests/{one['id']}?{urlencode({'done': name})}")


def refused(visitor: Visitor, reply: Reply) -> Response:
    """Show why the API did not answer."""
    return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)


def _show(  # noqa: PLR0913  what a page can be asked to say
    api: Api,
    visitor: Visitor,
    path: str,
    *,
    since: str = "",
    done: str = "",
    fault: str = "",
    comment: str = "",
    status: int = 200,
) -> Response:
    reply = api.get(path)
    if not reply.is_good:
        return refused(visitor, reply)
    (one,) = reply.items("changeRequests")
    since = since if since == LAST_REVIEW else ""
    difference = api.get(f"{path}/diff", {"since": since} if since else None)
    impact = api.get(f"{path}/impact")
    reached = impact.body.get("data") if impact.is_good else None
    undo = api.get(f"{path}/undo") if one["state"] == "applied" else None
    shown = difference.body.get("data", {}) if difference.is_good else {}
    is_open = one["state"] in OPEN
    allowed = {name: verb for name, verb in VERBS.items() if _allows(one, name)}
    reviews = one.get("reviews", [])
    documents = documents_of(shown.get("diff", []), one.get("changeSet", []), reviews)
    return page(
        "decide.html", visitor, status=status, one=one, fault=fault, comment=comment, since=since,
        done=VERBS[done].done if done in VERBS else "",
        verbs={name: verb for name, verb in allowed.items() if not verb.apart},
        apart={name: verb for name, verb in allowed.items() if verb.apart},
        trials=TRIALS,
        may_edit=_allows(one, "edit"),
        refusals=[text for name in ("approve", "deploy") if (text := _reason(one, name))] if is_open else [],
        is_open=is_open,
        documents=documents,
        names={(document.kind, document.id): document.name for document in documents},
        loose=talk_of(reviews, shown.get("diff", [])),
        unseen="" if difference.is_good else difference.fault,
        impact=reached,
        most_machines=SHOWN_MACHINES,
        hosts=_hosts(api, reached) if reached is not None else {},
        undo=undo,
        has_reviewed=any(_is_mine(review, visitor) for review in reviews),
        **_neighbours(api, one),
    )  # fmt: skip


def _hosts(api: Api, reached: Json) -> dict[str, str]:
    """Give the host names of the machines that the page lists, by id; none where the visitor may not see nodes."""
    ids = [*reached["added"][:SHOWN_MACHINES], *reached["removed"][:SHOWN_MACHINES]]
    if not ids:
        return {}
    reply = api.send("POST", "/nodes/search", {"filters": {"id": ids}, "limit": len(ids)})
    return {node["id"]: node["hostname"] for node in reply.items()} if reply.is_good else {}


def _allows(one: Json, verb: str) -> bool:
    return bool(one.get("can", {}).get(verb, {}).get("allowed"))


def _reason(one: Json, verb: str) -> str:
    """Say why the visitor may not do something; nothing where they may."""
    said = one.get("can", {}).get(verb, {})
    return "" if said.get("allowed") else f"{VERBS[verb].label}: {said.get('reason', '')}"


def _is_mine(review: Json, visitor: Visitor) -> bool:
    return bool(review["reviewer"]["id"] == visitor.grant.actor.id and review["verdict"] != "comment")


def _neighbours(api: Api, one: Json) -> dict[str, Json | None]:
    """Give what waits on the visitor around this one: the next is the oldest of the others that is behind it.

    Where none is behind it, the oldest of all: that has waited longest.
    """
    reply = api.get("/changeRequests", {"waitingOn": "me", "limit": str(PAGE_SIZE)})
    others = [other for other in reply.items() if other["id"] != one["id"]] if reply.is_good else []
    before = [other for other in others if other["id"] < one["id"]]
    behind = [other for other in others if other["id"] > one["id"]]
    return {"next": next(iter(behind or before), None), "previous": before[-1] if behind and before else None}


PAGES: Final = (
    Page("/changeRequests", show_queue, "changeRequests", label="Change requests"),
    Page("/changeRequests/<number>", decide, "changeRequest", takes_forms=True),
    Page("/changeRequests/<number>/edit", edit, "editChangeRequest", takes_forms=True),
)
