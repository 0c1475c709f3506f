"""The public API as the pages call it: in this process, with the cookie of whoever looks at the page.

So rights, texts, limits and logs are those of the API, and no page can show or do what the API would not.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson
from flask import Request

from app.core.values import dataclass
from app.http.observe import CALL
from app.http.versions import LATEST

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_KEPT: Final = (
    *("REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "HTTP_HOST", "HTTP_USER_AGENT"),
    *("wsgi.version", "wsgi.url_scheme", "wsgi.errors", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once"),
)
_TOO_MANY: Final = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API: its status, its JSON, and its ETag."""

    status: int
    body: Any
    tag: str = ""

    @property
    def is_good(self) -> bool:
        """Tell whether it was done."""
        return self.status < _TOO_MANY

    @property
    def fault(self) -> str:
        """Say why it was not."""
        body = self.body if isinstance(self.body, dict) else {}
        if "errorDetails" in body:
            return str(body["errorDetails"])
        if "meta" in body:
            # A root-level route's own envelope.
            return str(body["meta"].get("error", {}).get("message", ""))
        texts = [str(text) for value in body.values() for text in (value if isinstance(value, list) else [value])]
        return "; ".join(texts) or f"The server answered {self.status}"

    @property
    def faults(self) -> dict[str, list[str]]:
        """Say what is wrong with which field, by the field's path."""
        found = self.body.get("errors") if isinstance(self.body, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def revision(self) -> int | None:
        """Give the revision of the one object that is shown."""
        text = self.tag.strip('"').partition("-")[0]
        return int(text) if text.isdigit() else None

    def one_of(self, name: str) -> dict[str, Any]:
        """Give the object in the container `name`."""
        found = self.body["data"].get(name)
        return found if isinstance(found, dict) else {}

    def meta(self, name: str) -> Any:  # noqa: ANN401  any JSON
        """Give what the envelope says of the list."""
        return (self.body.get("meta") or {}).get(name)

    @property
    def first(self) -> dict[str, Any]:
        """Give the one object of the answer, or its first; empty where there is none."""
        body = self.body if isinstance(self.body, dict) else {}
        data = body.get("data", body)
        if "data" in body and isinstance(data, dict) and len(data) == 1:
            (data,) = data.values()
        found = data[0] if isinstance(data, list) and data else data
        return found if isinstance(found, dict) else {}

    @property
    def change_request(self) -> str:
        """Give the number of the change request that a write became; nothing where it was done at once."""
        above = self.body if isinstance(self.body, dict) else {}
        return str(self.first.get("changeRequestId") or above.get("changeRequestId") or "")

    def items(self, name: str = "") -> list[dict[str, Any]]:
        """Give the objects of the answer, those of the container `name` or of the list that `data` is."""
        data = self.body.get("data")
        found = data.get(name) if name and isinstance(data, dict) else data
        return found if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class Api:
    """Calls the application beneath a request; `csrf` is the token of the session's forms, for writes."""

    app: "WSGIApplication"
    request: Request
    csrf: str = ""
    prefix: str = f"/api/{LATEST}"
    headers: Mapping[str, str] = field(default_factory=dict)
    """WSGI variables that go along."""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Read."""
        return self._call("GET", path, query or {}, None)

    def send(
        self,
        method: str,
        path: str,
        body: Any,  # noqa: ANN401  any JSON
        *,
        reason: str = "",
        revision: int | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """Write; with `revision` only if the object is still at that one."""
        return self._call(method, path, {**(query or {}), **({"reason": reason} if reason else {})}, body, revision)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any,  # noqa: ANN401  any JSON
        revision: int | None = None,
    ) -> Reply:
        sent = b"" if body is None else orjson.dumps(body)
        outer = self.request.environ
        environ: dict[str, Any] = {
            **{name: outer[name] for name in _KEPT if name in outer},
            **self.headers,
            "HTTP_X_REQUEST_ID": outer[CALL].request_id,
            "HTTP_COOKIE": outer.get("HTTP_COOKIE", ""),
            "HTTP_X_CSRF_TOKEN": self.csrf,
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": f"{self.prefix}{path}",
            "QUERY_STRING": urlencode(query),
            "CONTENT_LENGTH": str(len(sent)),
            "wsgi.input": io.BytesIO(sent),
        }
        if body is not None:
            environ["CONTENT_TYPE"] = "application/json"
        if revision is not None:
            environ["HTTP_IF_MATCH"] = f'"{revision}"'
        return _run(self.app, environ)


def _run(app: "WSGIApplication", environ: dict[str, Any]) -> Reply:
    told: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], _failure: object = None) -> Any:  # noqa: ANN401  WSGI's write(), unused
        told[:] = [status, *(value for name, value in headers if name.lower() == "etag")]

    parts: Iterable[bytes] = app(environ, start)
    try:
        body = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    return Reply(int(told[0][:3]), orjson.loads(body) if body else {}, "".join(told[1:]))
