"""Mounts the pages: who may see them, what they answer, and every refusal as a page."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from flask import Blueprint, Flask, Request, Response
from flask import request as current_request
from werkzeug.exceptions import HTTPException

from app.console import (
    administration,
    change_requests,
    compliance,
    events,
    installation,
    integrity,
    login,
    nodes,
    object_editing,
    objects,
    overview,
)
from app.console.pages import Page, View
from app.console.rendering import in_path, page, see
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.tenancy import ACTIVE
from app.http.observe import CALL, Call, log_failure

PAGES: Final = (
    *overview.PAGES,
    *change_requests.PAGES,
    *nodes.PAGES,
    *compliance.PAGES,
    *objects.PAGES,
    *object_editing.PAGES,
    *events.PAGES,
    *integrity.PAGES,
    *administration.PAGES,
)
"""Every page of those who are logged in, in the order of the navigation."""

LINKED: Final = {"/login": login.LOGIN, "/instance/<one>": "/console/objects/instance/{one}"}
"""Paths at the root that lead to pages."""

FORBIDDEN, MISSING, FAILED = 403, 404, 500
FOREIGN: Final = "This form did not come from a page of your session; go back, load the page again, and send it again"


def mount_console(app: Flask, site: Site) -> None:
    """Give the application its pages."""
    blueprint = Blueprint(
        "console", __name__, url_prefix="/console", template_folder="templates", static_folder="static"
    )
    for one in _open_pages(site):
        _add(blueprint, one)
    for one in (*PAGES, Page("/<path:one>", _missing, "nowhere")):
        _add(blueprint, replace(one, view=_seen(site, one.view)))
    blueprint.add_url_rule(
        "/logout", "logout", _edge("/logout", "logout", _seen(site, login.log_out)), methods=["POST"]
    )
    shown = [one for one in PAGES if one.label]
    blueprint.context_processor(lambda: {"navigation": shown})
    app.register_blueprint(blueprint)
    # Where links of other products' dashboards lead; writes there are other routes'.
    for path, leads_to in LINKED.items():
        app.add_url_rule(path, f"console{path}", partial(_lead, leads_to), methods=["GET"])


def _open_pages(site: Site) -> tuple[Page, ...]:
    """Give the pages of those who are not logged in."""
    return (
        Page("/login", lambda request: login.log_in(site, request), "login", takes_forms=True),
        Page("/session", lambda request: login.tell_session(site, request), "session"),
        Page("/installation", lambda request: installation.show_installation(site, request), "installation",
             takes_forms=True),
    )  # fmt: skip


def _lead(leads_to: str, **variables: str) -> Response:
    return see(leads_to.format(**{name: in_path(text) for name, text in variables.items()}))


def _add(blueprint: Blueprint, one: Page) -> None:
    """Answer a path: pages are shown by GET, and forms come by POST."""
    methods = ["GET", "POST"] if one.takes_forms else ["GET"]
    blueprint.add_url_rule(one.path, one.name, _edge(one.path, one.name, one.view), methods=methods)


def _edge(path: str, name: str, view: Callable[..., Response]) -> Callable[..., Response]:
    """Say whose page answers, and turn every failure into a page."""

    def serve(**variables: str) -> Response:
        request: Request = current_request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  Flask's documented way to the object behind the proxy
        call: Call = request.environ[CALL]
        call.template, call.action, call.address = f"/console{path}", f"console {name}", request.remote_addr or ""
        try:
            return view(request, *variables.values())
        except HTTPException as refusal:
            return page("message.html", status=refusal.code or FAILED, title=refusal.name, text=refusal.description)
        except Exception as failure:  # noqa: BLE001  the edge: whatever it is, a person gets a page
            log_failure(call, failure)
            text = f"The server failed on this page; tell the operator its id: {call.request_id}"
            return page("message.html", status=FAILED, title="Something went wrong", text=text)

    return serve


def _seen(site: Site, view: View) -> Callable[..., Response]:
    """Ask for a session, and let a form through only from a page of that session."""

    def serve(request: Request, *variables: str) -> Response:
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
        return view(site, request, visitor, *variables)

    return serve


def _missing(_site: Site, _request: Request, visitor: Visitor, _path: str) -> Response:
    return page("message.html", visitor, status=MISSING, title="Not found", text="There is no such page.")
