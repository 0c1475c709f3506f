"""The table of endpoints: which one answers a path in a version, and which ids its static segments reserve."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from functools import cached_property
from typing import Final, NamedTuple

from app.core.errors import InvalidError, SternpostError, UnknownPathError
from app.core.values import dataclass
from app.http.endpoint import PUBLIC, Endpoint
from app.http.problems import wrong_method
from app.http.rights import is_right
from app.http.schemas import Reader, Reshape, reshaper
from app.http.versions import VERSIONS, Era, era_of

HOLE: Final = "{}"
RUDDER_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
_PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}")
_STATIC = re.compile(r"[A-Za-z0-9._-]+")

Shape = tuple[str, ...]
"""The segments of a path template, parameters as `{}`."""
Fixed = tuple[tuple[int, str], ...]
"""Places behind the first, and the text that must stand there."""


class EndpointError(Exception):
    """An endpoint is declared wrongly; the server does not start."""


class Route:
    """One endpoint in one version, with what is derived from the pair."""

    def __init__(self, endpoint: Endpoint, version: int) -> None:
        self.endpoint = endpoint
        self.version = version
        self.era: Era = era_of(version)
        self.parameters = tuple(_PARAMETER.findall(endpoint.path))
        self.writes = endpoint.writes
        self.is_public = PUBLIC in endpoint.rights

    @cached_property
    def input(self) -> Reader | None:
        """The reader of the endpoint's input."""
        schema, endpoint = self.endpoint.input, self.endpoint
        if schema is None:
            return None
        hint = endpoint.unreadable
        return Reader(schema, self.version, partial=endpoint.partial, hint=hint, in_path=self.parameters)

    @cached_property
    def query(self) -> Reader | None:
        """The reader of the endpoint's query."""
        schema = self.endpoint.query
        return None if schema is None else Reader(schema, self.version, partial=False)

    @cached_property
    def is_plain(self) -> bool:
        """Say whether there is nothing to read where nothing stands behind the path."""
        endpoint = self.endpoint
        if endpoint.json_only or self.writes or endpoint.input is not None or endpoint.paging is not None:
            return False
        return self.query is None or not self.needs_query

    @cached_property
    def needs_query(self) -> bool:
        """Say whether a query without any parameter is refused."""
        try:
            if self.query is not None:
                self.query.load({})
        except InvalidError:
            return True
        return False

    @cached_property
    def reshape(self) -> Reshape | None:
        """The function that writes a document in the version's form."""
        schema = self.endpoint.output
        return None if schema is None else reshaper(schema, self.version)

    @cached_property
    def known_output(self) -> frozenset[str]:
        """The names that any version's answer shows, which clients post back."""
        schema = self.endpoint.output
        return frozenset() if schema is None else frozenset(Reader(schema, self.version, partial=True).known)


class Match(NamedTuple):
    """A route and the values of its path's parameters."""

    route: Route
    values: Sequence[str]


@dataclass
class Routes:
    """Every endpoint by shape, version and method."""

    endpoints: Sequence[Endpoint]
    table: dict[Shape, dict[tuple[int, str], Route]] = field(default_factory=lambda: defaultdict(dict))
    near: dict[tuple[int, str], list[tuple[Shape, Fixed]]] = field(default_factory=lambda: defaultdict(list))
    """The shapes by their length and first segment, with what else is fixed in them; what is more exact comes first."""

    def __post_init__(self) -> None:
        for endpoint in self.endpoints:
            check(endpoint)
            self._add(endpoint)
        for shape in self.table:
            fixed = tuple((place, text) for place, text in enumerate(shape) if place and text != HOLE)
            self.near[len(shape), shape[0]].append((shape, fixed))
        for shapes in self.near.values():
            shapes.sort(key=lambda known: [segment == HOLE for segment in known[0]])

    def _add(self, endpoint: Endpoint) -> None:
        here = self.table[shape_of(endpoint.path)]
        for version in VERSIONS:
            if version not in endpoint.lifespan:
                continue
            route = Route(endpoint, version)
            for method in endpoint.methods:
                if (version, method) in here:
                    other = here[version, method].endpoint
                    raise EndpointError(f"{endpoint} and {other.action} both answer {method} in version {version}")
                here[version, method] = route

    @cached_property
    def first_segments(self) -> frozenset[str]:
        """The names with which paths begin."""
        return frozenset(shape[0] for shape in self.table)

    def find(self, shape: Shape, version: int, method: str) -> Route | None:
        """Find what answers exactly this shape."""
        here = self.table.get(shape)
        return None if here is None else here.get((version, "GET" if method == "HEAD" else method))

    def get(self, version: int, method: str, segments: Sequence[str]) -> Match:
        """Find what answers a path; a static segment that does not exist in the version may be an id there.

        Raises:
            UnknownPathError: nothing in this version does.
            MethodNotAllowedError: something does, by another method.
        """
        strict, here = era_of(version).strict, []
        for shape in self._fitting(segments):
            route = self.find(shape, version, method)
            if route is not None:
                values = [text for hole, text in zip(shape, segments, strict=True) if hole == HOLE]
                return Match(route, values)
            if self.methods(shape, version):
                here.append(shape)
                if strict:
                    break
        raise self._refusal(version, method, here)

    def _fitting(self, segments: Sequence[str]) -> Iterator[Shape]:
        if not segments or "" in segments:
            return
        for shape, fixed in self.near.get((len(segments), segments[0]), ()):
            for place, text in fixed:
                if segments[place] != text:
                    break
            else:
                yield shape

    def methods(self, shape: Shape, version: int) -> tuple[str, ...]:
        """List the methods that a shape answers in a version."""
        found = {method for alive, method in self.table[shape] if alive == version}
        return tuple(sorted(found | {"HEAD", "OPTIONS"} if "GET" in found else found | {"OPTIONS"})) if found else ()

    def allowed(self, version: int, segments: Sequence[str]) -> tuple[str, ...]:
        """List the methods that a path answers in a version."""
        return next((known for shape in self._fitting(segments) if (known := self.methods(shape, version))), ())

    def _refusal(self, version: int, method: str, here: Sequence[Shape]) -> SternpostError:
        unknown = UnknownPathError(f"There is nothing at this path in version {version}; see /api/docs/{version}/")
        if era_of(version).strict:
            return wrong_method(method, self.methods(here[0], version)) if here else unknown
        # Rudder matches method and path together, and knows four methods wherever they are sent.
        return unknown if method in RUDDER_METHODS else wrong_method(method, tuple(sorted(RUDDER_METHODS)))


def check(endpoint: Endpoint) -> None:
    """Refuse an endpoint that forgot something.

    Raises:
        EndpointError: naming the endpoint and what to declare.
    """
    if not endpoint.rights:
        raise EndpointError(f"{endpoint} declares no right; say PUBLIC if it needs none")
    wrong = [right for right in endpoint.rights if not is_right(right)]
    if wrong:
        raise EndpointError(f"{endpoint} declares the unknown right {wrong[0]}; see KINDS in app/core/rights.py")
    segments = endpoint.path.removeprefix("/").split("/")
    if not endpoint.path.startswith("/") or not all(_is_segment(segment) for segment in segments):
        raise EndpointError(f"{endpoint} has a path that is not like /rules/{{id}}")
    if not endpoint.methods or not endpoint.action or not endpoint.summary:
        raise EndpointError(f"{endpoint} needs methods, an action and a summary")
    if endpoint.id_from == "path" and not _PARAMETER.search(endpoint.path):
        raise EndpointError(f"{endpoint} takes its id from a path that has none")


def _is_segment(segment: str) -> bool:
    return bool(_PARAMETER.fullmatch(segment) or _STATIC.fullmatch(segment))


def shape_of(path: str) -> Shape:
    """Give the shape of a path template."""
    return tuple(_PARAMETER.sub(HOLE, segment) for segment in path.removeprefix("/").split("/"))


def reserved_ids(endpoints: Iterable[Endpoint], prefix: str) -> frozenset[str]:
    """List the ids that no object below a path prefix may have, because a static segment stands in their place."""
    start = shape_of(prefix)
    following = [shape[len(start)] for each in endpoints if _below(start, shape := shape_of(each.path))]
    return frozenset(following) - {HOLE} if HOLE in following else frozenset()


def _below(start: Shape, shape: Shape) -> bool:
    return len(shape) > len(start) and shape[: len(start)] == start
