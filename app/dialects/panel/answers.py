"""Answers of the panel: bare JSON, and the one table from error to status and sentence."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from flask import Request, Response

from app.core import errors
from app.core.canonical import JSON
from app.core.values import dataclass
from app.http.envelope import JSON_TYPE, dump
from app.http.problems import headers_of, translated
from app.http.responses import respond
from app.http.versions import TRUE

KEY_REQUIRED: Final = "API key is required"
STATUS: Final[Mapping[type[Exception], int]] = {
    errors.InvalidError: 400,
    errors.UnauthenticatedError: 401,
    errors.ForbiddenError: 403,
    errors.DisabledError: 403,
    errors.UnknownPathError: 404,
    errors.NotFoundError: 400,
    errors.MethodNotAllowedError: 405,
    errors.ConflictError: 409,
    errors.TooLargeError: 413,
    errors.ThrottledError: 429,
    errors.RetryLaterError: 503,
    errors.StorageFullError: 503,
    Exception: 500,
}
"""A class that is not named here has the status of its nearest parent; what is not there is a bad request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and the bare value that goes with it."""

    status: int
    value: JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def waiting(change_request: str) -> Reply:
    """Say that what was asked for waits for review."""
    return Reply(202, {"message": "Waiting for review", "changeRequestId": change_request})


def answer(request: Request, reply: Reply) -> Response:
    """Write a reply; no answer may be kept by anybody."""
    headers = {**reply.headers, "Cache-Control": "no-store"}
    return respond(request, dump(reply.value).encode("utf-8", "replace"), reply.status, headers, JSON_TYPE)


def failure(raised: Exception, sentence: str) -> Reply:
    """Tell an error; `sentence` is what the action says where the fault is ours."""
    error = translated(raised)
    status = next(STATUS[parent] for parent in type(error).__mro__ if parent in STATUS)
    if not isinstance(error, errors.SternpostError) or status == 500:  # noqa: PLR2004  the status itself
        return Reply(500, {"error": sentence})
    said: dict[str, JSON] = {"error": "Too many requests" if status == 429 else error.message}  # noqa: PLR2004  the same
    if isinstance(error, errors.InvalidError) and error.fields:
        said["details"] = {name: [*texts] for name, texts in error.fields.items()}
    return Reply(status, said, headers_of(error, TRUE))
