"""What the pages need of the server, as one value made at start."""

from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from flask import Request

from app.changes.work import Work
from app.console.api import Api
from app.console.sessions import Door, Visitor
from app.core.context import Context, Source
from app.core.values import dataclass
from app.http.observe import CALL, Call
from app.http.seams import Intent
from app.resources.logins import service as logins
from app.store.db import Database
from app.store.secrets import KeyRing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True, slots=True)
class Site:
    """The ways from a page into the server: the API, and what a login needs besides."""

    wsgi_app: "WSGIApplication"
    database: Database
    ring: KeyRing
    door: Door
    open_work: Callable[[Context, Intent], Work]
    admin_secret: str = field(default="", repr=False)
    """The secret of the installation's administrators; empty where there is no administration over HTTP."""

    def api(self, request: Request, visitor: Visitor) -> Api:
        """Call the API as whoever looks at the page."""
        return Api(self.wsgi_app, request, visitor.csrf)

    def end_login(self, request: Request, visitor: Visitor) -> None:
        """End the login of a session: its cookie opens nothing any more, wherever it is."""
        call: Call = request.environ[CALL]
        source = Source(call.address or None, request.environ.get("HTTP_USER_AGENT"), call.request_id)
        ctx = Context(visitor.tenant, visitor.grant.actor, visitor.grant.credential, source=source)
        work = self.open_work(ctx, Intent())
        try:
            logins.log_out(work, None)
        finally:
            work.release()
