"""The documents of a tenant: lists and searches, details now and as of then, history, and what differs between two."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Request, Response

from app.console.api import Api, Reply
from app.console.diffs import compared
from app.console.events import words_of
from app.console.kinds import KINDS, ObjectKind
from app.console.members import Member, members_of, sections_of
from app.console.pages import Page
from app.console.rendering import page
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.diff import field_diff
from app.core.values import dataclass

Json = dict[str, Any]

PAGE_SIZE: Final = 50
HISTORY_SIZE: Final = 30
MISSING: Final = 404
DONE: Final = {
    "created": "It is created.",
    "saved": "It is saved.",
    "deleted": "It is deleted. Its history stays here, and from here it can be brought back.",
    "rolledBack": "It is as it was.",
    "unchanged": "Nothing was changed, so nothing was saved.",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list."""

    name: str
    id: str
    path: str
    cells: tuple[Member, ...]
    updated: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list: its lines, how many there are in all, and the pages around it."""

    lines: list[Listed]
    total: int
    before: int = 0
    after: int = 0


def show_kinds(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show which kinds of documents there are, and how many of each."""
    api = site.api(request, visitor)
    shown = [(kind, count) for kind in KINDS.values() if (count := _count(api, kind)) is not None]
    return page("kinds.html", visitor, title="Objects", kinds=shown)


def list_objects(site: Site, request: Request, visitor: Visitor, kind_name: str) -> Response:
    """Show a page of the documents of one kind: those that a text is part of, or those of another time."""
    kind = KINDS.get(kind_name)
    if kind is None:
        return no_kind(visitor)
    asked, at = request.args.get("q", "").strip(), moment_of(request)
    number = request.args.get("page", "1")
    place = int(number) if number.isascii() and number.isdigit() and 0 < int(number[:9]) < 10**6 else 1
    found, reply = _find(site.api(request, visitor), kind, asked, at, place)
    query = {**({"q": asked} if asked else {}), **({"at": at} if at else {})}
    return page(
        "objects.html", visitor, status=reply.status, title=kind.plural, kind=kind, kinds=KINDS, found=found, q=asked,
        at=at, fault="" if reply.is_good else reply.fault, columns=[words_of_member(name) for name in kind.columns],
        previous=urlencode({**query, "page": found.before}) if found.before else "",
        next=urlencode({**query, "page": found.after}) if found.after else "",
        done=DONE.get(request.args.get("done", ""), ""),
    )  # fmt: skip


def show_object(site: Site, request: Request, visitor: Visitor, kind_name: str, document_id: str) -> Response:
    """Show one document: now, as of a moment, or what is left of it after it was deleted."""
    kind = KINDS.get(kind_name)
    if kind is None:
        return no_kind(visitor)
    api, at = site.api(request, visitor), moment_of(request)
    path = kind.object_path(document_id)
    cursor = request.args.get("cursor", "")
    history = api.get(f"{path}/history", {"limit": str(HISTORY_SIZE), **({"cursor": cursor} if cursor else {})})
    reply = api.get(path, {"at": at} if at else None)
    entries = history.items("history") if history.is_good else []
    gone = not reply.is_good and not at and bool(entries) and not cursor
    if gone:
        # The state before the newest event is the last that there was.
        at = f"seq:{int(entries[0]['seq']) - 1}"
        reply = api.get(path, {"at": at})
    if not reply.is_good and not entries:
        return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)
    document = document_of(kind, reply, document_id) if reply.is_good else None
    after = history.meta("next") if history.is_good else None
    held = document or {}
    return page(
        "object.html", visitor, status=200 if gone else reply.status, kind=kind, id=document_id, document=document,
        title=kind.name_of(document) if document else document_id, members=list(members_of(kind, held)),
        sections=list(sections_of(held.get("parameters"))) if kind.name == "directive" else [],
        at="" if gone else at, gone=gone, fault="" if reply.is_good else reply.fault,
        entries=[_entry(one) for one in entries], newer=cursor, next=urlencode({"cursor": after}) if after else "",
        done=DONE.get(request.args.get("done", ""), ""),
        can_edit=document is not None and not at and held.get("system") is not True,
    )  # fmt: skip


def compare_object(site: Site, request: Request, visitor: Visitor, kind_name: str, document_id: str) -> Response:
    """Show what differs between two revisions of a document, which the URL names by their events."""
    kind = KINDS.get(kind_name)
    if kind is None:
        return no_kind(visitor)
    api, path = site.api(request, visitor), kind.object_path(document_id)
    seqs = sorted({name: request.args.get(name, "") for name in ("from", "to")}.values(), key=_number)
    states: list[Json | None] = []
    for seq in seqs:
        reply = api.get(path, {"at": f"seq:{seq}"})
        if not reply.is_good and reply.status != MISSING:
            return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)
        states.append(document_of(kind, reply, document_id) if reply.is_good else None)
    difference = compared(kind.singular.lower(), document_id, field_diff(states[0], states[1]))
    name = next((kind.name_of(state) for state in reversed(states) if state), document_id)
    return page(
        "compare.html", visitor, title=f"Compare {name}", kind=kind, id=document_id, name=name, seqs=seqs,
        document=difference, states=states,
    )  # fmt: skip


def no_kind(visitor: Visitor) -> Response:
    """Say which kinds there are."""
    text = f"There is no such kind of object; there are: {', '.join(KINDS)}"
    return page("message.html", visitor, status=MISSING, title="Not found", text=text)


def moment_of(request: Request) -> str:
    """Read the moment that a page is asked to show; one without zone, as a form sends it, is one of UTC."""
    at = request.args.get("at", "").strip()
    without_zone = "T" in at and not at.endswith("Z") and "+" not in at and at.count("-") == 2  # noqa: PLR2004  those of the date
    if not without_zone:
        return at
    return f"{at}Z" if at.count(":") > 1 else f"{at}:00Z"


def document_of(kind: ObjectKind, reply: Reply, document_id: str) -> Json:
    """Give the document of a reply; a setting's is made of its key and its value."""
    if kind.name == "setting":
        # The networks of policy servers stand in a container of their own.
        return {"id": document_id, "value": reply.body["data"].get("settings", reply.body["data"])[document_id]}
    return reply.first


def words_of_member(name: str) -> str:
    """Write the name of a member as words: shortDescription as Short description."""
    return words_of(name[:1].upper() + name[1:].replace("_", " "))


def _count(api: Api, kind: ObjectKind) -> int | None:
    """Count the documents of a kind; None where the visitor may not list them."""
    if kind.name == "setting":
        reply = api.get(kind.path)
        return len(reply.one_of("settings")) if reply.is_good else None
    reply = api.send("POST", f"{kind.path}/search", {"limit": 1})
    return int(reply.meta("total")) if reply.is_good else None


def _find(api: Api, kind: ObjectKind, asked: str, at: str, place: int) -> tuple[Found, Reply]:
    if kind.name == "setting" or (at and kind.lists):
        return _cut(api, kind, asked, at, place)
    body: Json = {"page": place, "limit": PAGE_SIZE, "sortBy": kind.names[0]}
    if asked:
        body["search"] = {name: [asked] for name in kind.names}
    reply = api.send("POST", f"{kind.path}/search", body)
    if not reply.is_good:
        return Found([], 0), reply
    total = int(reply.meta("total"))
    return _around([_listed(kind, one, "") for one in reply.items()], total, place), reply


def _cut(api: Api, kind: ObjectKind, asked: str, at: str, place: int) -> tuple[Found, Reply]:
    """Cut a page out of a list that the API gives whole: settings, and what there was at another time."""
    reply = api.get(kind.path, {"at": at} if at else None)
    if not reply.is_good:
        return Found([], 0), reply
    data = next(iter(reply.body["data"].values()))
    documents = [{"id": name, "value": value} for name, value in data.items()] if isinstance(data, dict) else data
    wanted = asked.casefold()
    kept = [one for one in documents if any(wanted in str(one.get(name, "")).casefold() for name in kind.names)]
    kept.sort(key=lambda one: kind.name_of(one).casefold())
    start = (place - 1) * PAGE_SIZE
    lines = [_listed(kind, one, at) for one in kept[start : start + PAGE_SIZE]]
    return _around(lines, len(kept), place), reply


def _around(lines: list[Listed], total: int, place: int) -> Found:
    return Found(lines, total, before=place - 1, after=place + 1 if place * PAGE_SIZE < total else 0)


def _listed(kind: ObjectKind, document: Json, at: str) -> Listed:
    columns = ("value",) if kind.name == "setting" else kind.columns
    cells = tuple(Member.of(name, document.get(name)) for name in columns)
    document_id = kind.id_of(document)
    path = kind.object_page(document_id) + (f"?{urlencode({'at': at})}" if at else "")
    return Listed(kind.name_of(document), document_id, path, cells, str(document.get("updatedAt", "")))


def _entry(entry: Mapping[str, Any]) -> Json:
    """Say of a revision what the table of the history shows."""
    return {**entry, "words": words_of(str(entry["type"])), "fields": list(_fields(entry))}


def _fields(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(change["path"]).removeprefix("/") for change in entry.get("changes", []))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0  # noqa: PLR2004  digits of the largest seq


PAGES: Final = (
    Page("/objects", show_kinds, "objects", label="Objects"),
    Page("/objects/<kind>", list_objects, "objectsOfKind"),
    Page("/objects/<kind>/<one>", show_object, "object"),
    Page("/objects/<kind>/<one>/compare", compare_object, "compare"),
)
