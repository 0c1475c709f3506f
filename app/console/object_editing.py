"""Creating, changing and deleting documents by forms; each goes through review like any other change."""

from dataclasses import field
from typing import Any, Final
from urllib.parse import urlencode

from flask import Request, Response

from app.console.api import Api, Reply
from app.console.kinds import KINDS, ObjectKind
from app.console.objects import document_of, no_kind
from app.console.pages import Page
from app.console.parameter_forms import Part, parts_of, read_parameters
from app.console.rendering import in_path, page, see
from app.console.schema_forms import Filled, Input, inputs_of, read_form, unplaced, with_sent
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.values import dataclass

Json = dict[str, Any]

BAD: Final = 400
STALE: Final = 412
BY_TECHNIQUE: Final = ("techniqueName", "techniqueVersion", "parameters")
"""Members of a directive that its technique's own form takes the place of."""
MOST_TECHNIQUES: Final = 1000


@dataclass(slots=True)
class Draft:
    """A form under way: the document that it is about (None: a new one), its technique, its fields, its faults."""

    kind: ObjectKind
    document: Json | None = None
    id: str = ""
    revision: int | None = None
    technique: Json | None = None
    inputs: list[Input] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    is_stale: bool = False

    @property
    def action(self) -> str:
        """Where the form is sent."""
        if self.id:
            return f"{self.kind.object_page(self.id)}/edit"
        return f"/console/new/{self.kind.name}"

    @property
    def has_faults(self) -> bool:
        """Tell whether anything is to be mended."""
        fields = (*self.inputs, *(one for part in self.parts for one in part.inputs))
        return bool(self.faults) or any(one.faults for one in fields)


def create_object(site: Site, request: Request, visitor: Visitor, kind_name: str) -> Response:
    """Show the form for a new document, or create it."""
    kind = KINDS.get(kind_name)
    if kind is None or kind.name == "setting":
        return no_kind(visitor)
    api, draft = site.api(request, visitor), Draft(kind)
    if kind.name == "directive":
        chosen = request.values.get("technique", "")
        if not chosen:
            return _choose_technique(api, visitor)
        reply = api.get(KINDS["technique"].object_path(chosen))
        if not reply.is_good:
            return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)
        draft.technique = reply.first
    return _fill(api, request, visitor, draft)


def edit_object(site: Site, request: Request, visitor: Visitor, kind_name: str, document_id: str) -> Response:
    """Show the form for a document, or save what was changed in it."""
    kind = KINDS.get(kind_name)
    if kind is None:
        return no_kind(visitor)
    api = site.api(request, visitor)
    reply = api.get(kind.object_path(document_id))
    if not reply.is_good:
        return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)
    document = document_of(kind, reply, document_id)
    draft = Draft(kind, document, document_id, document.get("revision") or reply.revision)
    if kind.name == "directive":
        named = api.get(KINDS["technique"].object_path(f"{document['techniqueName']}:{document['techniqueVersion']}"))
        draft.technique = named.first if named.is_good else None
    return _fill(api, request, visitor, draft)


def delete_object(site: Site, request: Request, visitor: Visitor, kind_name: str, document_id: str) -> Response:
    """Ask whether a document is to be deleted, or delete it."""
    kind = KINDS.get(kind_name)
    if kind is None:
        return no_kind(visitor)
    api, path = site.api(request, visitor), kind.object_path(document_id)
    reply = api.get(path)
    if not reply.is_good:
        return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)
    document = document_of(kind, reply, document_id)
    fault, status = "", 200
    if request.method == "POST":
        done = api.send("DELETE", path, None, reason=_reason(request), revision=_seen_revision(request))
        if done.is_good:
            return see(_after(kind, document_id, done, "deleted"))
        fault, status = done.fault, done.status
    return page(
        "object_delete.html", visitor, status=status, title=f"Delete {kind.name_of(document)}", kind=kind,
        id=document_id, document=document, revision=document.get("revision") or reply.revision or "", fault=fault,
        reason=_reason(request),
    )  # fmt: skip


def _fill(api: Api, request: Request, visitor: Visitor, draft: Draft) -> Response:
    leave = BY_TECHNIQUE if draft.technique is not None else ()
    draft.inputs = inputs_of(draft.kind.input, draft.document, leave=leave)
    status = 200
    if request.method == "POST":
        filled = read_form(draft.inputs, request.form, whole=draft.document is None)
        _read_parameters(request, draft, filled)
        if not filled.faults and "more" not in request.form:
            if draft.document is not None and not filled.values:
                return see(f"{draft.kind.object_page(draft.id)}?done=unchanged")
            reply = _send(api, request, draft, filled)
            if reply.is_good:
                document_id = draft.id or _id_of(draft.kind, reply)
                return see(_after(draft.kind, document_id, reply, "saved" if draft.id else "created"))
            _take_faults(draft, filled, reply)
            status = reply.status
        status = BAD if filled.faults and status == 200 else status  # noqa: PLR2004  HTTP's own number
        draft.faults += unplaced(_fields(request, draft, filled), filled.faults)
        draft.inputs = with_sent(draft.inputs, request.form, filled.faults)
        _make_parts(draft, request, filled.faults)
    else:
        _make_parts(draft, None, {})
    name = draft.kind.name_of(draft.document) if draft.document is not None else ""
    title = f"Change {name}" if draft.document is not None else f"New {draft.kind.singular.lower()}"
    return page(
        "object_form.html", visitor, status=status, title=title, draft=draft, kind=draft.kind,
        reason=_reason(request), revision=_shown_revision(request, draft),
    )  # fmt: skip


def _read_parameters(request: Request, draft: Draft, filled: Filled) -> None:
    if draft.technique is None:
        return
    before = draft.document["parameters"] if draft.document is not None else None
    meant = read_parameters(draft.technique, before, request.form)
    if draft.document is None:
        filled.values |= {
            "techniqueName": draft.technique["id"],
            "techniqueVersion": draft.technique["version"],
            "parameters": meant,
        }
    elif _told(meant) != _told(before or {}):
        filled.values["parameters"] = meant


def _told(parameters: Json) -> Any:  # noqa: ANN401  any JSON
    """Give parameters in the one order in which they are stored, without sections that say nothing."""

    def plain(section: Json) -> Json:
        variables = sorted((one["var"]["name"], str(one["var"]["value"])) for one in section.get("vars", []))
        sections = [plain(one["section"]) for one in section.get("sections", [])]
        held = [one for one in sections if one["vars"] or one["sections"]]
        return {"name": section["name"], "vars": variables, "sections": sorted(held, key=lambda one: one["name"])}

    return plain(parameters["section"]) if "section" in parameters else None


def _make_parts(draft: Draft, request: Request | None, faults: dict[str, list[str]]) -> None:
    if draft.technique is not None:
        before = draft.document["parameters"] if draft.document is not None else None
        draft.parts = parts_of(draft.technique, before, request.form if request is not None else None, faults)


def _fields(request: Request, draft: Draft, filled: Filled) -> list[Input]:
    """Give every field at which a fault can be shown."""
    _make_parts(draft, request, filled.faults)
    return [*draft.inputs, *(one for part in draft.parts for one in part.inputs)]


def _send(api: Api, request: Request, draft: Draft, filled: Filled) -> Reply:
    if draft.document is None:
        return api.send("PUT", draft.kind.path, filled.values, reason=_reason(request))
    path, revision = draft.kind.object_path(draft.id), _seen_revision(request)
    return api.send("POST", path, filled.values, reason=_reason(request), revision=revision)


def _take_faults(draft: Draft, filled: Filled, reply: Reply) -> None:
    draft.is_stale = reply.status == STALE
    filled.faults |= reply.faults
    if not reply.faults:
        draft.faults.append(reply.fault)


def _after(kind: ObjectKind, document_id: str, reply: Reply, done: str) -> str:
    """Give the page that shows what was done: the change request that waits, or the document."""
    if reply.change_request:
        return f"/console/changeRequests/{in_path(reply.change_request)}"
    return f"{kind.object_page(document_id)}?{urlencode({'done': done})}"


def _id_of(kind: ObjectKind, reply: Reply) -> str:
    return kind.id_of(reply.first)


def _choose_technique(api: Api, visitor: Visitor) -> Response:
    body = {"limit": MOST_TECHNIQUES, "sortBy": "name"}
    reply = api.send("POST", "/techniques/search", body)
    if not reply.is_good:
        return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)
    return page(
        "choose_technique.html", visitor, title="New directive", techniques=reply.items(), kind=KINDS["directive"]
    )


def _reason(request: Request) -> str:
    return request.form.get("reason", "").strip()


def _seen_revision(request: Request) -> int | None:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None  # noqa: PLR2004  digits of the largest revision


def _shown_revision(request: Request, draft: Draft) -> int | str:
    """Keep the revision that the form began with, so that what others did since is never overwritten."""
    return _seen_revision(request) or draft.revision or ""


PAGES: Final = (
    Page("/new/<kind>", create_object, "newObject", takes_forms=True),
    Page("/objects/<kind>/<one>/edit", edit_object, "editObject", takes_forms=True),
    Page("/objects/<kind>/<one>/delete", delete_object, "deleteObject", takes_forms=True),
)
