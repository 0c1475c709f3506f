"""Errors as clients of search read them: a code, a message and details under `meta.error`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.core.canonical import JSON, Document, canonical
from app.core.clock import now_ms, rfc3339
from app.core.errors import InvalidError, UnreadableError

CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("BadRequestError", "Bad request"),
    401: ("UnauthorizedError", "Not authorized"),
    403: ("ForbiddenError", "Forbidden"),
    404: ("NotFoundError", "Not found"),
    405: ("MethodNotAllowedError", "Method not allowed"),
    409: ("ConflictError", "Conflict"),
    413: ("PayloadTooLargeError", "Payload too large"),
    415: ("UnsupportedMediaTypeError", "Unsupported media type"),
    429: ("TooManyRequestsError", "Too many requests"),
    500: ("InternalServerError", "Internal server error"),
    502: ("TimeoutError", "Request timed out"),
    503: ("ServiceUnavailableError", "Service unavailable"),
}
"""Code and message by status (contract/search.md, section 5)."""

Constraints = Mapping[str, str]


LONGEST_NAME: Final = 100
LONGEST_ECHO: Final = 1_000
MOST_FAULTS: Final = 100
"""What one answer tells of; who sends more has not tried to get it right."""


def echoed(value: JSON) -> JSON:
    """Give a refused value as an error repeats it: a large one as the beginning of its text."""
    text = value if isinstance(value, str) else canonical(value).decode()
    return value if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}..."


def short(name: str) -> str:
    """Give a name as an error repeats it."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."


class Fault:
    """What is wrong with one property; a fault of something inside it is among its `children`."""

    def __init__(
        self, name: str, value: JSON, constraints: Constraints | None = None, children: Sequence["Fault"] = ()
    ) -> None:
        self.name = short(name)
        self.value = value
        self.constraints = dict(constraints or {})
        self.children = list(children)[:MOST_FAULTS]

    def shown(self) -> Document:
        """Write it as clients read it."""
        shown: Document = {"property": self.name, "value": echoed(self.value)}
        if self.children:
            shown["children"] = [child.shown() for child in self.children]
        else:
            shown["constraints"] = dict(self.constraints)
        return shown

    def texts(self, above: str = "") -> Iterator[tuple[str, str]]:
        """List (path, text) of all that is wrong."""
        path = f"{above}.{self.name}" if above else self.name
        for text in self.constraints.values():
            yield path, text
        for child in self.children:
            yield from child.texts(path)


class SearchError(InvalidError):
    """A search that cannot be read; with `faults` it is a validation error that lists them."""

    def __init__(self, title: str, faults: Sequence[Fault] = (), *, remedy: str = "") -> None:
        found: dict[str, list[str]] = {}
        for path, text in (pair for fault in faults[:MOST_FAULTS] for pair in fault.texts()):
            found.setdefault(path, []).append(text)
        first = next((text for texts in found.values() for text in texts), "")
        said = f"{title}: {first}" if first and first not in title else title
        super().__init__(f"{said}; {remedy}" if remedy else said, fields=found)
        self.title = title
        self.faults = tuple(faults[:MOST_FAULTS])


def said(error: Exception, status: int, text: str) -> tuple[str, Document]:
    """Give the text of `errorDetails` and the `meta` of an error."""
    code, title = CODES.get(status, CODES[500])
    fault: Document = {"code": code, "message": title, "details": None}
    if isinstance(error, SearchError):
        fault = problem_of(error, fault)
    elif isinstance(error, UnreadableError):
        fault["message"] = "Invalid JSON"
        text = f"Invalid JSON: {text}"
    return text, {"error": fault, "serverTime": rfc3339(now_ms())}


def problem_of(error: SearchError, fault: Document) -> Document:
    """Write what is wrong with a search over the `meta.error` of its status."""
    details: list[JSON] = [one.shown() for one in error.faults]
    code = "ValidationError" if details else fault["code"]
    return {"code": code, "message": error.title, "details": details or None}
