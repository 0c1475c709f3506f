"""Forms of the pages: what a button asks of the API, and what the page says of it afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Final
from urllib.parse import urlencode

from flask import Request, Response

from app.console.api import Api, Reply
from app.console.rendering import in_path, see
from app.core.values import dataclass

BAD: Final = 400
PRESS: Final = "Press one of the buttons of this page"
PAGE_SIZE: Final = 50
LONGEST_SEARCH: Final = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody filled in."""

    fields: Mapping[str, list[str]]

    def text(self, name: str) -> str:
        """Give a field's text, without blanks around it; nothing where it is not there."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Give a field's text as it is, such as a password's."""
        return (self.fields.get(name) or [""])[0].replace("\r\n", "\n")

    def many(self, name: str) -> list[str]:
        """Give what was ticked."""
        return [text for text in self.fields.get(name, []) if text]

    def lines(self, name: str) -> list[str]:
        """Give each line that says something."""
        return [line.strip() for line in self.raw(name).splitlines() if line.strip()]

    def flag(self, name: str) -> bool:
        """Tell whether a box was ticked."""
        return name in self.fields


@dataclass(frozen=True, slots=True)
class Act:
    """What a button does, and which member of the answer is shown this once."""

    send: Callable[[Api, Sent], Reply]
    reveals: str = ""
    leads_to: str = ""
    """Where to go afterwards, such as `/console/users/{id}`; without it the page is shown again."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says of the form that was sent, if one was; `faults` are by field."""

    verb: str = ""
    done: str = ""
    fault: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    values: Sent = field(default_factory=lambda: Sent({}))
    secret: str = ""
    held: str = ""
    status: int = 200
    answer: Mapping[str, Any] = field(default_factory=dict)

    def value(self, name: str, kept: object = "") -> str:
        """Give what a field shows: what was typed where the form was refused, else what is kept."""
        if self.fault and name in self.values.fields:
            return self.values.raw(name)
        return "" if kept is None else str(kept)

    def ticked(self, name: str, option: str, kept: object = ()) -> bool:
        """Tell whether a box is ticked: as it was sent where the form was refused, else as it is kept."""
        if self.fault:
            return option in self.values.fields.get(name, [])
        return option in kept if isinstance(kept, list | tuple | set | frozenset) else bool(kept)


def told(api: Api, request: Request, acts: Mapping[str, Act], done: Mapping[str, str]) -> Said | Response:
    """Do what a button says; what went well leads on by GET, but for what is shown this once.

    `done` says of each button what happened; those of other pages that lead here are among them.
    """
    if request.method != "POST":
        held = request.args.get("held", "")
        return Said(done=done.get(request.args.get("done", ""), ""), held=held if held.isdigit() else "")
    sent = Sent(request.form.to_dict(flat=False))
    verb = sent.text("verb")
    act = acts.get(verb)
    if act is None:
        return Said(fault=PRESS, values=sent, status=BAD)
    try:
        reply = act.send(api, sent)
    except FormError as wrong:
        return Said(verb, fault=str(wrong), faults={wrong.name: str(wrong)}, values=sent, status=BAD)
    if not reply.is_good:
        faults = {name: "; ".join(map(str, texts)) for name, texts in reply.faults.items()}
        return Said(verb, fault=reply.fault, faults=faults, values=sent, status=reply.status)
    shown = reply.first
    secret = str(shown.get(act.reveals) or "") if act.reveals else ""
    if secret:
        return Said(verb, done=done[verb], secret=secret, answer=shown)
    return see(_onward(act, verb, shown, request.path))


class FormError(Exception):
    """A field that cannot be read, so that the API is not asked at all."""

    def __init__(self, name: str, text: str) -> None:
        """Name the field and say what to write."""
        super().__init__(text)
        self.name = name


def search(api: Api, path: str, asked: Mapping[str, Any], request: Request) -> tuple[Reply, dict[str, str]]:
    """Search for a page of a list; the page number is in the URL. Gives where newer and further pages are, too."""
    number = request.args.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 7 else 1  # noqa: PLR2004  longer is no page
    page = max(page, 1)
    reply = api.send("POST", f"{path}/search", {**asked, "page": page, "limit": PAGE_SIZE})
    total = (reply.body.get("meta") or {}).get("total", 0) if reply.is_good else 0
    kept = {name: text for name, text in request.args.items() if name not in ("page", "done", "held")}
    around = {}
    if page > 1:
        around["before"] = urlencode({**kept, "page": page - 1})
    if page * PAGE_SIZE < total:
        around["after"] = urlencode({**kept, "page": page + 1})
    return reply, around


def sought(request: Request) -> str:
    """Give the text that a list is searched for."""
    return request.args.get("q", "").strip()[:LONGEST_SEARCH]


def _onward(act: Act, verb: str, shown: Mapping[str, Any], path: str) -> str:
    held = shown.get("changeRequestId")
    asked = {"held": str(held)} if held else {"done": verb}
    where = act.leads_to.format(id=in_path(str(shown.get("id", "")))) if act.leads_to and not held else path
    return f"{where}?{urlencode(asked)}"
