"""The one table from error to status, per era, and the text that each era shows."""

from collections.abc import Mapping
from typing import Final

from werkzeug import exceptions as web

from app.core import errors
from app.core.canonical import JSON
from app.http.versions import RUDDER, TRUE, Era

STATUS: Final[Mapping[type[Exception], int]] = {
    errors.InvalidError: 400,
    errors.UnknownVersionError: 400,
    errors.UnauthenticatedError: 401,
    errors.ForbiddenError: 403,
    errors.DisabledError: 403,
    errors.NotFoundError: 404,
    errors.MethodNotAllowedError: 405,
    errors.ConflictError: 409,
    errors.StaleError: 412,
    errors.TooLargeError: 413,
    errors.UnsupportedMediaError: 415,
    errors.ThrottledError: 429,
    errors.OverdueError: 502,
    errors.RetryLaterError: 503,
    errors.StorageFullError: 503,
    errors.IntegrityError: 500,
    errors.SternpostError: 500,
    Exception: 500,
}
"""Statuses of version 25; a class that is not named here has that of its nearest parent."""

KEPT: Final = frozenset({401, 403, 413, 415, 429, 502, 503})
"""Statuses that are the same in versions 2 to 24; everything else that is refused there is 500 (decisions 13)."""

UNKNOWN_TO_RUDDER: Final = (errors.DisabledError, errors.UndecidedError)
"""Errors of which Rudder's contract knows nothing are refusals like any other in versions 2 to 24."""

ROUTING: Final = (errors.UnknownPathError,)
"""Errors of routing keep 404 in versions 2 to 24."""


def status_of(kind: type[Exception], era: Era) -> int:
    """Give the status that an error class has in an era."""
    status = next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)
    if era is TRUE or (status in KEPT and not issubclass(kind, UNKNOWN_TO_RUDDER)) or issubclass(kind, ROUTING):
        return status
    return 500


def text_of(error: Exception, era: Era, request_id: str) -> str:
    """Give the text that a caller is told; what we did not foresee is told by its request id only."""
    if not isinstance(error, errors.SternpostError):
        return f"The server failed on this request; tell the operator its id: {request_id}"
    return error.rudder if era is RUDDER else error.message


def members_of(error: Exception, era: Era) -> dict[str, JSON]:
    """Give what an error adds to the envelope: in the strict era every 400 has `errors` by field."""
    if era is TRUE and status_of(type(error), era) == 400:  # noqa: PLR2004  the status itself
        fields = error.fields if isinstance(error, errors.InvalidError) else {}
        return {"errors": {name: list(texts) for name, texts in fields.items()}}
    if era is TRUE and isinstance(error, errors.StepError):
        return {"allowed": [*error.allowed], "conflicts": [*error.conflicts]}
    return {}


def bare_body(error: Exception, request_id: str) -> JSON:
    """Give the body of a refusal without envelope: for wrong input `{field: [texts]}`, else one sentence."""
    text = text_of(error, TRUE, request_id)
    if isinstance(error, errors.InvalidError):
        fields: dict[str, JSON] = {name: [*texts] for name, texts in error.fields.items()}
        return fields or {"non_field_errors": [text]}
    return {"detail": text}


def headers_of(error: Exception, era: Era) -> dict[str, str]:
    """Give the headers that an error asks for."""
    if isinstance(error, errors.RetryLaterError):
        return {"Retry-After": str(error.retry_after_s)}
    if era is TRUE and isinstance(error, errors.UnauthenticatedError):
        return {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    if era is TRUE and isinstance(error, errors.MethodNotAllowedError):
        return {"Allow": ", ".join(error.allowed)}
    return {}


def translated(error: Exception) -> Exception:
    """Turn an exception of the web framework into the error of the domain that it means."""
    if isinstance(error, web.RequestEntityTooLarge):
        return errors.TooLargeError("The body is larger than the server takes; send less at once")
    if isinstance(error, web.NotFound):
        return errors.UnknownPathError("There is nothing at this path")
    if isinstance(error, web.MethodNotAllowed):
        return errors.MethodNotAllowedError("This path has no such method", allowed=sorted(error.valid_methods or ()))
    if isinstance(error, web.UnsupportedMediaType):
        return errors.UnsupportedMediaError("This media type is not read here")
    if isinstance(error, web.HTTPException) and error.code is not None and 400 <= error.code < 500:  # noqa: PLR2004  the client's statuses
        return errors.InvalidError(f"Bad request: {error.description}")
    return error


def wrong_method(method: str, allowed: tuple[str, ...]) -> errors.MethodNotAllowedError:
    """Make the refusal of a method, in Rudder's words for the versions that speak its contract."""
    said = f"The method {method} is not served here; use one of: {', '.join(allowed)}"
    rudder = f"Bad request: API does not support HTTP request type '{method}'"
    return errors.MethodNotAllowedError(said, allowed=allowed, rudder=rudder)
