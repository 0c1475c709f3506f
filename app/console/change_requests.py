"""The queue of change requests, and the page on which one of them is decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Request, Response

from app.console.api import Api, Reply
from app.console.diffs import documents_of
from app.console.pages import Page
from app.console.rendering import in_path, page, see
from app.console.sessions import Visitor
from app.console.site import Site

Json = dict[str, Any]

OPEN: Final = ("draft", "inReview", "approved", "scheduled")
PAGE_SIZE: Final = 50
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


@dataclass(frozen=True, slots=True)
class Verb:
    """A button: what it says, what it asks of the API, and whether it wants a comment."""

    label: str
    done: str
    send: Callable[[Api, str, str, str], Reply]
    """`(api, path of the change request, comment, hash that was shown) -> answer`."""
    wants_comment: bool = False
    style: str = ""


def _review(verdict: str) -> Callable[[Api, str, str, str], Reply]:
    def send(api: Api, path: str, comment: str, digest: str) -> Reply:
        body = {"verdict": verdict, **({"comment": comment} if comment else {})}
        return api.send("POST", f"{path}/reviews", {**body, "diffHash": digest} if verdict == "approve" else body)

    return send


def _deploy(api: Api, path: str, comment: str, digest: str) -> Reply:
    return api.send("POST", f"{path}/deploy", {"diffHash": digest}, reason=comment)


def _decline(api: Api, path: str, comment: str, _digest: str) -> Reply:
    return api.send("DELETE", path, None, reason=comment)


def _step(step: str) -> Callable[[Api, str, str, str], Reply]:
    return lambda api, path, comment, _digest: api.send("POST", f"{path}/{step}", {}, reason=comment)


VERBS: Final[Mapping[str, Verb]] = {
    "approve": Verb("Approve", "You approved it.", _review("approve"), style="good"),
    "requestChanges": Verb("Ask for changes", "You asked for changes.", _review("requestChanges"), wants_comment=True),
    "comment": Verb("Add the comment", "Your comment is there.", _review("comment"), wants_comment=True),
    "submit": Verb("Hand in for review", "It is handed in.", _step("submit"), style="good"),
    "deploy": Verb("Deploy now", "It is deployed.", _deploy, style="good"),
    "confirm": Verb("Keep the change", "It is kept.", _step("confirm"), style="good"),
    "rebase": Verb("Lay over what is there now", "It lies over what is there now.", _step("rebase")),
    "decline": Verb("Reject", "You rejected it.", _decline, wants_comment=True, style="bad"),
    "withdraw": Verb("Withdraw", "It is withdrawn.", _step("withdraw"), style="bad"),
    "reopen": Verb("Open again", "It is a draft again.", _step("reopen")),
}
"""By the verbs of the API; what stands in `can` and not here has options, for which the API is the better place."""


def show_queue(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show what waits on the visitor, or another part of the queue; the URL says which."""
    shown = request.args.get("show", "waiting")
    shown = shown if shown in SHOWN else "waiting"
    title, asked = SHOWN[shown]
    query = {name: value.format(me=visitor.handle) for name, value in asked.items()}
    query |= {"sort": "newest", "limit": str(PAGE_SIZE)}
    cursor = request.args.get("cursor", "")
    reply = site.api(request, visitor).get("/changeRequests", {**query, **({"cursor": cursor} if cursor else {})})
    if not reply.is_good:
        return refused(visitor, reply)
    after = (reply.body.get("meta") or {}).get("next")
    return page(
        "queue.html", visitor, title=title, shown=shown, tabs={name: tab for name, (tab, _) in SHOWN.items()},
        requests=reply.items(), next=urlencode({"show": shown, "cursor": after}) if after else "",
    )  # fmt: skip


def decide(site: Site, request: Request, visitor: Visitor, number: str) -> Response:
    """Show one change request, or do what a button of its page says."""
    api, path = site.api(request, visitor), f"/changeRequests/{in_path(number)}"
    if request.method != "POST":
        return _show(api, visitor, path, since=request.args.get("since", ""), done=request.args.get("done", ""))
    verb = VERBS.get(request.form.get("verb", ""))
    comment = request.form.get("comment", "").strip().replace("\r\n", "\n")
    if verb is None:
        return _show(api, visitor, path, fault="Press one of the buttons", comment=comment, status=BAD)
    if verb.wants_comment and not comment:
        return _show(api, visitor, path, fault=COMMENT_FIRST, status=BAD)
    reply = verb.send(api, path, comment, request.form.get("diffHash", ""))
    if not reply.is_good:
        return _show(api, visitor, path, fault=reply.fault, comment=comment, status=reply.status)
    return see(f"/console{path}?{urlencode({'done': request.form['verb']})}")


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
    difference = api.get(f"{path}/diff", {"since": LAST_REVIEW} if since == LAST_REVIEW else None)
    impact = api.get(f"{path}/impact")
    shown = difference.body.get("data", {}) if difference.is_good else {}
    is_open = one["state"] in OPEN
    return page(
        "decide.html", visitor, status=status, one=one, fault=fault, comment=comment, since=since,
        done=VERBS[done].done if done in VERBS else "",
        verbs={name: verb for name, verb in VERBS.items() if _allows(one, name)},
        refusals=[text for name in ("approve", "deploy") if (text := _reason(one, name))] if is_open else [],
        is_open=is_open,
        documents=documents_of(shown.get("diff", [])),
        unseen="" if difference.is_good else difference.fault,
        impact=impact.body.get("data") if impact.is_good else None,
        has_reviewed=any(_is_mine(review, visitor) for review in one.get("reviews", [])),
        next=_next(api, one),
    )  # fmt: skip


def _allows(one: Json, verb: str) -> bool:
    return bool(one.get("can", {}).get(verb, {}).get("allowed"))


def _reason(one: Json, verb: str) -> str:
    """Say why the visitor may not do something; nothing where they may."""
    said = one.get("can", {}).get(verb, {})
    return "" if said.get("allowed") else f"{VERBS[verb].label}: {said.get('reason', '')}"


def _is_mine(review: Json, visitor: Visitor) -> bool:
    return bool(review["reviewer"]["id"] == visitor.grant.actor.id and review["verdict"] != "comment")


def _next(api: Api, one: Json) -> Json | None:
    """Give what waits on the visitor beside this one: the oldest first, for that has waited longest."""
    reply = api.get("/changeRequests", {"waitingOn": "me", "limit": "2"})
    return next((other for other in reply.items() if other["id"] != one["id"]), None) if reply.is_good else None


PAGES: Final = (
    Page("/changeRequests", show_queue, "changeRequests", label="Change requests"),
    Page("/changeRequests/<number>", decide, "changeRequest", takes_forms=True),
)
