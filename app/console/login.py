"""The page to log in; a tenant is named by whoever knows it, and none is ever listed to strangers."""

from typing import Final
from urllib.parse import urlencode

import orjson
from flask import Request, Response

from app.console.api import Api, Reply
from app.console.rendering import HEADERS, page, see
from app.console.sessions import Visitor
from app.console.site import Site
from app.core.clock import now_ms
from app.people.sessions import begin_session

HOME: Final = "/console/"
LOGIN: Final = "/console/login"
OURS: Final = ("/console/", "/api/docs/")
WRONG: Final = 401
SEVERAL: Final = "You belong to several tenants: {}. Name the one that you want, and write your password once more."
STALE: Final = "This page was open for too long or came from elsewhere; it is fresh now, so send it again"


def log_in(site: Site, request: Request) -> Response:
    """Show the form, or let somebody in."""
    if request.method == "POST":
        return _try(site, request)
    values = {"next": request.args.get("next", ""), "tenant": request.args.get("tenant", "")}
    return _form(site, request, values=values)


def log_out(site: Site, request: Request, visitor: Visitor) -> Response:
    """End the session, here and in the database."""
    site.end_login(request, visitor)
    response = see(LOGIN)
    site.door.end(response)
    return response


def ask_to_log_in(request: Request) -> Response:
    """Send a stranger to the form, and back afterwards."""
    asked = {"next": request.full_path.rstrip("?")}
    if request.args.get("tenant"):
        asked["tenant"] = request.args["tenant"]
    return see(f"{LOGIN}?{urlencode(asked)}")


def tell_session(site: Site, request: Request) -> Response:
    """Tell a page of ours that is none of the console's who is logged in, and the token for that session's writes.

    The answer is JSON without leave for other sites to read it, so the token stays with pages that are served here.
    """
    visitor = site.door.find_visitor(request)
    told = {"user": None} if visitor is None else {
        "user": visitor.handle, "tenant": visitor.tenant, "csrf": visitor.csrf,
    }  # fmt: skip
    response = Response(orjson.dumps(told), content_type="application/json")
    response.headers.update({**HEADERS, "Cross-Origin-Resource-Policy": "same-origin"})
    return response


def safe_next(path: str) -> str:
    """Give where to go after the login: a page of the console or of the API's documents, whatever a link says."""
    is_ours = path.startswith(OURS) and path.isprintable() and "\\" not in path and "//" not in path
    return path if is_ours and not path.startswith(LOGIN) else HOME


def _try(site: Site, request: Request) -> Response:
    said = {name: request.form.get(name, "") for name in ("email", "tenant", "next")}
    if not site.door.is_stranger_form(request):
        return _form(site, request, values=said, fault=STALE, status=400)
    asked = {"email": said["email"].strip(), "password": request.form.get("password", "")}
    if said["tenant"].strip():
        asked["client"] = said["tenant"].strip()
    reply = Api(site.wsgi_app, request).send("POST", "/auth/login", asked)
    if not reply.is_good:
        own = _own_tenants(reply)
        fault = SEVERAL.format(own) if own else reply.fault
        return _form(site, request, values=said, fault=fault, status=reply.status, asks_tenant=bool(own))
    session = begin_session(site.database, site.ring, str(reply.body["access"]), now_ms())
    if session is None:
        return _form(site, request, values=said, fault=STALE, status=WRONG)
    response = see(safe_next(said["next"]))
    site.door.begin(request, response, session)
    return response


def _own_tenants(reply: Reply) -> str:
    """Give the tenants of somebody whose password was right and who named none; nothing for every other refusal."""
    texts = reply.body.get("client") if isinstance(reply.body, dict) else None
    return str(texts[0]).rpartition(": ")[2] if isinstance(texts, list) and texts else ""


def _form(
    site: Site,
    request: Request,
    *,
    values: dict[str, str],
    fault: str = "",
    status: int = 200,
    asks_tenant: bool = False,
) -> Response:
    token = site.door.stranger_token(request)
    response = page("login.html", status=status, values=values, fault=fault, csrf=token, asks_tenant=asks_tenant)
    site.door.keep_stranger(request, response, token)
    return response
