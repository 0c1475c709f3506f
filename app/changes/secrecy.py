"""Taking secret values out of documents before anything is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from sqlalchemy import Connection

from app.core.canonical import JSON, Document, canonical
from app.core.errors import InvalidError
from app.core.tenancy import PUBLIC
from app.core.values import dataclass
from app.store.secrets import TAG_MEMBER, KeyRing, tag_of, tagged
from app.store.writes import Row, known_tags

Path = tuple[str | int, ...]

_MARK = f'"{TAG_MEMBER}"'.encode()


@dataclass(frozen=True, slots=True)
class AnyTag:
    """Stands for a document that holds every tag: an import keeps those whose values are to be set later."""


@dataclass(slots=True)
class Sealer:
    """Replaces the secret values of one batch by their tags; `sealed` are the rows to keep, by tag."""

    ring: KeyRing
    connection: Connection
    tenant: str
    sealed: dict[str, Row] = field(default_factory=dict)

    def seal(
        self, document: Document, paths: Sequence[Path], *, held: Document | AnyTag | None = None
    ) -> tuple[Document, bytes]:
        """Give the document as it is stored, and its canonical bytes: each secret as `{"$secret": tag}`.

        A tag that stands in `held`, the document as it was, is taken even where its value was never set here.

        Raises:
            InvalidError: a tag that the tenant does not hold, or a tag where no secret belongs.
        """
        if paths and self.tenant == PUBLIC:
            text = f"The catalogue holds no secrets, and {_shown(paths[0])} is one; leave it to the tenants"
            raise InvalidError(text, fields={_shown(paths[0]): [text]})
        for path in paths:
            document = self._seal_at(document, path, held)
        content = canonical(document)
        if _MARK in content:
            stray = next((path for path in tags_in(document) if path not in paths), None)
            if stray is not None:
                text = f"{_shown(stray)} holds a member '{TAG_MEMBER}', which only a secret value has; use another name"
                raise InvalidError(text, fields={_shown(stray): [text]})
        return document, content

    def keep(self, count: int) -> None:
        """Forget all but the first `count` values: the change set that brought the others was refused."""
        while len(self.sealed) > count:
            self.sealed.popitem()

    def _seal_at(self, document: Document, path: Path, held: Document | AnyTag | None) -> Document:
        value = value_at(document, path)
        tag = tag_of(value)
        if tag is None:
            tag = self.ring.tag(self.tenant, value)
            ciphertext, key_id = self.ring.seal(self.tenant, tag, value)
            self.sealed[tag] = {"tenant": self.tenant, "tag": tag, "ciphertext": ciphertext, "key_id": key_id}
        elif not self._is_known(tag, held):
            text = f"{_shown(path)} names the secret '{tag}', which does not exist here; send the value itself"
            raise InvalidError(text, fields={_shown(path): [text]})
        replaced = _replace(document, path, tagged(tag))
        if not isinstance(replaced, dict):
            raise TypeError("a secret lies inside a document")
        return replaced

    def _is_known(self, tag: str, held: Document | AnyTag | None) -> bool:
        if isinstance(held, AnyTag) or tag in self.sealed:
            return True
        if known_tags(self.connection, self.tenant, [tag]):
            return True
        return held is not None and any(tag == tag_of(value_at(held, path)) for path in tags_in(held))


def value_at(value: JSON, path: Path) -> JSON:
    """Read what stands at a place of a document."""
    for step in path:
        value = _inside(value, step)
    return value


def _inside(value: JSON, step: str | int) -> JSON:
    if isinstance(value, dict) and isinstance(step, str):
        return value[step]
    if isinstance(value, list) and isinstance(step, int):
        return value[step]
    raise TypeError(f"no {step!r} to read")


def _replace(value: JSON, path: Path, new: JSON) -> JSON:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        return {**value, step: _replace(value[step], rest, new)}
    if isinstance(value, list) and isinstance(step, int):
        return [_replace(item, rest, new) if index == step else item for index, item in enumerate(value)]
    raise TypeError(f"no {step!r} to replace")


def tags_in(value: JSON, path: Path = ()) -> Iterator[Path]:
    """Name the places where secrets' tags stand."""
    if isinstance(value, Mapping):
        if TAG_MEMBER in value:
            yield path
            return
        for name, item in value.items():
            yield from tags_in(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from tags_in(item, (*path, index))


def _shown(path: Path) -> str:
    return "/".join(str(step) for step in path) or "the document"
