"""What to answer to whoever holds what is current already."""

from flask import Request, Response


def matches(request: Request, etag: str) -> bool:
    """Say whether the caller holds the answer of this tag."""
    header = request.environ.get("HTTP_IF_NONE_MATCH")
    if not header:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def not_modified(etag: str) -> Response:
    """Tell the caller to use it."""
    return Response(b"", status=304, headers={"ETag": etag, "Cache-Control": "private, no-cache"})
