"""Writes an answer: stored text as it is in the strict era, re-shaped by schema in the others; large lists stream."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from app.core.canonical import JSON, Document, load
from app.core.clock import rfc3339
from app.http.endpoint import Answer, Item, Shown
from app.http.envelope import Envelope, dump, prettify
from app.http.paging import cursor_of
from app.http.routing import Route
from app.http.schemas import Reshape

STREAM_FROM: Final = 1_000_000
"""Characters above which an answer is sent as it is made."""
CHUNK: Final = 64_000

TEXT_TYPE: Final = "text/plain; charset=utf-8"


def write(route: Route, answer: Answer, envelope_id: str | None, *, pretty: bool) -> bytes | Iterator[bytes]:
    """Write the body of a success; an iterator when it is large."""
    container = route.endpoint.container
    if container.shape == "text":
        return answer.raw if answer.raw is not None else str(answer.value).encode()
    envelope = Envelope(answer.action or route.endpoint.action, envelope_id, {**_meta(answer), **answer.members})
    parts = _parts(route, answer, envelope)
    if pretty:
        return prettify("".join(parts)).encode()
    return collected(parts)


def _parts(route: Route, answer: Answer, envelope: Envelope) -> Iterator[str]:
    container = route.endpoint.container
    before, after = f'"{container.name}":', "}"
    if container.shape == "none":
        yield envelope.opening()
    elif container.shape == "list":
        yield envelope.opening() + (',"data":{' + before + "[" if container.name else ',"data":[')
        yield from _list(route, answer.items)
        yield "]" + (after if container.name else "")
    else:
        named = container.shape == "object"
        yield envelope.opening() + (',"data":{' + before if named else ',"data":')
        yield _single(route, answer)
        yield after if named else ""
    yield envelope.closing()


def _list(route: Route, items: Iterable[Item]) -> Iterator[str]:
    wrap = route.endpoint.container.wrap
    opening, closing = (f'{{"{wrap}":', "}") if wrap else ("", "")
    comma, reshape, stored_text = "", route.reshape, route.era.strict
    for item in items:
        if stored_text and isinstance(item, Shown):
            yield comma + opening + spliced(item) + closing
        else:
            yield comma + opening + _reshaped(item, reshape) + closing
        comma = ","


def _single(route: Route, answer: Answer) -> str:
    for item in answer.items:
        if route.era.strict and isinstance(item, Shown):
            return spliced(item)
        return _reshaped(item, route.reshape)
    return dump(answer.value) if answer.value is not None else "{}"


def spliced(item: Shown) -> str:
    """Add our members and the computed ones to a stored body, without reading it."""
    stored = item.stored
    if item.bare:
        return stored.body
    tail = (
        f'"revision":{stored.revision},"createdAt":"{rfc3339(stored.created)}","updatedAt":"{rfc3339(stored.updated)}"'
    )
    computed = ""
    for name, value in item.computed.items():
        if value is not None:
            computed += f",{dump(name)}:{dump(value)}"
    comma = "" if stored.body == "{}" else ","
    return f"{stored.body[:-1]}{comma}{tail}{computed}}}"


def _reshaped(item: Item, reshape: Reshape | None) -> str:
    document: Document
    if isinstance(item, Shown):
        loaded = load(item.stored.body)
        document = {**loaded, **item.computed} if isinstance(loaded, dict) else {}
    else:
        document = item
    return dump(reshape(document) if reshape is not None else document)


def _meta(answer: Answer) -> dict[str, JSON]:
    if answer.page is None:
        return {}
    meta: dict[str, JSON] = {"limit": answer.page.limit}
    if answer.next is not None:
        meta["next"] = cursor_of(answer.next)
    return {"meta": meta}


def collected(parts: Iterator[str]) -> bytes | Iterator[bytes]:
    """Join what is small; give what is large in chunks."""
    held: list[str] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size > STREAM_FROM:
            return _chunks(held, parts)
    return "".join(held).encode()


def _chunks(held: list[str], rest: Iterator[str]) -> Iterator[bytes]:
    yield "".join(held).encode()
    waiting: list[str] = []
    size = 0
    for part in rest:
        waiting.append(part)
        size += len(part)
        if size > CHUNK:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    yield "".join(waiting).encode()


def without_page(answer: Answer) -> Answer:
    """Forget a page that the version does not know."""
    return replace(answer, page=None, next=None)
