"""The page on which the author and the editors of a change request change what it asks for."""

from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Request, Response

from app.console.rendering import in_path, page, see
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.errors import InvalidError
from app.core.values import dataclass

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

Json = dict[str, Any]

BAD: Final = 400
NOTHING_LEFT: Final = "A change request needs a document; withdraw it, rather than leave everything out"


@dataclass(frozen=True, slots=True)
class Member:
    """One member that a change sets: the name of its field on the page, and its value as text or as JSON."""

    field: str
    name: str
    text: str
    is_json: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """One document of a change request as the page shows it; `place` is its place in the change set."""

    place: int
    kind: str
    id: str
    action: str
    members: tuple[Member, ...]


def edit(site: Site, request: Request, visitor: Visitor, number: str) -> Response:
    """Show what can be edited, or send it."""
    api, path = site.api(request, visitor), f"/changeRequests/{in_path(number)}"
    reply = api.get(path)
    if not reply.is_good:
        return page("message.html", visitor, status=reply.status, title="Not shown", text=reply.fault)
    (one,) = reply.items("changeRequests")
    fault, status = "", 200
    if request.method == "POST":
        try:
            body = _edited(one, request.form)
        except InvalidError as refused:
            fault, status = refused.message, BAD
        else:
            answer = api.send("PATCH", path, body)
            if answer.is_good:
                return see(f"/console{path}")
            fault, status = answer.fault, answer.status
    given = request.form
    return page(
        "edit_request.html", visitor, status=status, one=one, fault=fault, drafts=drafts_of(one), given=given,
        name=given.get("name", one["displayName"]), description=given.get("description", one["description"]),
    )  # fmt: skip


def drafts_of(one: Json) -> list[Draft]:
    """List the documents that were asked for; what follows from them by itself is left out."""
    found = []
    for place, change in enumerate(one["changeSet"]):
        if change.get("follows"):
            continue
        before, after = change.get("before") or {}, change.get("after") or {}
        names = [
            name for name in after if name != "id" and (change["action"] == "create" or after[name] != before.get(name))
        ]
        members = tuple(_member(place, name, after[name]) for name in names)
        found.append(Draft(place, change["kind"], change["id"], change["action"], members))
    return found


def _member(place: int, name: str, value: Any) -> Member:  # noqa: ANN401  any JSON
    is_json = not isinstance(value, str)
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() if is_json else value
    return Member(f"{place}:{name}", name, text, is_json)


def _edited(one: Json, form: "MultiDict[str, str]") -> Json:
    """Make the body of the edit: name, description, and the change set where one of its values is another.

    Raises:
        InvalidError: a value is no JSON, or nothing is left.
    """
    body = {name: form[name].strip().replace("\r\n", "\n") for name in ("name", "description") if name in form}
    changes, is_other = [], False
    for draft in drafts_of(one):
        if form.get(f"{draft.place}:out") == "yes":
            is_other = True
            continue
        change: Json = {"kind": draft.kind, "id": draft.id, "action": draft.action}
        if draft.action != "delete":
            stored = one["changeSet"][draft.place]["after"]
            change["after"] = {member.name: stored[member.name] for member in draft.members}
            for member in draft.members:
                text = form.get(member.field, member.text).replace("\r\n", "\n")
                if text != member.text:
                    change["after"][member.name] = _value(member, text)
                    is_other = True
        changes.append(change)
    if not changes:
        raise InvalidError(NOTHING_LEFT)
    return {**body, "changes": changes} if is_other else body


def _value(member: Member, text: str) -> Any:  # noqa: ANN401  any JSON
    if not member.is_json:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise InvalidError(f"{member.name}: this is not JSON: {fault}") from fault
