"""Builds what a view is given from a request: path, input, query, page, conditions."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from flask import Request

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.http.endpoint import Given, Page
from app.http.paging import page_of
from app.http.params import (
    GENERAL,
    MULTIPART,
    PAGING,
    General,
    Named,
    Rules,
    Sent,
    body_of,
    check_media,
    check_not_json,
    has_body,
    is_json,
    json_body,
    json_object,
    single_values,
    uploaded_file,
)
from app.http.routing import Route
from app.http.schemas import Reader, unknown_names
from app.http.seams import Intent

if TYPE_CHECKING:
    from app.http.fields import Texts

NEVER_STORED_REVISION: Final = 0
PIECE_BYTES: Final = 64 * 1024
_ETAG = re.compile(r'"(?:([1-9][0-9]{0,15})(?:-[^"]*)?|[^"]*)"')
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Asked(NamedTuple):
    """What of a request was read before its work was opened."""

    sent: Sent
    general: General
    intent: Intent
    values: Mapping[str, str]


NO_INTENT: Final = Intent()


def read_given(request: Request, route: Route, asked: Asked) -> Given:
    """Read and check everything that the endpoint declares.

    Raises:
        InvalidError: naming every wrong field.
        UnsupportedMediaError: the body is of a type that nothing reads.
    """
    endpoint, strict = route.endpoint, route.era.strict
    sent, general, intent = asked.sent, asked.general, asked.intent
    if route.is_plain and not sent.url:
        return Given(path=asked.values, era=route.era, last_event_id=request.environ.get("HTTP_LAST_EVENT_ID"))
    rules = Rules(endpoint.action, route.version, route.era)
    body: JSON = None
    if endpoint.input is None and endpoint.json_only and (has_body(request) or not endpoint.body_optional):
        check_media(request, json_only=True)
        body = json_body(request, route.era, endpoint.unreadable)
    upload = None if endpoint.upload is None else uploaded_file(request, endpoint.upload, route.era)
    text = _text(request) if endpoint.text_types and request.mimetype in endpoint.text_types else None
    by_name, by_stored, used_json = _input(request, route, sent, rules) if text is None else ({}, {}, True)
    query_from = sent.url if endpoint.writes else sent.texts
    query: Document = {}
    if route.query is not None and (query_from or route.needs_query):
        query = _load(route.query, query_from, rules)[0]
    page: Page | None = None
    if strict:
        if sent.texts:
            _check_names(route, sent, json=used_json or body is not None)
        page = page_of(query_from, endpoint.paging) if endpoint.paging is not None else None
    return Given(
        path=asked.values,
        era=route.era,
        fields=by_name,
        document=by_stored,
        query=query,
        body=body,
        text=text,
        upload=upload,
        page=page,
        reason=general.reason,
        change_request_name=general.change_request_name,
        change_request_description=general.change_request_description,
        if_match=intent.if_match,
        dry_run=intent.dry_run,
        last_event_id=request.environ.get("HTTP_LAST_EVENT_ID"),
    )


def _text(request: Request) -> str:
    try:
        return body_of(request).decode()
    except UnicodeDecodeError as error:
        raise InvalidError("The body is not UTF-8; save it as UTF-8") from error


def _input(request: Request, route: Route, sent: Sent, rules: Rules) -> tuple[Document, Document, bool]:
    reader, endpoint = route.input, route.endpoint
    if reader is None:
        return {}, {}, False
    check_media(request, json_only=endpoint.json_only)
    if is_json(request):
        document = json_object(request, route.era, endpoint.unreadable)
        if route.era.strict:
            _check_json_names(route, reader, document)
        return *reader.load(document), True
    if route.era.strict:
        check_not_json(sent.form)
    return *_load(reader, sent.texts, rules), False


def _load(reader: Reader, named: Named, rules: Rules) -> tuple[Document, Document]:
    raw: dict[str, JSON | Texts] = dict(single_values(named, reader, rules))
    return reader.load(raw)


def _check_json_names(route: Route, reader: Reader, document: Document) -> None:
    general = [name for name in GENERAL if name in document and reader.find(name) is None]
    if general:
        text = f"'{general[0]}' is not read from a JSON body; send it in the URL"
        raise InvalidError(text, fields={general[0]: [text]})
    _refuse_unknown(document, reader.known | route.known_output, reader.fields)


def _check_names(route: Route, sent: Sent, *, json: bool) -> None:
    """Refuse names in the URL or form that nothing reads; beside a JSON body the URL has no input."""
    allowed: set[str] = set(GENERAL)
    known: set[str] = set(GENERAL)
    if route.endpoint.paging is not None:
        allowed |= set(PAGING)
    if route.query is not None:
        allowed |= set(route.query.fields)
        known |= route.query.known
    if route.input is not None and not json:
        allowed |= set(route.input.fields)
        known |= route.input.known | route.known_output
    names = sent.url if json else sent.texts
    misplaced = [name for name in names if json and route.input is not None and route.input.find(name) is not None]
    if misplaced and not set(misplaced) <= allowed:
        text = f"'{misplaced[0]}' in the URL is not read beside a JSON body; put it into the body"
        raise InvalidError(text, fields={misplaced[0]: [text]})
    _refuse_unknown(names, known | allowed, allowed)


def _refuse_unknown(names: Iterable[str], known: Iterable[str], allowed: Iterable[str]) -> None:
    refusal = unknown_names(names, known, allowed)
    if refusal is not None:
        raise refusal


def read_intent(request: Request, route: Route) -> Intent:
    """Read how a write is to be done, in the strict era.

    Raises:
        InvalidError: a header cannot be read, or asks for what the action does not do.
    """
    headers = request.headers
    dry_run = "dry-run" in {part.strip().lower() for part in headers.get("Prefer", "").split(",")}
    if dry_run and not route.endpoint.dry_run:
        raise InvalidError("Prefer: dry-run is not served by this action; nothing was done")
    key = headers.get("Idempotency-Key")
    if key is not None and _IDEMPOTENCY_KEY.fullmatch(key) is None:
        raise InvalidError("The header Idempotency-Key takes 1 to 255 visible ASCII characters")
    digest = "" if key is None else digest_of(request)
    return Intent(key, digest, dry_run, _if_match(headers.get("If-Match")))


def named(intent: Intent, general: General) -> Intent:
    """Add what the change request is to be called that the write may become."""
    if not (general.change_request_name or general.change_request_description):
        return intent
    return replace(
        intent,
        change_request_name=general.change_request_name,
        change_request_description=general.change_request_description,
    )


def _if_match(header: str | None) -> int | None:
    """Read the revision before the dash; a well-formed tag that is none of ours matches nothing."""
    if header is None or header.strip() == "*":
        return None
    found = _ETAG.fullmatch(header.strip().removeprefix("W/"))
    if found is None:
        raise InvalidError(f'The header If-Match takes one revision such as "7", not {header[:40]}')
    return int(found[1]) if found[1] else NEVER_STORED_REVISION


def digest_of(request: Request) -> str:
    """Identify method, path, query and body of a request."""
    parts = (request.method, request.environ["PATH_INFO"], request.environ.get("QUERY_STRING", ""))
    found = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape") + b"\0")
    if request.mimetype == MULTIPART:
        # Clients draw a new boundary for each try, so what stands between the boundaries is compared.
        for part in _parts_of(request):
            found.update(repr(part).encode())
    else:
        found.update(body_of(request))
    return found.hexdigest()


def _parts_of(request: Request) -> Iterator[tuple[str, ...]]:
    """List the parts of a multipart form, texts first, each file by its name, type and digest."""
    if request.content_length is None:
        body_of(request)
    for name, texts in request.form.lists():
        yield "texts", name, *texts
    for name, files in request.files.lists():
        for file in files:
            content = hashlib.sha256()
            while piece := file.stream.read(PIECE_BYTES):
                content.update(piece)
            file.stream.seek(0)
            yield "file", name, file.filename or "", file.mimetype, content.hexdigest()
