"""Reading a folder of documents, in the layout of the git tree, as the edits of one change set."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from app.changes.change import Edit
from app.core.canonical import Document, parse
from app.core.errors import InvalidError
from app.http.endpoint import Endpoint
from app.http.routing import Route
from app.http.schemas import unknown_names
from app.http.versions import LATEST
from app.resources import RESOURCES
from app.store.documents import some_documents
from app.store.format1 import FOLDERS
from app.store.session import TenantSession

JUDGED_WHOLE = frozenset({"technique", "setting"})
"""Kinds whose judge reads every member itself, so that no schema of an endpoint describes their documents."""

ONLY_STORED = frozenset({"system", "hidden", "provider"})
"""Members of stored documents that no caller of the API may set."""

File = tuple[str, Path]
"""A kind, and a file below the folder of that kind."""


def find_files(folder: Path) -> list[File]:
    """List every `<kind plural>/**/*.json`, in order of kind and path.

    Raises:
        InvalidError: there is none.
    """
    found = [(kind, path) for kind, plural in FOLDERS.items() for path in sorted((folder / plural).rglob("*.json"))]
    if not found:
        listed = ", ".join(FOLDERS.values())
        raise InvalidError(f"No file <kind plural>/**/*.json under {folder}; the folders are: {listed}")
    return found


def read_edits(folder: Path, files: Iterable[File]) -> list[Edit]:
    """Read every file as a creation.

    Raises:
        InvalidError: listing every fault of every file.
    """
    readers = {kind: route for resource in RESOURCES for kind in resource.paths for route in _inputs(kind)}
    edits: list[Edit] = []
    faults: list[str] = []
    seen: dict[tuple[str, str], Path] = {}
    for kind, path in files:
        name = path.relative_to(folder)
        try:
            edit = _read(kind, path, readers.get(kind))
            other = seen.setdefault((kind, edit.id), name)
            if other != name:
                raise InvalidError(f"{kind} '{edit.id}' is in {other} too; keep one of them")  # noqa: TRY301  listed with the others
        except InvalidError as fault:
            faults.append(f"{name}: {fault.message}")
        else:
            edits.append(edit)
    if faults:
        raise InvalidError("Nothing was imported. Correct these files:\n" + "\n".join(faults))
    return edits


def for_tenant(session: TenantSession, edits: Iterable[Edit]) -> list[Edit]:
    """Turn the creation of what exists into its modification."""
    wanted = list(edits)
    present: set[tuple[str, str]] = set()
    for start in range(0, len(wanted), 500):
        present.update(some_documents(session, [(edit.kind, edit.id) for edit in wanted[start : start + 500]]))
    return [
        Edit(edit.kind, edit.id, "modify" if (edit.kind, edit.id) in present else "create", edit.fields)
        for edit in wanted
    ]


def _read(kind: str, path: Path, route: Route | None) -> Edit:
    document = parse(path.read_bytes())
    if not isinstance(document, dict):
        raise InvalidError("it is not a JSON object")
    document_id = document.pop("id", None)
    if not isinstance(document_id, str):
        raise InvalidError("it has no text `id`")
    if kind == "technique" and ":" not in document_id:
        document_id = f"{document_id}:{document.get('version')}"
    fields = document if route is None else _checked({**document, "id": document_id}, route)
    return Edit(kind, document_id, "create", {name: value for name, value in fields.items() if name != "id"})


def _checked(document: Document, route: Route) -> Document:
    """Check the members that the endpoint describes; those of the system are taken as they are."""
    reader = route.input
    if reader is None:
        return document
    refusal = unknown_names(document, reader.known | route.known_output, reader.fields)
    if refusal is not None:
        raise refusal
    kept = {name: value for name, value in document.items() if name in ONLY_STORED}
    return {**kept, **reader.load(document)[1]}


def _inputs(kind: str) -> Iterator[Route]:
    if kind in JUDGED_WHOLE:
        return
    for resource in RESOURCES:
        for endpoint in resource.endpoints:
            if _creates(endpoint, resource.paths.get(kind)):
                yield Route(endpoint, LATEST)


def _creates(endpoint: Endpoint, path: str | None) -> bool:
    return (
        endpoint.path == path
        and "PUT" in endpoint.methods
        and endpoint.input is not None
        and LATEST in endpoint.lifespan
    )
