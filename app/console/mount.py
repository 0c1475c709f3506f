"""Mounts the pages: who may see them, what they answer, and every refusal as a page."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Flask, Request, Response
from flask import request as current_request
from werkzeug.exceptions import HTTPException

from app.console import change_requests, login
from app.console.rendering import page, see
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.tenancy import ACTIVE
from app.http.observe import CALL, Call, log_failure

View = Callable[[Site, Request, Visitor], Response]
View1 = Callable[[Site, Request, Visitor, str], Response]

FORBIDDEN, MISSING, FAILED = 403, 404, 500
FOREIGN: Final = "This form did not come from a page of your session; go back, load the page again, and send it again"


def mount_console(app: Flask, site: Site) -> None:
    """Give the application its pages."""
    pages = Blueprint("console", __name__, url_prefix="/console", template_folder="templates", static_folder="static")
    _add(pages, "/login", lambda request, _: login.log_in(site, request), "login")
    _add(pages, "/logout", _seen(site, lambda request, visitor, _: login.log_out(site, request, visitor)), "logout")
    _add(pages, "/", lambda _request, _: see(login.HOME), "home")
    _add(
        pages, "/changeRequests",
        _seen(site, lambda request, visitor, _: change_requests.show_queue(site, request, visitor)), "queue",
    )  # fmt: skip
    _add(
        pages, "/changeRequests/<one>",
        _seen(site, lambda request, visitor, one: change_requests.decide(site, request, visitor, one)), "decide",
    )  # fmt: skip
    _add(pages, "/<path:one>", _seen(site, lambda _request, visitor, _: _missing(visitor)), "nowhere")
    app.register_blueprint(pages)


def _add(pages: Blueprint, path: str, view: Callable[[Request, str], Response], name: str) -> None:
    """Answer a path: pages are shown by GET, and forms come by POST."""

    def serve(one: str = "") -> Response:
        request: Request = current_request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  Flask's documented way to the object behind the proxy
        call: Call = request.environ[CALL]
        call.template, call.action, call.address = f"/console{path}", f"console {name}", request.remote_addr or ""
        try:
            return view(request, one)
        except HTTPException as refusal:
            return page("message.html", status=refusal.code or FAILED, title=refusal.name, text=refusal.description)
        except Exception as failure:  # noqa: BLE001  the edge: whatever it is, a person gets a page
            log_failure(call, failure)
            text = f"The server failed on this page; tell the operator its id: {call.request_id}"
            return page("message.html", status=FAILED, title="Something went wrong", text=text)

    methods = ["GET"] if name in ("home", "nowhere", "queue") else ["POST"] if name == "logout" else ["GET", "POST"]
    pages.add_url_rule(path, name, serve, methods=methods)


def _seen(site: Site, view: Callable[[Request, Visitor, str], Response]) -> Callable[[Request, str], Response]:
    """Ask for a session, and let a form through only from a page of that session."""

    def serve(request: Request, one: str) -> Response:
        visitor = site.door.find_visitor(request)
        if visitor is None:
            return login.ask_to_log_in(request)
        call: Call = request.environ[CALL]
        call.actor, call.tenant = visitor.handle, visitor.tenant
        if request.method == "POST" and not site.door.is_own_form(request, visitor):
            return page("message.html", visitor, status=FORBIDDEN, title="Not sent", text=FOREIGN)
        if visitor.grant.state != ACTIVE:
            text = f"The tenant '{visitor.tenant}' takes no calls now; ask its administrator"
            return page("message.html", visitor, status=FORBIDDEN, title="Closed", text=text)
        wanted = request.args.get("tenant", "")
        if wanted and wanted != visitor.tenant:
            text = f"This link is of the tenant '{wanted}', and you are logged in to '{visitor.tenant}'. Log out first."
            return page("message.html", visitor, status=MISSING, title="Another tenant", text=text)
        return view(request, visitor, one)

    return serve


def _missing(visitor: Visitor) -> Response:
    return page("message.html", visitor, status=MISSING, title="Not found", text="There is no such page.")
