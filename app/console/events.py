"""The log as auditors read it: filters in the URL, rows that open in place, and one page for each event, for ever."""

import re
import shlex
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Request, Response

from app.console.api import Api, Reply
from app.console.diffs import Document, document_of_event
from app.console.integrity import find_integrity
from app.console.kinds import KINDS
from app.console.pages import Page
from app.console.plots import bars_of
from app.console.rendering import in_path, page, see
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.values import dataclass

Json = dict[str, Any]

PATH: Final = "/console/events"
PAGE_SIZE: Final = 50
FILTERS: Final = (
    "text",
    "actor",
    "type",
    "kind",
    "object",
    "outcome",
    "from",
    "to",
    "changeRequest",
    "commit",
    "credential",
)
MOMENTS: Final = ("from", "to")
OUTCOMES: Final = {"success": "Done", "denied": "Refused", "failed": "Failed"}
TYPES: Final = (
    *(f"{what}{done}" for what in ("Rule", "Directive", "NodeGroup", "GlobalParameter", "EditorTechnique", "Setting")
      for done in ("Added", "Modified", "Deleted")),
    *("ReviewPolicyModified", "ChangeRequestAdded", "WorkflowStepChanged", "BreakGlass", "UserLogin", "BadCredentials"),
    *("AccessDenied", "CreateAPIAccount", "TokenCreated", "EventsExported", "AcceptNode"),
)  # fmt: skip
"""What the box for the type proposes; any other can be typed."""

_NO_ZONE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One event as a page shows it: the row of the API, what changed, and the page of its object."""

    event: Json
    document: Document
    object_page: str

    @property
    def words(self) -> str:
        """The type of the event in words."""
        return words_of(str(self.event["type"]))


def words_of(name: str) -> str:
    """Write a name such as RuleModified as words: Rule modified."""
    first, *others = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).split(" ")
    return " ".join([first, *(word if word.isupper() else word.lower() for word in others)])


def read_filters(args: Mapping[str, str]) -> dict[str, str]:
    """Take the filters of the URL as the API takes them; a moment without zone, as a form sends it, is one of UTC."""
    found = {name: args.get(name, "").strip() for name in FILTERS}
    for name in MOMENTS:
        if _NO_ZONE.fullmatch(found[name]):
            seconds = "" if found[name].count(":") > 1 else ":00"
            found[name] = f"{found[name]}{seconds}Z"
    return {name: value for name, value in found.items() if value}


def row_of(event: Json) -> Row:
    """Make what a page shows of an event."""
    known = KINDS.get(str((event.get("object") or {}).get("kind")))
    path = known.object_page(str(event["object"]["id"])) if known is not None else ""
    return Row(event, document_of_event(event), path)


def list_events(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show one page of what the filters let through, how it lies in time, and whether the log is whole."""
    api, filters = site.api(request, visitor), read_filters(request.args)
    cursor = request.args.get("cursor", "")
    asked = {**filters, "limit": str(PAGE_SIZE), **({"cursor": cursor} if cursor else {})}
    reply = api.get("/events", asked)
    histogram = _histogram(api, filters) if reply.is_good else {}
    after = reply.meta("next") if reply.is_good else None
    query = urlencode(filters)
    return page(
        "events.html", visitor, status=reply.status, title="Events",
        rows=[row_of(one) for one in reply.items("events")] if reply.is_good else [],
        fault="" if reply.is_good else reply.fault, faults=reply.faults,
        filters=filters, moments={name: filters.get(name, "").removesuffix("Z") for name in MOMENTS},
        kinds=KINDS, types=TYPES, outcomes=OUTCOMES, query=query, is_first=not cursor,
        next=urlencode({**filters, "cursor": after}) if after else "",
        bars=bars_of(histogram, PATH, filters), total=histogram.get("total", 0),
        examined=reply.body.get("examined") if reply.is_good else None,
        curl=_curl(request, query), integrity=find_integrity(api),
    )  # fmt: skip


def show_event(site: Site, request: Request, visitor: Visitor, seq: str) -> Response:
    """Show one event whole, also after its object is gone, or take its change back."""
    api, path = site.api(request, visitor), f"/events/{in_path(seq)}"
    if request.method != "POST":
        return _show(api, visitor, path)
    reason = request.form.get("reason", "").strip()
    side = "after" if request.form.get("to") == "after" else "before"
    reply = api.send("POST", f"{path}/rollback", {"to": side}, reason=reason)
    if not reply.is_good:
        return _show(api, visitor, path, fault=reply.fault, status=reply.status, reason=reason)
    return see(_after(api, reply, path))


def _after(api: Api, reply: Reply, path: str) -> str:
    """Give the page that shows what a rollback did: the change request that waits, or the object."""
    if reply.change_request:
        return f"/console/changeRequests/{in_path(reply.change_request)}"
    row = row_of(api.get(path).first)
    return f"{row.object_page}?done=rolledBack" if row.object_page else PATH


def _show(api: Api, visitor: Visitor, path: str, *, fault: str = "", reason: str = "", status: int = 200) -> Response:
    reply = api.get(path)
    if not reply.is_good:
        return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)
    event = reply.first
    return page(
        "event.html", visitor, status=status, row=row_of(event), event=event, fault=fault, reason=reason,
        title=f"Event {event['seq']}", is_change=event.get("revision") is not None or event.get("before") is not None,
    )  # fmt: skip


def _histogram(api: Api, filters: dict[str, str]) -> Json:
    """Count the events over time; not by a part of a text, which is looked for page by page."""
    reply = api.get("/events/histogram", filters) if "text" not in filters else None
    return reply.one_of("histogram") if reply is not None and reply.is_good else {}


def _curl(request: Request, query: str) -> str:
    """Write the call that gives the same list, for a shell."""
    url = f"{request.host_url.rstrip('/')}/api/latest/events" + (f"?{query}" if query else "")
    return f'curl -H "X-API-Token: $TOKEN" {shlex.quote(url)}'


PAGES: Final = (
    Page("/events", list_events, "events", label="Events"),
    Page("/events/<seq>", show_event, "event", takes_forms=True),
)
