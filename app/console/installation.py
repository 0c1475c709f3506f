"""The page of the installation's administrators: tenants are made, switched off and deleted with the admin secret.

The secret is asked for once and is kept nowhere: the browser gets a cookie that proves that it was right, for this page
alone and for half an hour. It opens no tenant's data.
"""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from flask import Request, Response

from app.console.acting import Act, FormError, Sent, search, sought, told
from app.console.api import Api, Reply
from app.console.login import STALE
from app.console.rendering import in_path, page, see
from app.console.sessions import FORM_FIELD
from app.console.site import Site
from app.core.clock import now_ms
from app.people.sessions import form_token, is_form_token

COOKIE: Final = "sternpost_installation"
PATH: Final = "/console/installation"
LASTS_S: Final = 1800
SECRET_HEADER: Final = "HTTP_X_ADMIN_TOKEN"  # noqa: S105  a header's name
DONE: Final[Mapping[str, str]] = {
    "create": "The tenant is made. Its first person's password is shown this once.",
    "disable": "The tenant is switched off: nobody's calls are answered any more.",
    "enable": "The tenant is back.",
    "delete": "The tenant is deleted, with all that was in it.",
}


def show_installation(site: Site, request: Request) -> Response:
    """Ask for the secret, or show the tenants and do what a button says."""
    cookie = request.cookies.get(COOKIE, "")
    if not is_open(site, cookie, now_ms() // 1000):
        return _ask(site, request)
    if request.method == "POST":
        if not is_form_token(site.ring, cookie, request.form.get(FORM_FIELD, "")):
            return _form(site, request, fault=STALE, status=403)
        if request.form.get("verb") == "leave":
            response = see(PATH)
            response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="Strict", secure=site.door.secure)
            return response
    api = Api(site.wsgi_app, request, prefix="", headers={SECRET_HEADER: site.admin_secret})
    said = told(api, request, ACTS, DONE)
    if isinstance(said, Response):
        return said
    text = sought(request)
    asked: dict[str, Any] = {"sortBy": "id", **({"search": {"name": [text]}} if text else {})}
    reply, around = search(api, "/domain", asked, request)
    if not reply.is_good:
        return _form(site, request, fault=reply.fault, status=reply.status)
    return page(
        "installation.html", status=said.status, said=said, tenants=reply.items(), sought=text, around=around,
        total=reply.body["meta"]["total"], csrf=form_token(site.ring, cookie),
    )  # fmt: skip


def is_open(site: Site, cookie: str, now_s: int) -> bool:
    """Tell whether a cookie proves that the secret of now was given, not too long ago."""
    ends, _, _ = cookie.partition(".")
    is_time = ends.isascii() and ends.isdigit() and len(ends) < 16  # noqa: PLR2004  longer is no time
    if not site.admin_secret or not is_time or int(ends) <= now_s:
        return False
    return hmac.compare_digest(_proof(site, int(ends)).encode(), cookie.encode("utf-8", "replace"))


def _ask(site: Site, request: Request) -> Response:
    if request.method != "POST":
        return _form(site, request)
    if not site.door.is_stranger_form(request):
        return _form(site, request, fault=STALE, status=400)
    given = request.form.get("secret", "")
    # The API compares it, in constant time, and counts what was wrong.
    api = Api(site.wsgi_app, request, prefix="", headers={SECRET_HEADER: given.encode().decode("latin-1")})
    reply = api.send("POST", "/domain/search", {"limit": 1})
    if not reply.is_good:
        return _form(site, request, fault=reply.fault, status=reply.status)
    response, ends_s = see(PATH), now_ms() // 1000 + LASTS_S
    response.set_cookie(
        COOKIE, _proof(site, ends_s), expires=ends_s, path=PATH, httponly=True, samesite="Strict",
        secure=site.door.secure or request.is_secure,
    )  # fmt: skip
    return response


def _proof(site: Site, ends_s: int) -> str:
    """Write what the cookie holds; another secret, or other keys, make it worthless."""
    text = form_token(site.ring, f"installation:{ends_s}")
    return f"{ends_s}.{hmac.new(site.admin_secret.encode(), text.encode(), sha256).hexdigest()}"


def _form(site: Site, request: Request, *, fault: str = "", status: int = 200) -> Response:
    token = site.door.stranger_token(request)
    response = page("installation_login.html", status=status, fault=fault, csrf=token, is_closed=not site.admin_secret)
    site.door.keep_stranger(request, response, token)
    return response


def _create(api: Api, sent: Sent) -> Reply:
    fields = {name: sent.text(name) for name in ("name", "externalReference") if sent.text(name)}
    if sent.text("maxUsers"):
        if not sent.text("maxUsers").isdigit():
            raise FormError("maxUsers", f"'{sent.text('maxUsers')[:40]}' is no whole number; write digits only")
        fields["maxUsers"] = int(sent.text("maxUsers"))  # type: ignore[assignment]  # JSON holds both
    reply = api.send("POST", "/domain", {"name": "", **fields})
    if not reply.is_good:
        return reply
    made = reply.body["data"]
    shown = {"id": made["createdDomain"]["id"], "login": made["rootUser"]["email"], "password": made["password"]}
    return replace(reply, body={"data": [shown]})


def _to(state: str) -> Any:  # noqa: ANN401  a sender of a form
    return lambda api, sent: api.send("PUT", f"/domain/{in_path(sent.text('tenant'))}", {"state": state})


def _delete(api: Api, sent: Sent) -> Reply:
    if sent.text("again") != sent.text("tenant"):
        raise FormError("again", f"Write '{sent.text('tenant')[:80]}' to delete that tenant for good")
    return api.send("DELETE", f"/domain/{in_path(sent.text('tenant'))}", None, query={"hardDelete": "true"})


ACTS: Final[Mapping[str, Act]] = {
    "create": Act(_create, reveals="password"),
    "disable": Act(_to("DISABLED")),
    "enable": Act(_to("ACTIVE")),
    "delete": Act(_delete),
}
