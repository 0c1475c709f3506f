"""What can go wrong, as facts of the domain; `http/problems.py` alone knows which status each one is.

A message names the thing, the value and the remedy. `rudder` is the text that scripts written for Rudder match; the
versions that speak Rudder's contract show it instead of the message.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class SternpostError(Exception):
    """Anything that a caller is told; the message is safe to show."""

    def __init__(self, message: str, *, rudder: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.rudder = rudder or message


class InvalidError(SternpostError):
    """The input cannot be accepted as it is; `fields` is `{field path: [texts]}` with the fields in error only."""

    def __init__(
        self,
        message: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        rudder: str | None = None,
    ) -> None:
        super().__init__(message, rudder=rudder)
        self.fields = {name: list(texts) for name, texts in (fields or {}).items()}


class UnreadableError(InvalidError):
    """The body is not the JSON that it should be."""


class UnauthenticatedError(SternpostError):
    """No credential, or one that opens nothing; which of the four reasons it was is never told."""


class ForbiddenError(SternpostError):
    """The actor is known and may not do this."""


class UndecidedError(ForbiddenError):
    """A decision on a change request is not this person's to make."""


class DisabledError(SternpostError):
    """The tenant is switched off."""


class NotFoundError(SternpostError):
    """There is no such thing in the caller's tenant."""


class UnknownPathError(NotFoundError):
    """No endpoint of this version answers the path."""


class MethodNotAllowedError(SternpostError):
    """The path exists, the method does not; `allowed` lists those that do."""

    def __init__(self, message: str, *, allowed: Sequence[str], rudder: str | None = None) -> None:
        super().__init__(message, rudder=rudder)
        self.allowed = tuple(allowed)


class UnknownVersionError(SternpostError):
    """The header names an API version that is not served."""


class ConflictError(SternpostError):
    """What is asked contradicts the present state."""


class AlreadyExistsError(ConflictError):
    """The id is taken."""


class StepError(ConflictError):
    """It is no step in this state; `allowed` are those that are, `conflicts` the fields that others changed."""

    def __init__(
        self, message: str, *, allowed: Sequence[str] = (), conflicts: Sequence[Any] = (), rudder: str | None = None
    ) -> None:
        super().__init__(message, rudder=rudder)
        self.allowed = tuple(allowed)
        self.conflicts = tuple(conflicts)


class StaleError(SternpostError):
    """The object was changed since the caller read it (If-Match)."""


class TooLargeError(SternpostError):
    """The body is over the configured limit."""


class UnsupportedMediaError(SternpostError):
    """The body's media type is not one that this endpoint reads."""


class RetryLaterError(SternpostError):
    """Nothing was done and the same call may work after `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: int, rudder: str | None = None) -> None:
        super().__init__(message, rudder=rudder)
        self.retry_after_s = retry_after_s


class ThrottledError(RetryLaterError):
    """Too many failed attempts from one address."""


class MaintenanceError(RetryLaterError):
    """The tenant is being worked on."""


class OverdueError(SternpostError):
    """The request took longer than it may; its statement was cancelled, and nothing was changed."""


class UnavailableError(RetryLaterError):
    """The database, or the room to write, is away."""


class StorageFullError(UnavailableError):
    """The disk is full: the write was refused whole, and everything acknowledged before is safe."""


class IntegrityError(SternpostError):
    """Log, documents and git disagree; only an operator can decide what to do."""
