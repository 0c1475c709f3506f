"""Reading the bodies of panel requests, as tolerantly as its clients need and no further."""

from collections.abc import Mapping
from typing import Final

from flask import Request

from app.core.canonical import JSON, Document, parse
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.http.params import FORM_TYPES, body_of, form_of, texts_of

INVALID_JSON: Final = "Invalid JSON"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says: its body, its query, and the id in its path."""

    body: Mapping[str, JSON]
    query: Mapping[str, str]
    path_id: str = ""

    def value(self, name: str) -> JSON:
        """Give a value; what is null or empty was not sent."""
        found = self.body.get(name)
        return None if found == "" else found

    def text(self, name: str, missing: str) -> str:
        """Give a text that must be there.

        Raises:
            InvalidError: it is missing, or of another type.
        """
        found = self.value(name)
        if found is None:
            raise InvalidError(missing)
        return checked_text(name, found)

    def identity(self, name: str, missing: str) -> str:
        """Give an id from the body, or from the URL where a proxy dropped the body of a DELETE.

        Raises:
            InvalidError: it is in neither, or of another type.
        """
        if self.value(name) is None and self.query.get(name):
            return self.query[name]
        return self.text(name, missing)

    def flag(self, name: str) -> bool:
        """Give a boolean, false where it is missing; forms send it as text.

        Raises:
            InvalidError: it is of another type.
        """
        found = self.value(name)
        known = {None: False, "true": True, "false": False, True: True, False: False}
        if not isinstance(found, str | bool | None) or found not in known:
            raise InvalidError(f"Invalid {name}")
        return known[found]


def checked_text(name: str, value: JSON) -> str:
    """Return a value that is a text.

    Raises:
        InvalidError: it is not.
    """
    if not isinstance(value, str) or "\0" in value:
        raise InvalidError(f"Invalid {name}")
    return value


def loose_text(name: str, value: JSON) -> str:
    """Return a text, or the text of a number, as dashboards send them.

    Raises:
        InvalidError: it is neither.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return checked_text(name, value).strip()


def read_asked(request: Request, path_id: str) -> Asked:
    """Read a request.

    Raises:
        InvalidError: the body is no JSON object.
        TooLargeError: the body is larger than a panel's may be.
    """
    query = {name: values[0] for name, values in texts_of(str(request.environ.get("QUERY_STRING", ""))).items()}
    if request.method in ("GET", "HEAD"):
        return Asked({}, query, path_id)
    if request.mimetype in FORM_TYPES:
        form = form_of(request)
        return Asked({name: values[0] for name, values in form.items()}, query, path_id)
    content = body_of(request)
    return Asked(_object(content) if content.strip() else {}, query, path_id)


def _object(content: bytes) -> Document:
    try:
        body = parse(content)
    except InvalidError as fault:
        raise InvalidError(INVALID_JSON) from fault
    if not isinstance(body, dict):
        raise InvalidError(INVALID_JSON)
    return body
