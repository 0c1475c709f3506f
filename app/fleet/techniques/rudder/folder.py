"""One technique's folder in an archive, `techniques/<category>/<technique>/<version>/`: read, and written again."""

from collections.abc import Mapping
from dataclasses import field
from functools import cache
from typing import Final

from app.core.canonical import JSON, Document, parse, pretty
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.fleet.techniques.definition import DEFAULT_CATEGORY, read_technique
from app.fleet.techniques.library import starter_library
from app.fleet.techniques.rudder.editor import read_editor
from app.fleet.techniques.rudder.metadata import Metadata, read_metadata
from app.fleet.techniques.rudder.writing import metadata_of

OURS, EDITOR, METADATA = "technique.json", "technique.yml", "metadata.xml"
FORMS: Final = (OURS, EDITOR, METADATA)
"""The files of which a folder has one or several; the first of them that is there is read."""

OF_EDITOR: Final = "It is made of methods of Rudder's technique editor, which the agent does not run"
OF_TEMPLATES: Final = "It is made of templates for Rudder's agent, which this agent does not run"


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of one version of a technique by their path inside it; `category` is "" for the root of the tree."""

    category: str
    name: str
    version: str
    files: Mapping[str, bytes]


@dataclass(slots=True)
class ReadTechnique:
    """A complete document, and what of the folder has no equivalent in it."""

    document: Document
    notes: list[str] = field(default_factory=list)


def read_folder(folder: Folder) -> ReadTechnique:
    """Read one technique.

    Raises:
        InvalidError: the file that describes it cannot be read, or another one cannot be kept as text.
    """
    if OURS in folder.files:
        return _ours(folder.files[OURS])
    notes: list[str] = []
    metadata = read_metadata(folder.files[METADATA]) if METADATA in folder.files else None
    members: Document = {}
    if metadata is not None:
        members = _of_metadata(folder, metadata)
        notes += metadata.notes
    if EDITOR in folder.files:
        notes.clear()
        members = read_editor(folder.files[EDITOR], metadata, notes)
        members.setdefault("id", folder.name)
    members |= {
        "category": folder.category or members.get("category") or DEFAULT_CATEGORY,
        "source": "import",
        "applicable": False,
        "applicableReason": OF_EDITOR if EDITOR in folder.files else OF_TEMPLATES,
        "resources": [_kept(name, folder.files[name]) for name in sorted(folder.files)],
    }
    return ReadTechnique(read_technique(members).to_document(), notes)


def files_of(document: Document) -> dict[str, bytes]:
    """Write a technique's folder: the files that it came with, and ours where they do not say all of it."""
    files: dict[str, bytes] = {}
    if document["source"] == "import":
        files = dict(_resources(document, ""))
        if not _says_all(document, files):
            files[OURS] = pretty(document)
    else:
        files = {OURS: pretty(document), METADATA: metadata_of(document), **dict(_resources(document, "resources/"))}
    return files


def _says_all(document: Document, files: Mapping[str, bytes]) -> bool:
    if files.keys().isdisjoint((EDITOR, METADATA)) or OURS in files:
        return False
    folder = Folder(str(document["category"]), str(document["id"]), str(document["version"]), files)
    try:
        return read_folder(folder).document == document
    except InvalidError:
        return False


def _of_metadata(folder: Folder, metadata: Metadata) -> Document:
    return {
        "id": folder.name,
        "version": folder.version,
        "name": metadata.name[:255],
        "description": metadata.description[:10_000],
        "parameters": metadata.parameters,
    }


def _kept(name: str, content: bytes) -> JSON:
    try:
        return {"name": name, "state": "untouched", "content": content.decode()}
    except UnicodeDecodeError as error:
        raise InvalidError(f"its file {name} is not text in UTF-8, and only text is kept; take it out") from error


def _ours(raw: bytes) -> ReadTechnique:
    given = parse(raw)
    document = read_technique(given).to_document()
    notes: list[str] = []
    if document["applicable"] is True or document["source"] == "starter":
        starter = _starters().get(f"{document['id']}:{document['version']}")
        if starter is None or starter["parameters"] != document["parameters"]:
            # Whoever writes a zip could otherwise hand values to the agent that nothing has checked.
            document |= {"source": "import", "applicable": False}
            document = read_technique(document).to_document()
            notes.append("it is not the starter library's technique of this name, so the agent does not carry it out")
    return ReadTechnique(document, notes)


@cache
def _starters() -> Mapping[str, Document]:
    return {f"{one['id']}:{one['version']}": one for one in starter_library()}


def _resources(document: Document, below: str) -> list[tuple[str, bytes]]:
    """List the files that a technique holds; those whose names lead elsewhere stay in our own file only."""
    resources = document["resources"]
    return [
        (f"{below}{one['name']}", one["content"].encode())
        for one in (resources if isinstance(resources, list) else [])
        if isinstance(one, dict) and isinstance(one["content"], str) and _is_inside(str(one["name"]))
    ]


def _is_inside(name: str) -> bool:
    steps = name.split("/")
    plain = name.isprintable() and not {":", "\\"} & set(name)
    return plain and not any(step in {"", ".", ".."} for step in steps)
