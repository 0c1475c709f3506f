"""Where people log in: under the API prefix and at the root, from version 25 on, without an envelope."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, Final

from app.changes.work import Work
from app.http.auth import API_KEY, BEARER
from app.http.endpoint import ANYBODY, PUBLIC, TEXT, Answer, Endpoint, Given
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.logins import resetting, service
from app.resources.logins.acceptance import accept
from app.resources.logins.schema import (
    AcceptanceInput,
    ForgottenInput,
    LinkQuery,
    LoginInput,
    LogoutInput,
    PasswordInput,
    RefreshInput,
    ResetInput,
)

PAGE: Final = Path(__file__).with_name("page.html")
RESET_PAGE: Final = Path(__file__).with_name("reset.html")
PAGE_HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
}


def log_in(work: Work, given: Given) -> Answer:
    """Let a person in."""
    said = given.fields
    client = said.get("client")
    name, password = str(said["email"]), str(said["password"])
    return Answer.plain(service.log_in(work, name, password, None if client is None else str(client)))


def refresh(work: Work, given: Given) -> Answer:
    """Give a new pair of tokens."""
    return Answer.plain(service.refresh(work, str(given.fields["refresh"])))


def log_out(work: Work, given: Given) -> Answer:
    """End a login."""
    token = given.fields.get("refresh")
    return Answer.plain(service.log_out(work, None if token is None else str(token)))


def show_caller(work: Work, _given: Given) -> Answer:
    """Show the person who calls."""
    return Answer.plain(service.show_caller(work))


def change_password(work: Work, given: Given) -> Answer:
    """Set one's own password."""
    return Answer.plain(service.change_password(work, str(given.fields["password"]), str(given.fields["new_password"])))


def accept_invitation(work: Work, given: Given) -> Answer:
    """Accept an invitation."""
    password = given.fields.get("password")
    return Answer.plain(accept(work, str(given.fields["token"]), None if password is None else str(password)))


def ask_for_reset(work: Work, given: Given) -> Answer:
    """Let a link for a new password be mailed."""
    client = given.fields.get("client")
    return Answer.plain(resetting.ask(work, str(given.fields["email"]), None if client is None else str(client)))


def reset_password(work: Work, given: Given) -> Answer:
    """Set a new password by a mailed link."""
    return Answer.plain(resetting.reset(work, str(given.fields["token"]), str(given.fields["password"])))


def show_page(_work: Work, given: Given) -> Answer:
    """Show the page that a mailed link opens; opening it accepts nothing, because mail programs open links too."""
    return _page(PAGE, given)


def show_reset_page(_work: Work, given: Given) -> Answer:
    """Show the page of a link for a new password."""
    return _page(RESET_PAGE, given)


def _page(file: Path, given: Given) -> Answer:
    page = file.read_text("utf-8").replace("{token}", escape(str(given.query.get("token", ""))))
    return Answer(raw=page.encode(), content_type="text/html; charset=utf-8", headers=PAGE_HEADERS)


def _endpoint(
    method: str,
    path: str,
    action: str,
    summary: str,
    view: Callable[[Work, Given], Answer],
    **more: Any,  # noqa: ANN401
) -> Endpoint:
    declared = {"right": PUBLIC, "bare": True, "lifespan": Lifespan(25), **more}
    return Endpoint(methods=(method,), path=path, action=action, summary=summary, view=view, **declared)


ENDPOINTS = (
    _endpoint("POST", "/auth/login", "logIn", "Log in", log_in, input=LoginInput, greets=(API_KEY,)),
    _endpoint("POST", "/auth/refresh", "refreshLogin", "Exchange a refresh token", refresh, input=RefreshInput),
    _endpoint("POST", "/auth/logout", "logOut", "End a login", log_out, input=LogoutInput, greets=(BEARER,)),
    _endpoint("GET", "/auth/me", "showCaller", "Show the person who calls", show_caller, right=ANYBODY),
    _endpoint(
        "POST", "/auth/password", "changePassword", "Set one's own password", change_password,
        right=ANYBODY, input=PasswordInput,
    ),
    _endpoint(
        "POST", "/auth/accept-invitation", "acceptInvitation", "Accept an invitation", accept_invitation,
        input=AcceptanceInput,
    ),
    _endpoint(
        "POST", "/auth/forgot-password", "askForReset", "Let a link for a new password be mailed", ask_for_reset,
        input=ForgottenInput, greets=(API_KEY,),
    ),
    _endpoint(
        "POST", "/auth/reset-password", "resetPassword", "Set a new password by a mailed link", reset_password,
        input=ResetInput,
    ),
    _endpoint(
        "GET", "/auth/reset-password", "showReset", "Show the page of a link for a new password", show_reset_page,
        container=TEXT, bare=False, query=LinkQuery, media_type="text/html",
    ),
    _endpoint(
        "GET", "/auth/accept-invitation", "showInvitation", "Show the page of a mailed link", show_page,
        container=TEXT, bare=False, query=LinkQuery, media_type="text/html",
    ),
)  # fmt: skip

RESOURCE = Resource(name="logins", endpoints=ENDPOINTS)
