"""Whether the log is whole: the line that pages of auditors show, and the page that checks all of it."""

from typing import Final, Literal

from flask import Request, Response

from app.console.api import Api
from app.console.pages import Page
from app.console.rendering import page
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.values import dataclass

NEWEST: Final = 200
"""Events that the line is about; more would make every page wait for the length of the log."""

State = Literal["good", "open", "bad"]


@dataclass(frozen=True, slots=True)
class Integrity:
    """What a check of the log found: only a real break is `bad`; what no checkpoint signs yet is `open`."""

    state: State
    title: str
    text: str
    bad_seq: int | None = None
    next: int | None = None


def find_integrity(api: Api) -> Integrity | None:
    """Check the newest events; None for those who may not read the log, or where there is none."""
    made = api.get("/events/checkpoint")
    if not made.is_good:
        return None
    newest = int(made.body["data"]["checkpoint"]["seq"])
    return _check(api, max(1, newest - NEWEST + 1), newest)


def show_integrity(site: Site, request: Request, visitor: Visitor) -> Response:
    """Check the log from its beginning, a large part at a time."""
    first = request.args.get("from", "1")
    api = site.api(request, visitor)
    found = _check(api, int(first) if first.isascii() and first.isdigit() and len(first) <= 15 else 1, None)  # noqa: PLR2004  digits of the largest seq
    made = api.get("/events/checkpoint")
    checkpoint = made.body.get("data") if made.is_good else None
    return page(
        "integrity.html", visitor, title="Integrity of the log", integrity=found, checkpoint=checkpoint,
        fault="" if made.is_good else made.fault, status=200 if made.is_good else made.status,
    )  # fmt: skip


def _check(api: Api, first: int, last: int | None) -> Integrity | None:
    reply = api.get("/events/verify", {"from": str(first), **({} if last is None else {"to": str(last)})})
    if not reply.is_good:
        return None
    checked = reply.one_of("verification")
    span = f"events {checked['from']} to {checked['to']}"
    if not checked["valid"]:
        bad = checked["firstBad"]
        text = f"Event {bad['seq']}: {bad['reason']}. Tell the operator, and compare with the checkpoints you kept."
        return Integrity("bad", "The log is broken", text, bad["seq"])
    anchored = checked["anchoredTo"]
    following = checked["next"]
    if anchored is not None and (anchored >= checked["to"] or following):
        return Integrity("good", "The log is whole", f"{span}, signed up to event {anchored}", next=following)
    signed = "no checkpoint signs them yet"
    if anchored is not None:
        signed = f"no checkpoint signs those after event {anchored} yet"
    return Integrity("open", "The log is whole, not yet anchored", f"{span}; {signed}", next=following)


PAGES: Final = (Page("/integrity", show_integrity, "integrity"),)
