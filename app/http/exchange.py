"""One request under way, and the request itself as the API reads it."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from flask import Request
from werkzeug.datastructures import EnvironHeaders, Headers

from app.core.values import dataclass
from app.http.observe import Call
from app.http.params import Named
from app.http.routing import Route
from app.http.versions import Era, era_of
from app.http.waiting import collection_tag
from app.store.glance import Glance

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class ApiRequest(Request):
    """Flask's request, which takes out of the environment only what is asked for: most reads ask for very little."""

    def __init__(self, environ: "WSGIEnvironment") -> None:  # the whole of it is replaced
        self.environ = environ
        self.shallow = False
        self.method = environ["REQUEST_METHOD"].upper()
        self.path = "/" + environ["PATH_INFO"].encode("latin-1").decode(errors="replace").lstrip("/")
        self.remote_addr = environ.get("REMOTE_ADDR")
        self.scheme = environ.get("wsgi.url_scheme", "http")

    def close(self) -> None:
        """Close the files of a form, if one was read."""
        if "files" in self.__dict__:
            super().close()

    @cached_property
    def headers(self) -> Headers:  # type: ignore[override]  # an attribute there
        """The headers, read from the environment one by one."""
        return EnvironHeaders(self.environ)

    @cached_property
    def query_string(self) -> bytes:  # type: ignore[override]  # an attribute there
        """The query as it was sent."""
        return str(self.environ.get("QUERY_STRING", "")).encode("latin-1")

    @cached_property
    def root_path(self) -> str:  # type: ignore[override]  # an attribute there
        """What the server was mounted under."""
        return Request(self.environ, populate_request=False).root_path

    @cached_property
    def server(self) -> tuple[str, int | None] | None:  # type: ignore[override]  # an attribute there
        """The server's own name and port."""
        return Request(self.environ, populate_request=False).server


@dataclass(slots=True)
class Exchange:
    """One request under way; what is known of it grows, and its refusal says as much as is known."""

    request: Request
    call: Call
    version: int
    segments: Sequence[str]
    route: Route | None = None
    values: dict[str, str] | None = None
    url: Named | None = None
    dialect: str = ""
    glance: Glance | None = None

    def named_document(self) -> Glance | None:
        """Name the document that the endpoint shows, if it is known to show one."""
        kind = None if self.route is None else self.route.endpoint.document
        return None if kind is None or self.values is None else Glance(kind, self.values["id"])

    @property
    def era(self) -> Era:
        """The contract that the answer follows."""
        return era_of(self.version)

    @property
    def query(self) -> str:
        """The query string as it was sent."""
        return str(self.request.environ.get("QUERY_STRING", ""))

    def tag(self, state: str) -> str:
        """Tag an answer that depends on a state."""
        known = (self.version, self.call.tenant, self.call.actor, state, self.request.path)
        return collection_tag(known, self.url)
