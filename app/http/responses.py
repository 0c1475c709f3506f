"""What is sent: small bodies compressed for who accepts it, large ones as they are made."""

import gzip
from collections.abc import Iterator
from typing import Final

from flask import Request, Response

from app.http.observe import Call, log_failure

GZIP_FROM: Final = 1024
GZIP_LEVEL: Final = 5


def watched(call: Call, body: Iterator[bytes]) -> Iterator[bytes]:
    """Send a body as it is made; what breaks it off is logged, because its status was sent long ago."""
    try:
        yield from body
    except Exception as error:
        log_failure(call, error)
        raise


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
    return Response(body, status=status, headers=headers, content_type=kind)


def _accepts_gzip(request: Request) -> bool:
    header = request.environ.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in header and request.accept_encodings.quality("gzip") > 0
