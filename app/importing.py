"""Reading a folder of documents, in the layout of the git tree, as the edits of one change set."""

from collections.abc import Iterable
from pathlib import Path

from app.changes.change import Edit
from app.core.canonical import parse
from app.core.errors import InvalidError
from app.http.intake import FileFaults, Intake
from app.resources import WRITINGS
from app.store.format1 import FOLDERS

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


def read_edits(folder: Path, files: Iterable[File], faults: FileFaults) -> list[Edit]:
    """Read every file as a creation; `faults` learns which file each document is in.

    Raises:
        InvalidError: listing every fault of every file.
    """
    intake = Intake(WRITINGS)
    edits: list[Edit] = []
    for kind, path in files:
        name = str(path.relative_to(folder))
        with faults.of(name):
            edit = _read(kind, path, intake)
            faults.claim(kind, edit.id, name)
            edits.append(edit)
    faults.raise_if_any()
    return edits


def _read(kind: str, path: Path, intake: Intake) -> Edit:
    document = parse(path.read_bytes())
    if not isinstance(document, dict):
        raise InvalidError("it is not a JSON object")
    document_id = document.pop("id", None)
    if not isinstance(document_id, str):
        raise InvalidError("it has no text `id`")
    if kind == "technique" and ":" not in document_id:
        document_id = f"{document_id}:{document.get('version')}"
    fields = intake.fields(kind, {**document, "id": document_id}, keeps=ONLY_STORED)
    return Edit(kind, document_id, "create", {name: value for name, value in fields.items() if name != "id"})
