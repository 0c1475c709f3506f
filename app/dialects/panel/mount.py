"""Mounts the panel below `/api`: who calls, which call it is, and every refusal in the panel's form."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from flask import Flask, Request, Response
from flask import request as current_request
from werkzeug.exceptions import NotFound

from app.changes.work import Work
from app.core.context import Context, Source
from app.core.deadline import ending_in, under
from app.core.errors import ForbiddenError, ThrottledError, UnauthenticatedError, UnknownPathError
from app.core.tenancy import refuse_inactive
from app.dialects.panel.answers import KEY_REQUIRED, Reply, answer, failure
from app.dialects.panel.pace import Pace
from app.dialects.panel.reading import read_asked
from app.dialects.panel.table import BY_PATH, ONLY_HERE, PanelCall
from app.http.auth import API_TOKEN, PANEL_KEY, Attempt, Authenticator, Caller, authorize
from app.http.given import read_intent
from app.http.negotiation import NEIGHBOURS
from app.http.observe import CALL, Call, log_failure
from app.http.problems import wrong_method
from app.http.routing import Route
from app.http.throttle import Throttle
from app.http.versions import LATEST
from app.http.wiring import Wiring

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_NAMES: Final = frozenset(path.split("/")[1] for path in BY_PATH if path not in ONLY_HERE)


class PanelNeighbour:
    """Says which requests are the panel's."""

    def takes(self, environ: "WSGIEnvironment", path: str) -> bool:
        """Take whatever brings the panel's header, and paths of the panel alone that bring no other credential."""
        if PANEL_KEY in environ:
            return True
        return path in ONLY_HERE and API_TOKEN not in environ

    def shares(self, path: str) -> bool:
        """Tell whether a path begins like one of the panel's."""
        return path.split("/")[1] in _NAMES


class Panel:
    """The panel's calls, on the services that everybody uses."""

    def __init__(self, wiring: Wiring, max_body_bytes: int, requests_per_s: int) -> None:
        self._wiring = wiring
        self._max_body_bytes = max_body_bytes
        self._authenticator = Authenticator(wiring.resolvers, Throttle(wiring.now_s))
        self._pace = Pace(requests_per_s, wiring.now_s)

    def mount(self, app: Flask) -> None:
        """Give the application the panel's paths."""
        app.add_url_rule("/api/<path:rest>", "panel", self._serve, methods=METHODS, provide_automatic_options=False)

    def _serve(self, rest: str) -> Response:
        request: Request = current_request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  Flask's documented way to the object behind the proxy
        if not request.environ.get(NEIGHBOURS):
            raise NotFound
        call: Call = request.environ[CALL]
        path, path_id = _split(rest)
        methods = BY_PATH.get(path, {})
        method = "GET" if request.method == "HEAD" else request.method
        known = methods.get(method)
        sentence = "Internal server error" if known is None else known.sentence
        try:
            with under(ending_in(self._wiring.request_timeout_s)):
                reply = self._answer(request, (known, methods), path_id)
        except Exception as error:  # noqa: BLE001  the edge: whatever it is, the caller gets the panel's form
            reply = failure(error, sentence)
            if reply.status == 500:  # noqa: PLR2004  the status itself
                log_failure(call, error)
        return answer(request, reply)

    def _answer(self, request: Request, found: tuple[PanelCall | None, Mapping[str, PanelCall]], path_id: str) -> Reply:
        known, methods = found
        caller = self._caller(request)
        if known is None:
            if methods:
                raise wrong_method(request.method, tuple(sorted(methods)))
            raise UnknownPathError("Not found")
        call: Call = request.environ[CALL]
        call.template, call.action = f"/api{known.endpoint.path}", known.endpoint.action
        context = _context(request, caller, call)
        segments = tuple(known.endpoint.path.replace("{id}", path_id).strip("/").split("/"))
        try:
            authorize(caller, Attempt(known.endpoint, known.method, LATEST, segments))
        except ForbiddenError as refusal:
            self._wiring.denied(context, refusal.message)
            raise
        refuse_inactive(caller.state)
        return self._run(request, known, context, path_id)

    def _run(self, request: Request, known: PanelCall, context: Context, path_id: str) -> Reply:
        request.max_content_length = self._max_body_bytes
        intent = read_intent(request, Route(known.endpoint, LATEST))
        asked = read_asked(request, path_id)
        work = self._wiring.open_work(context, intent)
        if not isinstance(work, Work):
            raise TypeError("the panel works with the server's own work")
        try:
            return known.view(work, asked)
        finally:
            work.release()

    def _caller(self, request: Request) -> Caller:
        call: Call = request.environ[CALL]
        call.address = request.remote_addr or call.address
        if not str(request.environ.get(PANEL_KEY, "")).strip():
            raise UnauthenticatedError(KEY_REQUIRED)
        try:
            caller = self._authenticator.caller(request.environ, call.address, strict=True)
        except UnauthenticatedError as error:
            if isinstance(error, ThrottledError):
                raise
            raise UnauthenticatedError("Invalid Key") from error
        call.actor, call.tenant = caller.actor.handle, caller.tenant
        self._pace.take(f"{caller.tenant} {caller.credential}")
        return caller


def _split(rest: str) -> tuple[str, str]:
    """Give the path as the table has it, and the id that stands last in it."""
    path = f"/{rest.rstrip('/')}"
    if path in BY_PATH:
        return path, ""
    above, _, last = path.rpartition("/")
    return f"{above}/{{id}}", last


def _context(request: Request, caller: Caller, call: Call) -> Context:
    source = Source(call.address or None, request.environ.get("HTTP_USER_AGENT"), call.request_id)
    holds: Callable[[str], bool] = caller.grant.holds
    return Context(
        *(caller.tenant, caller.actor, caller.credential),
        source=source,
        only_reads=caller.grant.only_reads,
        holds=holds,
    )
