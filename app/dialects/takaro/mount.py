"""Mounts the root-level routes: who may call, what is answered, and every refusal in their own envelope."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from flask import Flask, Request, Response
from flask import request as current_request

from app.changes.work import Work
from app.core.clock import now_ms
from app.core.context import SYSTEM, Context, Source
from app.core.deadline import ending_in, under
from app.core.errors import UnauthenticatedError
from app.core.tenancy import PUBLIC, SYSTEM_TENANT
from app.core.values import dataclass
from app.dialects.takaro.admin import AdminGuard
from app.dialects.takaro.callers import Callers, context_of
from app.dialects.takaro.envelope import ValidationFault, failure, success
from app.dialects.takaro.ids import is_uuid
from app.dialects.takaro.visit import Paged, Route, Visit
from app.http.auth import ANONYMOUS
from app.http.observe import CALL, Call, log_failure
from app.http.problems import wrong_method
from app.http.seams import Intent
from app.resources.tenants.service import Administration

ADMIN_CREDENTIAL = "admin token"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
FREE_IDS = frozenset({"domainId"})
"""Parameters that are no UUIDs although their names say id."""


@dataclass(frozen=True, slots=True)
class Surface:
    """The ways from root-level routes into the installation."""

    administration: Administration
    guard: AdminGuard
    callers: Callers
    open_work: Callable[[Context, Intent], Work]
    timeout_s: float | None = None

    def mount(self, app: Flask, routes: Sequence[Route]) -> None:
        """Give the application these routes."""
        paths: dict[str, dict[str, Route]] = defaultdict(dict)
        for route in routes:
            paths[route.path][route.method] = route
        for path, by_method in paths.items():
            served = path.translate(str.maketrans("{}", "<>"))
            name = f"takaro{path}".translate(str.maketrans("/{}.", "____"))
            view = _Views(self, path, by_method)
            app.add_url_rule(served, name, view.serve, methods=METHODS, provide_automatic_options=False)


@dataclass(frozen=True, slots=True)
class _Views:
    """What one path answers, by method."""

    surface: Surface
    path: str
    routes: Mapping[str, Route] = field(default_factory=dict)

    def serve(self, **ids: str) -> Response:
        """Answer one request."""
        request: Request = current_request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  Flask's documented way to the object behind the proxy
        call: Call = request.environ[CALL]
        call.template, call.address = self.path, request.remote_addr or call.address
        try:
            with under(ending_in(self.surface.timeout_s)):
                return self._answer(request, call, ids)
        except Exception as error:  # noqa: BLE001  the edge: whatever it is, the caller gets an envelope
            response = failure(error, call.request_id)
            if response.status_code == 500:  # noqa: PLR2004  the status itself
                log_failure(call, error)
            return response

    def _answer(self, request: Request, call: Call, ids: Mapping[str, str]) -> Response:
        # Where a path has one kind of caller, they are asked who they are before the method is looked at.
        method = "GET" if request.method == "HEAD" else request.method
        route = self.routes.get(method) or next(iter(self.routes.values()))
        visit = self._visit(request, call, route, ids)
        try:
            if method not in self.routes:
                raise wrong_method(request.method, tuple(sorted(self.routes)))
            _check_ids(ids)
            call.action = f"{method} {self.path}"
            given = route.view(visit)
        except UnauthenticatedError:
            # What a body held opened nothing: that counts like a header.
            if route.asks == "nobody":
                self.surface.callers.authenticator.count_failure(call.address)
            raise
        finally:
            visit.work.release()
        if isinstance(given, Response):
            return given
        return success([*given.objects], given.meta) if isinstance(given, Paged) else success(given)

    def _visit(self, request: Request, call: Call, route: Route, ids: Mapping[str, str]) -> Visit:
        surface = self.surface
        source = Source(call.address or None, request.environ.get("HTTP_USER_AGENT"), call.request_id)
        person = None
        if route.asks == "admin":
            surface.guard.check(request.environ, call.address)
            call.actor, call.tenant = ADMIN_CREDENTIAL, SYSTEM_TENANT
            context = Context(SYSTEM_TENANT, SYSTEM, ADMIN_CREDENTIAL, source=source)
        else:
            context = Context(PUBLIC, ANONYMOUS, source=source)
        if route.asks == "person":
            caller, person = surface.callers.find(request, route, call.address, now_ms())
            context = context_of(person, caller, context)
            call.actor, call.tenant = context.actor.handle, context.tenant
        work = surface.open_work(context, Intent())
        return Visit(request, ids, work, surface.administration, person)


def _check_ids(ids: Mapping[str, str]) -> None:
    wrong = [name for name, text in ids.items() if name.lower().endswith("id") and name not in FREE_IDS]
    faults = [name for name in wrong if not is_uuid(ids[name])]
    if faults:
        said = {name: {"isUuid": f"{name} must be a UUID"} for name in faults}
        raise ValidationFault(
            [{"property": name, "value": ids[name], "constraints": {**said[name]}} for name in faults]
        )
