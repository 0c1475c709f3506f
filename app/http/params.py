"""Where parameters come from: the URL, a form, or a JSON body; and the general ones, which are never JSON."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from flask import Request

from app.core.canonical import JSON, Document, parse_leading
from app.core.errors import InvalidError, TooLargeError, UnreadableError, UnsupportedMediaError
from app.core.values import dataclass
from app.http.fields import Texts, shown
from app.http.schemas import Reader, hinted
from app.http.uploads import Upload, Uploaded
from app.http.versions import ONE_VALUE_OR_ERROR, Era

PRETTIFY: Final = "prettify"
GENERAL: Final = (PRETTIFY, "reason", "changeRequestName", "changeRequestDescription")
MAX_GENERAL: Final[Mapping[str, int]] = {"reason": 4000, "changeRequestName": 255, "changeRequestDescription": 10_000}
PAGING: Final = ("limit", "cursor")
MAX_NAMES: Final = 10_000

MULTIPART: Final = "multipart/form-data"
FORM_TYPES: Final = ("application/x-www-form-urlencoded", MULTIPART)
JSON_TYPES: Final = ("application/json", "text/json")
NOT_JSON: Final = "Cannot parse non-JSON request as JSON; please check content-type."

Named = dict[str, Texts]


@dataclass(frozen=True, slots=True)
class General:
    """The parameters that nearly every action takes, never from JSON."""

    reason: str = ""
    change_request_name: str = ""
    change_request_description: str = ""


NO_GENERAL: Final = General()


class Rules(NamedTuple):
    """How one action reads repeated values."""

    action: str
    version: int
    era: Era


def texts_of(query: str) -> Named:
    """Read a query string or urlencoded text, as it stands in the WSGI environment."""
    if not query:
        return {}
    raw = query.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=MAX_NAMES)
    except ValueError as error:
        raise InvalidError(f"More than {MAX_NAMES} parameters are not taken at once") from error
    return _grouped(pairs)


def form_of(request: Request) -> Named:
    """Read a form body; other bodies give nothing."""
    if request.mimetype not in FORM_TYPES:
        return {}
    if request.content_length is None:
        body_of(request)
    return {name: Texts(values) for name, values in request.form.lists()}


def merged(query: Named, form: Named) -> Named:
    """Put the URL's parameters and the form's together, the URL's values first."""
    if not form:
        return query
    return {name: Texts((*query.get(name, ()), *form.get(name, ()))) for name in {**query, **form}}


def is_json(request: Request) -> bool:
    """Say whether the body is declared as JSON."""
    return (request.content_type or "").lower().startswith(JSON_TYPES)


def has_body(request: Request) -> bool:
    """Say whether the client sends a body at all, of known length or in chunks."""
    return bool(request.content_length) or "HTTP_TRANSFER_ENCODING" in request.environ


def wants_pretty(query: str) -> bool:
    """Read `prettify` of a query string: `true` in any case; anything else, or twice, is false."""
    return PRETTIFY in query and is_pretty(texts_of(query))


def is_pretty(named: Named) -> bool:
    """Read `prettify` among named texts."""
    values = named.get(PRETTIFY, ())
    return len(values) == 1 and values[0].lower() == "true"


def general_of(named: Named, rules: Rules) -> General:
    """Take the general parameters of a write."""
    if not named:
        return NO_GENERAL
    for name in GENERAL:
        values = named.get(name, ())
        if len(values) > 1 and rules.era.strict:
            raise _field_error(name, f"'{name}' was given {len(values)} times; give it once")
        if values and name in MAX_GENERAL:
            _check_general(name, values[0])
    first = {name: named[name][0] for name in GENERAL if name in named}
    return General(
        first.get("reason", ""), first.get("changeRequestName", ""), first.get("changeRequestDescription", "")
    )


def _check_general(name: str, text: str) -> None:
    if len(text) > MAX_GENERAL[name]:
        raise _field_error(name, f"'{name}' has {len(text)} characters; at most {MAX_GENERAL[name]} are taken")
    if "\0" in text:
        raise _field_error(name, f"'{name}' cannot hold the character U+0000")


def body_of(request: Request) -> bytes:
    """Read the whole body.

    Raises:
        TooLargeError: a body without a length reached the limit; werkzeug would cut it there and say nothing.
    """
    body = request.get_data()
    limit = request.max_content_length
    if request.content_length is None and limit is not None and len(body) >= limit:
        raise TooLargeError("The body is larger than the server takes; send less at once")
    return body


def json_body(request: Request, era: Era, hint: str) -> JSON:
    """Read a JSON body; `&key=value` after a complete value is ignored, as curl sends it in the introduction."""
    body = body_of(request)
    if not body.strip():
        said = "The body is empty; send a JSON value"
        raise InvalidError(said, rudder=hinted(hint, "Unexpected end of input"))
    try:
        return parse_leading(body, big_integers="refuse" if era.strict else "nearest")
    except InvalidError as error:
        fields = {path.removeprefix("."): texts for path, texts in error.fields.items()}
        raise UnreadableError(error.message, fields=fields, rudder=hinted(hint, error.rudder)) from error


def json_object(request: Request, era: Era, hint: str) -> Document:
    """Read a JSON body that must be an object."""
    body = json_body(request, era, hint)
    if isinstance(body, dict):
        return body
    got = "[" if isinstance(body, list) else shown(body)
    raise InvalidError(
        f"The body must be a JSON object, not {got}", rudder=hinted(hint, f"(expected '{{' got '{got}')")
    )


def check_media(request: Request, *, json_only: bool) -> None:
    """Refuse a body that no form of parameters reads."""
    if is_json(request) or not has_body(request):
        if json_only and not is_json(request):
            raise UnsupportedMediaError(
                "This action reads JSON; send it with the header Content-Type: application/json", rudder=NOT_JSON
            )
        return
    if json_only or request.mimetype not in FORM_TYPES:
        sent = shown(request.mimetype or "no content type")
        said = f"The media type {sent} is not read here; send application/json" + ("" if json_only else " or a form")
        raise UnsupportedMediaError(said, rudder=NOT_JSON if json_only else said)


def uploaded_file(request: Request, upload: Upload, era: Era) -> Uploaded:
    """Find the file of an upload among the parts of a multipart form.

    Raises:
        UnsupportedMediaError: the body is no multipart form.
        InvalidError: the file is missing, empty of a name, or there is another one.
    """
    how = f"send the file as the part '{upload.part}' of a multipart form, as curl -F {upload.part}=@FILE does"
    if request.mimetype != MULTIPART:
        sent = shown(request.mimetype or "no content type")
        raise UnsupportedMediaError(f"The media type {sent} is not read here; {how}")
    files = request.files.getlist(upload.part)
    if len(files) != 1:
        raise _field_error(upload.part, f"'{upload.part}' came {len(files)} times as a file; {how}, once")
    others = [name for name in request.files if name != upload.part]
    if others and era.strict:
        raise _field_error(others[0], f"There is no place for a file '{others[0]}' here; {how}")
    return Uploaded(files[0].stream, files[0].filename or "")


def check_not_json(named: Mapping[str, object]) -> None:
    """Tell who posts JSON under a form's content type (curl's default) what is missing."""
    for name in named:
        if re.match(r'\s*[\[{]\s*["\[{\]}]', name):
            raise InvalidError(
                "The body looks like JSON but was sent as a form; add the header Content-Type: application/json"
            )


def single_values(named: Named, reader: Reader, rules: Rules) -> Iterator[tuple[str, "JSON | Texts"]]:
    """Give the values that a schema's fields read, applying the version's rule for names that are repeated."""
    for name, values in named.items():
        target = reader.find(name)
        if target is None:
            continue
        if len(values) > 1 and not getattr(target, "many_values", False):
            if rules.era.strict:
                raise _field_error(name, f"'{name}' was given {len(values)} times; it takes one value")
            if rules.version in ONE_VALUE_OR_ERROR:
                raise _field_error(name, f"{rules.action} should contain only one value for {name}")
        yield name, values


def _field_error(name: str, text: str) -> InvalidError:
    return InvalidError(text, fields={name: [text]})


def _grouped(pairs: list[tuple[str, str]]) -> Named:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: Texts(values) for name, values in found.items()}


@dataclass(frozen=True, slots=True)
class Sent:
    """Everything a request brings: texts of the URL, texts of a form, a JSON object if that is what counts."""

    url: Named = field(default_factory=dict)
    form: Named = field(default_factory=dict)
    json: Document | None = None

    @property
    def texts(self) -> Named:
        """The URL's and the form's together."""
        return merged(self.url, self.form)
