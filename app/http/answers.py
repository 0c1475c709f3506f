"""Writes an answer: stored text as it is in the strict era, re-shaped by schema in the others; large lists stream."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Final

from app.core.canonical import JSON, Document, load
from app.core.clock import rfc3339
from app.http.endpoint import NO_MEMBERS, Answer, Container, Item, Shown
from app.http.envelope import Envelope, dump, prettify
from app.http.paging import cursor_of
from app.http.routing import Route
from app.http.schemas import Reshape
from app.http.seams import StoredLike

STREAM_FROM: Final = 1_000_000
"""Bytes above which an answer is sent as it is made."""
CHUNK: Final = 64_000

TEXT_TYPE: Final = "text/plain; charset=utf-8"


def write(route: Route, answer: Answer, envelope_id: str | None, *, pretty: bool) -> bytes | Iterator[bytes]:
    """Write the body of a success; an iterator when it is large."""
    container = answer.container or route.endpoint.container
    if container.shape == "text":
        return answer.raw if answer.raw is not None else str(answer.value).encode()
    members = {**_meta(answer), **answer.members}
    envelope = Envelope(answer.action or route.endpoint.action, envelope_id, members, failed=answer.failed)
    parts = _parts(route, container, answer, envelope)
    if pretty:
        return prettify(b"".join(map(_utf8, parts)).decode()).encode()
    return collected(parts)


def _parts(route: Route, container: Container, answer: Answer, envelope: Envelope) -> Iterator[str | bytes]:
    before, after = f'"{container.name}":', "}"
    if container.shape == "none":
        yield envelope.opening()
    elif container.shape == "list":
        yield envelope.opening() + (',"data":{' + before + "[" if container.name else ',"data":[')
        wrap = container.wrap
        if answer.pieces is not None:
            yield from _chunks(answer.pieces)
        else:
            yield from _list(route, wrap, answer.items) if answer.written is None else answer.written
        yield "]" + (after if container.name else "")
    else:
        named = container.shape == "object"
        yield envelope.opening() + (',"data":{' + before if named else ',"data":')
        if answer.pieces is not None:
            yield from _chunks(answer.pieces)
        else:
            yield _single(route, answer)
        yield after if named else ""
    yield envelope.closing()


def _list(route: Route, wrap: str, items: Iterable[Item]) -> Iterator[str]:
    """Write the elements a chunk at a time: handing each on alone would cost more than its text."""
    texts = _texts(route, items)
    if wrap:
        texts = (f'{{"{wrap}":{text}}}' for text in texts)
    held: list[str] = []
    comma, size = "", 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size > CHUNK:
            yield comma + ",".join(held)
            comma, held, size = ",", [], 0
    if held:
        yield comma + ",".join(held)


def _chunks(pieces: Iterable[str]) -> Iterator[str]:
    """Hand on small pieces together."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > CHUNK:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def _texts(route: Route, items: Iterable[Item]) -> Iterator[str]:
    if route.era.strict:
        return (_reshaped(item, route.reshape) if isinstance(item, dict) else spliced(item) for item in items)
    return (_reshaped(item, route.reshape) for item in items)


def _single(route: Route, answer: Answer) -> str:
    for text in _texts(route, answer.items):
        return text
    return dump(answer.value) if answer.value is not None else "{}"


def spliced(item: Shown | StoredLike) -> str:
    """Add our members and the computed ones to a stored body, without reading it."""
    stored, computed, bare = item if isinstance(item, Shown) else (item, NO_MEMBERS, False)
    return stored.body if bare else stored.body[:-1] + closing(stored, computed)


def closing(stored: StoredLike, computed: Mapping[str, JSON]) -> str:
    """Write what takes the place of the last brace of a stored body: our members and the computed ones."""
    body, created, updated = stored.body, stored.created, stored.updated
    since = _time(created)
    until = since if updated == created else _time(updated)
    comma = "" if body == "{}" else ","
    ours = f'{comma}"revision":{stored.revision},"createdAt":"{since}","updatedAt":"{until}"'
    if computed:
        ours += "".join(f",{dump(name)}:{dump(value)}" for name, value in computed.items() if value is not None)
    return ours + "}"


@lru_cache(maxsize=4096)
def _second(whole_s: int) -> str:
    return rfc3339(whole_s * 1000).partition(".")[0]


def _time(ms: int) -> str:
    """Write a time; what was changed together shares its second."""
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


def _reshaped(item: Item, reshape: Reshape | None) -> str:
    if isinstance(item, dict):
        document: Document = item
    else:
        stored, computed, _ = item if isinstance(item, Shown) else (item, NO_MEMBERS, False)
        loaded = load(stored.body)
        document = {**loaded, **computed} if isinstance(loaded, dict) else {}
    return dump(reshape(document) if reshape is not None else document)


def _meta(answer: Answer) -> dict[str, JSON]:
    if answer.page is None:
        return {}
    meta: dict[str, JSON] = {"limit": answer.page.limit}
    if answer.next is not None:
        meta["next"] = cursor_of(answer.next)
    return {"meta": meta}


def collected(parts: Iterator[str | bytes]) -> bytes | Iterator[bytes]:
    """Join what is small; give what is large in chunks."""
    held: list[bytes] = []
    size = 0
    for part in map(_utf8, parts):
        held.append(part)
        size += len(part)
        if size > STREAM_FROM:
            return chain(held, map(_utf8, parts))
    return b"".join(held)


def _utf8(part: str | bytes) -> bytes:
    return part if isinstance(part, bytes) else part.encode()


def without_page(answer: Answer) -> Answer:
    """Forget a page that the version does not know."""
    return replace(answer, page=None, next=None)
