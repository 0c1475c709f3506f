"""What one resource brings to the server: its kinds, its endpoints, and the documents that every tenant starts with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import NamedTuple

from app.changes.kinds import Kind
from app.core.canonical import JSON
from app.core.values import dataclass
from app.http.endpoint import Endpoint
from app.http.search import Searchable
from app.http.writing import Writing


class Starter(NamedTuple):
    """A document of the public catalogue; it is read only where it is missing."""

    kind: str
    id: str
    read: Callable[[], Mapping[str, JSON]]


def _no_starters() -> Iterable[Starter]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of the API; `starter` are the documents of the public catalogue, made at the first start.

    `paths` says, by kind, below which path its documents are addressed: static segments there are reserved ids.
    `writings` says, by kind, how its documents are written; `searchables` what of it can be searched.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    kinds: tuple[Kind, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    writings: Mapping[str, Writing] = field(default_factory=dict)
    searchables: tuple[Searchable, ...] = ()
    starter: Callable[[], Iterable[Starter]] = _no_starters
