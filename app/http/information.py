"""`/info`: what the API offers, told from the declarations of its endpoints."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from app.core.canonical import JSON, Document
from app.http.endpoint import BARE, Answer, Endpoint, Given
from app.http.versions import DEPRECATED, LATEST, VERSIONS, Lifespan

RIGHT: Final = "administration_read"
DOCUMENTATION: Final = "/api/docs/"
"""Where people read on; relative to the server, whose public name it does not know."""

PARTS: Final = Lifespan(10)


def information_endpoints(described: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Declare the endpoints that tell of others, and of themselves."""
    known: list[Endpoint] = list(described)

    @cache
    def everything() -> list[JSON]:
        return [*_entries(known)]

    def show(_work: Any, _given: Given) -> Answer:  # noqa: ANN401  the work is none of this layer's business
        return Answer(value=_overview(everything()))

    def show_part(_work: Any, given: Given) -> Answer:  # noqa: ANN401  the same
        first = given.path["part"]
        return Answer(value=_overview([*_entries(one for one in known if one.path.split("/")[1] == first)]))

    def show_one(_work: Any, given: Given) -> Answer:  # noqa: ANN401  the same
        return Answer(value=_details(known, given.path["name"]))

    own = (
        _endpoint("/info", "apiGeneralInformations", "List versions and endpoints of the API", show, Lifespan(6)),
        _endpoint("/info/{part}", "apiSubInformations", "List the endpoints below one path", show_part, PARTS),
        _endpoint("/info/details/{name}", "apiInformations", "Show one endpoint by its action", show_one, PARTS),
    )
    known.extend(own)
    return own


def _endpoint(path: str, action: str, summary: str, view: Any, lifespan: Lifespan) -> Endpoint:  # noqa: ANN401  a view
    return Endpoint(
        methods=("GET",),
        path=path,
        action=action,
        summary=summary,
        right=RIGHT,
        view=view,
        container=BARE,
        lifespan=lifespan,
    )


def _overview(entries: Sequence[JSON]) -> Document:
    versions: Document = {"latest": LATEST, "all": [_version(version) for version in VERSIONS]}
    return {"documentation": DOCUMENTATION, "availableVersions": versions, "endpoints": [*entries]}


def _version(version: int) -> Document:
    return {"version": version, "status": "deprecated" if version in DEPRECATED else "maintained"}


def _entries(endpoints: Iterable[Endpoint]) -> Iterator[Document]:
    """Write an action at a path once, with the versions of all its declarations; in the order of declaration."""
    actions: dict[tuple[str, str], tuple[str, dict[str, set[int]]]] = {}
    for one in endpoints:
        _, methods = actions.setdefault((one.action, one.path), (one.summary, {}))
        for method in one.methods:
            methods.setdefault(method, set()).update(_served(one))
    for (action, path), (summary, methods) in actions.items():
        yield {
            action: summary,
            **{method: f"[{','.join(map(str, sorted(versions)))}] {path}" for method, versions in methods.items()},
        }


def _details(endpoints: Iterable[Endpoint], name: str) -> Document:
    """Write where one action is served, version by version; its name is compared without case."""
    found = [one for one in endpoints if one.action.casefold() == name.casefold()]
    if not found:
        return {"documentation": DOCUMENTATION, "error": f"No endpoint with name '{name}' defined."}
    places = sorted((version, one.path, method) for one in found for method in one.methods for version in _served(one))
    listed: list[JSON] = [
        {method: f"/api/{version}{path}", "version": _version(version)} for version, path, method in places
    ]
    return {"documentation": DOCUMENTATION, found[0].action: found[0].summary, "endpoints": listed}


def _served(endpoint: Endpoint) -> list[int]:
    return [version for version in VERSIONS if version in endpoint.lifespan]
