"""What is sent: complete headers, compressed bodies for who accepts them, 304 for who holds the answer already."""

import gzip
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from flask import Request, Response
from werkzeug.datastructures import Headers

from app.http.observe import Call, log_failure

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

GZIP_FROM: Final = 1024
GZIP_LEVEL: Final = 5


def watched(call: Call, body: Iterator[bytes]) -> Iterator[bytes]:
    """Send a body as it is made; what breaks it off is logged, because its status was sent long ago."""
    try:
        yield from body
    except Exception as error:
        log_failure(call, error)
        raise


class WrittenResponse(Response):
    """A response whose headers are complete when it is made; there is no redirect among ours to make absolute."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:  # noqa: ARG002  werkzeug's signature
        """Give the headers as they are, where werkzeug copies them and looks for what it could mend."""
        return self.headers

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send it as WSGI says; what is complete and has nothing to close is handed on as it is."""
        body = self.response
        if not isinstance(body, list) or self._on_close or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return body


class Unchanged:
    """Says that what the caller has is still so; it is sent so often that it is no more than its two headers."""

    is_streamed = False

    def __init__(self, etag: str) -> None:
        self._etag = etag

    def __call__(self, _environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send it as WSGI says."""
        start_response("304 NOT MODIFIED", [("ETag", self._etag), ("Cache-Control", "private, no-cache")])
        return ()


def respond(
    request: Request, body: bytes | Iterator[bytes], status: int, headers: dict[str, str], kind: str
) -> Response:
    """Make the response; what is small enough to hold is compressed for who accepts it."""
    headers["X-Content-Type-Options"] = "nosniff"
    if isinstance(body, bytes) and len(body) >= GZIP_FROM:
        headers["Vary"] = "Accept-Encoding"
        if _accepts_gzip(request):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
    return WrittenResponse(body, status=status, headers=headers, content_type=kind)


def _accepts_gzip(request: Request) -> bool:
    header = request.environ.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in header and request.accept_encodings.quality("gzip") > 0


def matches(request: Request, etag: str) -> bool:
    """Tell whether the client holds the answer of this tag."""
    header = request.environ.get("HTTP_IF_NONE_MATCH")
    if not header:
        return False
    if header in ("*", etag):
        return True
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags
