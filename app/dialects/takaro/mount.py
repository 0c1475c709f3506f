"""Mounts the root-level routes: who may call, what is answered, and every refusal in their own envelope."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Request, Response
from flask import request as current_request

from app.core.canonical import Document
from app.core.context import SYSTEM, Context, Source
from app.core.errors import NotFoundError
from app.core.tenancy import ACTIVE, SYSTEM_TENANT
from app.dialects.takaro import domains, search
from app.dialects.takaro.admin import AdminGuard
from app.dialects.takaro.envelope import failure, success
from app.dialects.takaro.reading import Property, checked, read_body, text
from app.http.observe import CALL, Call, log_failure
from app.http.problems import wrong_method
from app.resources.tenants.service import Administration

ADMIN_CREDENTIAL = "admin token"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_TOKEN = {"registrationToken": Property(text(0, 500), required=True)}

View = Callable[[Request, Context, str], Response]
"""`(request, context, id in the path or "") -> answer`."""


@dataclass(frozen=True, slots=True)
class AdminRoutes:
    """The routes that ask for the installation's secret."""

    administration: Administration
    guard: AdminGuard
    removed: Callable[[str], None]
    """Told of each tenant that was deleted for good, so that its repository goes too."""

    def mount(self, app: Flask) -> None:
        """Give the application these routes."""
        table: dict[str, dict[str, View]] = {
            "/domain": {"POST": self._create},
            "/domain/search": {"POST": self._search},
            "/domain/<tenant>": {"GET": self._show, "PUT": self._modify, "DELETE": self._delete},
            "/resolve-registration-token": {"POST": self._resolve},
        }
        for path, views in table.items():
            name = f"takaro{path}".translate(str.maketrans("/<>", "___"))
            app.add_url_rule(path, name, self._guarded(path, views), methods=METHODS, provide_automatic_options=False)

    def _guarded(self, path: str, views: dict[str, View]) -> Callable[..., Response]:
        def serve(tenant: str = "") -> Response:
            request: Request = current_request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  Flask's documented way to the object behind the proxy
            call: Call = request.environ[CALL]
            call.template, call.address = path, request.remote_addr or call.address
            try:
                self.guard.check(request.environ, call.address)
                call.actor, call.tenant = ADMIN_CREDENTIAL, SYSTEM_TENANT
                view = views.get("GET" if request.method == "HEAD" else request.method)
                if view is None:
                    raise wrong_method(request.method, tuple(sorted(views)))  # noqa: TRY301  one place for every refusal
                return view(request, _context(request, call), tenant)
            except Exception as error:  # noqa: BLE001  the edge: whatever it is, the caller gets an envelope
                response = failure(error, call.request_id)
                if response.status_code == 500:  # noqa: PLR2004  the status itself
                    log_failure(call, error)
                return response

        return serve

    def _create(self, request: Request, ctx: Context, _tenant: str) -> Response:
        return success(domains.create(self.administration, ctx, read_body(request)))

    def _search(self, request: Request, _ctx: Context, _tenant: str) -> Response:
        body = {**_numbers_of(request), **read_body(request)}
        shown = [domains.domain_json(record) for record in self.administration.all()]
        found = search.find(shown, body)
        meta: Document = {"page": found.page, "limit": found.limit, "total": found.total}
        return success([*found.domains], meta)

    def _show(self, _request: Request, _ctx: Context, tenant: str) -> Response:
        return success(domains.domain_json(self.administration.get(tenant)))

    def _modify(self, request: Request, ctx: Context, tenant: str) -> Response:
        return success(domains.modify(self.administration, ctx, tenant, read_body(request)))

    def _delete(self, request: Request, ctx: Context, tenant: str) -> Response:
        hard = request.args.get("hardDelete", "").lower() == "true"
        self.administration.delete(ctx, tenant, hard=hard)
        if hard:
            self.removed(tenant)
        return success({})

    def _resolve(self, request: Request, _ctx: Context, _tenant: str) -> Response:
        token = checked(read_body(request), _TOKEN)["registrationToken"]
        record = self.administration.find_by_registration(str(token))
        if record is None or record.state != ACTIVE:
            raise NotFoundError("No active domain has this registration token")
        return success(domains.domain_json(record))


def _context(request: Request, call: Call) -> Context:
    source = Source(call.address or None, request.environ.get("HTTP_USER_AGENT"), call.request_id)
    return Context(SYSTEM_TENANT, SYSTEM, ADMIN_CREDENTIAL, source=source)


def _numbers_of(request: Request) -> Document:
    """Read `page` and `limit` of the URL; what is no number is refused like one of the body."""
    given = {name: request.args[name] for name in ("page", "limit") if name in request.args}
    return {name: int(value) if value.isascii() and value.isdigit() else value for name, value in given.items()}
