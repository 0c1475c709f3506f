"""The first page: what waits for whoever looks, what happened last, how the fleet does, whether the log is whole."""

from typing import Any, Final

from flask import Request, Response

from app.console.api import Api
from app.console.events import row_of
from app.console.integrity import find_integrity
from app.console.pages import Page
from app.console.plots import HEIGHT, WIDTH, line_through, points_of
from app.console.rendering import page
from app.console.sessions import Visitor
from app.console.site import Site

Json = dict[str, Any]

DAYS: Final = 30
WAITING: Final = 5
RECENT: Final = 8


def show_overview(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show each part that the visitor may see."""
    api = site.api(request, visitor)
    waiting = api.get("/changeRequests", {"waitingOn": "me", "sort": "newest", "limit": str(WAITING)})
    events = api.get("/events", {"limit": str(RECENT)})
    history = _history(api)
    points = points_of(history or [], DAYS)
    return page(
        "overview.html", visitor, title="Overview",
        waiting=waiting.items() if waiting.is_good else None, has_more=waiting.is_good and bool(waiting.meta("next")),
        rows=[row_of(one) for one in events.items("events")] if events.is_good else None,
        history=history, points=points, line=line_through(points), width=WIDTH, height=HEIGHT, days=DAYS,
        worst=_worst(history[-1]) if history else [], integrity=find_integrity(api) if events.is_good else None,
    )  # fmt: skip


def _history(api: Api) -> list[Json] | None:
    """Give the days that were measured, the oldest first; None where the visitor may not see them."""
    reply = api.get("/compliance/history", {"days": str(DAYS), "precision": "1"})
    return reply.items("complianceHistory") if reply.is_good else None


def _worst(day: Json) -> list[tuple[str, Any]]:
    """Give the shares by status, the largest first."""
    return sorted(day["complianceDetails"].items(), key=lambda pair: (-pair[1], pair[0]))


PAGES: Final = (Page("/", show_overview, "overview", label="Overview"),)
