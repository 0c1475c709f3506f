"""The page that leads a new administrator to a first change: what to do, in which order, and what is done already."""

from typing import Any, Final

from flask import Request, Response

from app.console.acting import Act, FormError, Sent, told
from app.console.api import Api, Reply
from app.console.pages import Page
from app.console.rendering import page
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.values import dataclass

FIRST: Final = "first-message"
"""The id of the directive and of the rule that the page offers to make."""
LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `is_done` is None where the visitor may not know."""

    name: str
    is_done: bool | None


def show_start(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show the steps, and write the first change."""
    api = site.api(request, visitor)
    acts = {"first": Act(_ask_for_first_change, leads_to="/console/changeRequests/{id}")}
    said = told(api, request, acts, {})
    if isinstance(said, Response):
        return said
    steps = {step.name: step for step in _steps(api)}
    return page("start.html", visitor, status=said.status, said=said, steps=steps, longest=LONGEST)


def _steps(api: Api) -> list[Step]:
    def more_than(path: str, most: int, **asked: Any) -> bool | None:  # noqa: ANN401  what a search takes
        reply = api.send("POST", f"{path}/search", {**asked, "limit": 1})
        return reply.body["meta"]["total"] > most if reply.is_good else None

    review = api.get("/settings/enable_change_request")
    return [
        Step("change", api.get(f"/rules/{FIRST}").is_good),
        Step("node", more_than("/nodes", 1, filters={"status": ["accepted"]})),
        Step("people", more_than("/users", 1)),
        Step("review", review.body["data"]["settings"]["enable_change_request"] if review.is_good else None),
        Step("account", more_than("/apiaccounts", 0)),
    ]


def _ask_for_first_change(api: Api, sent: Sent) -> Reply:
    """Ask for a directive and a rule that greet people on every machine, as one change request."""
    text = sent.text("message")
    if not text or len(text) > LONGEST:
        raise FormError("message", f"Write what people are to read, 1 to {LONGEST} characters")
    value = {"section": {"name": "Message", "vars": [{"var": {"name": "MOTD_TEXT", "value": text}}]}}
    directive = {
        "displayName": "Message of the day",
        "techniqueName": "motdConfiguration",
        "parameters": {"section": {"name": "sections", "sections": [value]}},
    }
    rule = {"displayName": "Greet people on every machine", "directives": [FIRST], "targets": ["special:all"]}
    changes = [
        {"kind": kind, "id": FIRST, "action": "create", "after": after}
        for kind, after in (("directive", directive), ("rule", rule))
    ]
    asked = {"name": "My first change", "description": "Greet people on every machine", "changes": changes}
    return api.send("POST", "/changeRequests", asked)


PAGES: Final = (Page("/start", show_start, "start", takes_forms=True),)
