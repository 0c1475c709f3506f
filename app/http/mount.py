"""Mounts the endpoints on a Flask application: all that is below `/api/<version>`, and what stands beside it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from app.core.errors import ForbiddenError
from app.http import docs
from app.http.answers import TEXT_TYPE
from app.http.auth import Caller
from app.http.dispatch import Dispatcher
from app.http.envelope import dump
from app.http.exchange import ApiRequest, Exchange
from app.http.git import mount_git
from app.http.negotiation import NEIGHBOURS, OPEN, VersionMiddleware
from app.http.observe import CALL, METRICS_TYPE, Metrics, ObserveMiddleware
from app.http.proxies import ProxyMiddleware
from app.http.responses import respond
from app.http.routing import Routes
from app.http.versions import LATEST, VERSIONS
from app.http.wiring import Wiring

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LEAST_FORM_BYTES = 1 << 18

_VERSIONS = {str(version): version for version in VERSIONS}


def mount(app: Flask, routes: Routes, wiring: Wiring) -> None:
    """Give the application its routes, its errors and its middleware."""
    dispatcher = Dispatcher(routes, wiring)
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = wiring.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = max(wiring.max_body_bytes, LEAST_FORM_BYTES)
    metrics = Metrics()
    _mount_health(app, wiring)
    _mount_metrics(app, dispatcher, metrics)
    mount_git(app, dispatcher)
    docs.mount_docs(app, routes.endpoints, is_open=wiring.docs_open, guard=lambda: _authenticated(dispatcher))
    app.register_error_handler(Exception, _refuser(dispatcher))
    app.wsgi_app = ApiMiddleware(app.wsgi_app, dispatcher, wiring.max_body_bytes)  # type: ignore[method-assign]  # Flask's documented way to add middleware
    app.wsgi_app = VersionMiddleware(app.wsgi_app, routes.first_segments, wiring.neighbour)  # type: ignore[method-assign]  # the same
    app.wsgi_app = ObserveMiddleware(app.wsgi_app, metrics)  # type: ignore[method-assign]  # the same
    if wiring.trusted_proxies:
        app.wsgi_app = ProxyMiddleware(app.wsgi_app, wiring.trusted_proxies)  # type: ignore[method-assign]  # the same


class ApiMiddleware:
    """Answers every path below a version, by the table of routes; all else is left to Flask.

    Flask's contexts, signals and session are for those who ask them: here nobody does, and they cost a third of a read.
    """

    def __init__(self, app: "WSGIApplication", dispatcher: Dispatcher, max_body_bytes: int) -> None:
        self._app = app
        self._dispatcher = dispatcher
        self._max_body_bytes = max_body_bytes
        # The parser of multipart forms counts each piece that it reads of a file too.
        self._max_form_bytes = max(max_body_bytes, LEAST_FORM_BYTES)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request as WSGI says."""
        if not environ["PATH_INFO"].startswith("/api/") or environ.get(NEIGHBOURS):
            return self._app(environ, start_response)
        request = ApiRequest(environ)
        version, *segments = request.path.split("/")[2:]
        if version in OPEN:
            return self._app(environ, start_response)
        request.max_content_length, request.max_form_memory_size = self._max_body_bytes, self._max_form_bytes
        try:
            response = self._dispatcher.serve(request, _VERSIONS.get(version, LATEST), segments)
            return response(environ, start_response)
        finally:
            request.close()  # the files of a form


def _refuser(dispatcher: Dispatcher) -> Callable[[Exception], Response]:
    """Make the answer to what reached no endpoint."""

    def refuse(error: Exception) -> Response:
        return dispatcher.refuse(_exchange(), error)

    return refuse


def _exchange() -> Exchange:
    return Exchange(request, request.environ[CALL], LATEST, ())


def _mount_health(app: Flask, wiring: Wiring) -> None:
    def status() -> Response:
        return Response("OK\n", content_type=TEXT_TYPE)

    def alive() -> Response:
        return respond(request, b'{"healthy":true}', 200, {}, "application/json")

    def ready() -> Response:
        fault = wiring.find_fault()
        body = dump({"ready": True} if fault is None else {"ready": False, "reason": fault})
        return respond(request, body.encode(), 200 if fault is None else 503, {}, "application/json")

    app.add_url_rule("/api/status", "status", status)
    app.add_url_rule("/healthz", "healthz", alive)
    app.add_url_rule("/readyz", "readyz", ready)


def _mount_metrics(app: Flask, dispatcher: Dispatcher, metrics: Metrics) -> None:
    def show() -> Response:
        if not dispatcher.wiring.metrics_open:
            refusal = _authenticated(dispatcher)
            if refusal is not None:
                return refusal
        return Response(metrics.text(), content_type=METRICS_TYPE)

    app.add_url_rule("/metrics", "metrics", show)


def _authenticated(dispatcher: Dispatcher) -> Response | None:
    """Ask for any valid credential of an account that may read; None lets the request pass."""
    exchange = _exchange()
    try:
        _check_reader(dispatcher.authenticate(exchange))
    except Exception as error:  # noqa: BLE001  the edge: whatever it is, the caller gets an envelope
        return dispatcher.refuse(exchange, error)
    return None


def _check_reader(caller: Caller) -> None:
    reads = caller.grant.authorization in ("ro", "rw") or "administration_read" in caller.grant.rights
    if caller.read_only or not reads:
        raise ForbiddenError(f"Authorization error: User '{caller.actor.handle}' is not allowed to read this")
