"""Answers that the client has already: entity tags compared, and 304."""

from flask import Request, Response


def matches(request: Request, etag: str) -> bool:
    """Tell whether the client holds the answer of this tag."""
    header = request.environ.get("HTTP_IF_NONE_MATCH")
    if not header:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def not_modified(etag: str) -> Response:
    """Say that what the client holds is still so."""
    return Response(b"", status=304, headers={"ETag": etag, "Cache-Control": "private, no-cache"})
