"""Mounts the endpoints on a Flask application: blueprints under `/api/<version>`, and what stands beside them."""

from collections.abc import Callable, Sequence

from flask import Blueprint, Flask, Response, request

from app.core.errors import ForbiddenError
from app.http import docs
from app.http.answers import TEXT_TYPE
from app.http.auth import Caller
from app.http.dispatch import Dispatcher, Exchange
from app.http.endpoint import Endpoint
from app.http.envelope import dump
from app.http.git import mount_git
from app.http.negotiation import OPEN, VersionMiddleware
from app.http.observe import CALL, METRICS_TYPE, Metrics, ObserveMiddleware
from app.http.proxies import ProxyMiddleware
from app.http.responses import respond
from app.http.routing import Routes
from app.http.versions import LATEST, VERSIONS
from app.http.wiring import Wiring

LEAST_FORM_BYTES = 1 << 18

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


def mount(app: Flask, endpoints: Sequence[Endpoint], wiring: Wiring) -> Routes:
    """Give the application its routes, its errors and its middleware; the table is what was mounted.

    Raises:
        EndpointError: an endpoint forgot its right, or two answer the same.
    """
    routes = Routes(endpoints)
    dispatcher = Dispatcher(routes, wiring)
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = wiring.max_body_bytes
    # The parser of multipart forms counts each piece that it reads of a file too.
    app.config["MAX_FORM_MEMORY_SIZE"] = max(wiring.max_body_bytes, LEAST_FORM_BYTES)
    for blueprint in _blueprints(routes, dispatcher):
        app.register_blueprint(blueprint)
    metrics = Metrics()
    _mount_health(app, wiring)
    _mount_metrics(app, dispatcher, metrics)
    mount_git(app, dispatcher)
    docs.mount_docs(app, endpoints, is_open=wiring.docs_open, guard=lambda: _authenticated(dispatcher))
    app.register_error_handler(Exception, _refuser(dispatcher))
    app.wsgi_app = VersionMiddleware(app.wsgi_app, routes.first_segments, wiring.neighbour)  # type: ignore[method-assign]  # Flask's documented way to add middleware
    app.wsgi_app = ObserveMiddleware(app.wsgi_app, metrics)  # type: ignore[method-assign]  # the same
    if wiring.trusted_proxies:
        app.wsgi_app = ProxyMiddleware(app.wsgi_app, wiring.trusted_proxies)  # type: ignore[method-assign]  # the same
    return routes


def _blueprints(routes: Routes, dispatcher: Dispatcher) -> list[Blueprint]:
    """Make one blueprint per first segment, for all versions; which endpoint is meant, the table of routes says.

    A rule for each path would be compiled by werkzeug into functions that build URLs, which nobody asks for: that took
    most of the start.
    """
    made = []
    for first in sorted(routes.first_segments):
        blueprint = Blueprint(first.replace(".", "_"), __name__, url_prefix=f"/api/<int:version>/{first}")
        view = _view(dispatcher, first)
        for name, rule in (("all", ""), ("below", "/<path:rest>")):
            blueprint.add_url_rule(
                rule, endpoint=name, view_func=view, methods=METHODS, provide_automatic_options=False
            )
        made.append(blueprint)
    return made


def _view(dispatcher: Dispatcher, first: str) -> Callable[..., Response]:
    def view(version: int, rest: str = "") -> Response:
        return dispatcher.serve(version, (first, *rest.split("/")) if rest else (first,))

    return view


def _refuser(dispatcher: Dispatcher) -> Callable[[Exception], Response]:
    """Make the answer to what reached no endpoint; below `/api` a credential is asked for first."""

    def refuse(error: Exception) -> Response:
        parts = request.path.split("/")
        if parts[1:2] == ["api"] and not (parts[2:3] and parts[2] in OPEN):
            versioned = len(parts) > 2 and parts[2].isdigit() and int(parts[2]) in VERSIONS  # noqa: PLR2004  /api/<version>
            return dispatcher.serve(int(parts[2]) if versioned else LATEST, parts[3:])
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
