"""A browser without scripts: follows links and sends forms as the pages have them."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import Client, TestResponse

from app.application import create_app
from app.core.clock import now_ms
from app.http.auth import SESSION_COOKIE
from app.people.logins import begin_login
from app.people.sessions import begin_session
from app.store.people import lock_user
from tests.installations import Server
from tests.people.persons import PASSWORD

HOME = "/console/changeRequests"


@dataclass
class Form:
    """A form of a page: where it goes, and what is in its fields; of boxes, what is ticked."""

    action: str
    fields: dict[str, Any] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    """Reads forms as a browser sends them: boxes that are not ticked and choices that are not made send nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open = ""
        """The field whose content is being read."""
        self.has_choice = False
        """Whether the list being read has had a choice; a browser sends the first where none is selected."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif self.forms:
            self._inside(tag, given)

    def _inside(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type")
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        if kind == "checkbox":
            self.forms[-1].fields.setdefault(given["name"], []).append(given["value"])
        elif tag in ("input", "textarea", "select") and "name" in given:
            self._field(tag, given)
        elif tag == "option" and self.open and ("selected" in given or not self.has_choice):
            self.has_choice = True
            self._set(given.get("value", ""))
        elif tag == "button" and "name" in given:
            self.forms[-1].buttons.append(given["value"])

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name, fields = given["name"], self.forms[-1].fields
        value = given.get("value", "")
        if name in fields:
            # Rows of the same fields.
            fields[name] = [*fields[name], value] if isinstance(fields[name], list) else [fields[name], value]
        else:
            fields[name] = value
        self.open = name if tag != "input" else ""
        self.has_choice = False

    def _value(self) -> str:
        known = self.forms[-1].fields[self.open]
        return known[-1] if isinstance(known, list) else known

    def _set(self, value: str) -> None:
        known = self.forms[-1].fields[self.open]
        self.forms[-1].fields[self.open] = [*known[:-1], value] if isinstance(known, list) else value

    def handle_data(self, data: str) -> None:
        if self.open and self.lasttag == "textarea":
            self._set(self._value() + data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            if tag == "textarea":
                self._set(self._value().removeprefix("\n"))
            self.open = ""


def forms_of(answer: TestResponse) -> list[Form]:
    parser = _Forms()
    parser.feed(answer.text)
    return parser.forms


def form_of(answer: TestResponse, action: str) -> Form:
    return next(form for form in forms_of(answer) if form.action == action)


def text_of(answer: TestResponse) -> str:
    """Give what a person reads on a page."""
    main = re.sub(r".*<main[^>]*>|</main>.*", "", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


@dataclass
class Visit:
    """One browser with cookies of its own."""

    client: Client

    @classmethod
    def to(cls, server: Server) -> "Visit":
        return cls(create_app(server.config, server.opened).test_client())

    @classmethod
    def of(cls, server: Server, user_id: str, *, tenant: str = "default") -> "Visit":
        """Come as somebody who has a session already."""
        now, ring, database = now_ms(), server.opened.committer.ring, server.opened.database
        with database.writing(tenant) as connection:
            user = lock_user(connection, tenant, user_id)
            assert user is not None
            _, pair = begin_login(connection, ring, user, now)
        session = begin_session(database, ring, str(pair["access"]), now)
        assert session is not None
        visit = cls.to(server)
        visit.client.set_cookie(SESSION_COOKIE, session.cookie)
        return visit

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def send(self, page: TestResponse, action: str, **more: Any) -> TestResponse:
        """Send a form of a page with these fields filled in."""
        form = form_of(page, action)
        return self.client.post(action, data={**form.fields, **more})

    def act(self, path: str, verb: str, **more: Any) -> TestResponse:
        """Press the first button of a page that says this verb, with these fields filled in."""
        form = next(form for form in forms_of(self.get(path)) if verb in form.buttons)
        return self.client.post(form.action or path, data={**form.fields, "verb": verb, **more})

    def log_in(self, name: str, password: str = PASSWORD, *, tenant: str = "", start: str = HOME) -> TestResponse:
        """Come as a stranger, and log in where that leads to."""
        page = self.client.get(start, follow_redirects=True)
        return self.send(page, "/console/login", email=name, password=password, tenant=tenant)

    def press(self, number: int, verb: str, **more: Any) -> TestResponse:
        """Press a button on the page of a change request."""
        path = f"{HOME}/{number}"
        return self.send(self.get(path), path, verb=verb, **more)
