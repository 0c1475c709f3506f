"""The envelope of root-level routes, and the one table from error to its status and code there."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from flask import Response

from app.core import errors
from app.core.canonical import JSON, Document
from app.core.clock import now_ms, rfc3339
from app.http.envelope import JSON_TYPE, dump
from app.http.problems import headers_of, translated
from app.http.search_errors import SearchError, problem_of
from app.http.versions import TRUE


class Said(NamedTuple):
    """How an error is told: status, code, and the message where the error's own is not for the caller."""

    status: int
    code: str
    message: str | None = None


PROBLEMS: Final[Mapping[type[Exception], Said]] = {
    errors.InvalidError: Said(400, "BadRequestError"),
    errors.DisabledError: Said(400, "BadRequestError"),
    errors.MaintenanceError: Said(400, "BadRequestError"),
    errors.UnauthenticatedError: Said(401, "UnauthorizedError", "Not authorized"),
    errors.ForbiddenError: Said(403, "ForbiddenError"),
    errors.NotFoundError: Said(404, "NotFoundError"),
    errors.MethodNotAllowedError: Said(405, "MethodNotAllowedError", "Method not allowed"),
    errors.ConflictError: Said(409, "ConflictError"),
    errors.TooLargeError: Said(413, "PayloadTooLargeError"),
    errors.UnsupportedMediaError: Said(415, "UnsupportedMediaTypeError"),
    errors.ThrottledError: Said(429, "TooManyRequestsError"),
    errors.OverdueError: Said(502, "TimeoutError"),
    errors.RetryLaterError: Said(503, "ServiceUnavailableError"),
    Exception: Said(500, "InternalServerError"),
}
"""A class that is not named here is told as its nearest parent."""


class ValidationFault(errors.InvalidError):
    """Properties of a body that cannot be taken; `details` has one item for each, none for the good ones."""

    def __init__(self, details: Sequence[Document], message: str = "Validation error") -> None:
        super().__init__(message)
        self.details = list(details)


def success(data: JSON, meta: Mapping[str, JSON] | None = None) -> Response:
    """Answer 200 with data."""
    return _response(200, {"meta": {**(meta or {}), "serverTime": rfc3339(now_ms())}, "data": data}, {})


def failure(raised: Exception, request_id: str) -> Response:
    """Answer an error; what nobody foresaw is told by the request's id alone."""
    error = translated(raised)
    said = next(PROBLEMS[parent] for parent in type(error).__mro__ if parent in PROBLEMS)
    if isinstance(error, errors.SternpostError) and said.status != 500:  # noqa: PLR2004  the status itself
        message = said.message or error.message
    else:
        message = f"Internal server error; tell the operator the id of this request: {request_id}"
    problem: Document = {"code": said.code, "message": message, "details": None}
    if isinstance(error, ValidationFault):
        problem = {**problem, "code": "ValidationError", "details": [*error.details]}
    elif isinstance(error, SearchError):
        problem = problem_of(error, problem)
    headers = headers_of(error, TRUE) if said.status != 400 else {}  # noqa: PLR2004  the status itself
    return _response(said.status, {"meta": {"error": problem, "serverTime": rfc3339(now_ms())}, "data": None}, headers)


def _response(status: int, body: Document, headers: Mapping[str, str]) -> Response:
    fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(dump(body), status=status, headers={**headers, **fixed}, content_type=JSON_TYPE)
