"""A technique: its typed form, and how it is read from and written to the stored document."""

import re
from collections.abc import Mapping

from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.techniques.faults import Faults
from app.fleet.techniques.reading import MAX_LONG_TEXT_LENGTH, Members
from app.fleet.techniques.sections import read_root
from app.fleet.techniques.variables import Section
from app.fleet.techniques.versions import NAME, VERSION, document_id

SOURCES = ("starter", "editor", "import")
DEFAULT_CATEGORY = "ncf_techniques"
RESOURCE_STATES = ("new", "modified", "deleted", "untouched")
MAX_FILE_LENGTH = 1_000_000
"""Characters of a file that belongs to a technique; Rudder generates some from long lists of methods."""

NOT_APPLICABLE = "No part of the agent carries this technique out; its directives are kept but reach no node"
_CATEGORY = re.compile(r"[A-Za-z0-9_-]{1,100}(?:/[A-Za-z0-9_-]{1,100}){0,9}")
MEMBERS = (
    "id",
    "name",
    "version",
    "category",
    "description",
    "documentation",
    "source",
    "enabled",
    "system",
    "applicable",
    "applicableReason",
    "parameters",
    "resources",
    "calls",
    "tags",
    "internalId",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """One version of a technique.

    `id` is its name in URLs and directives, `name` the one people see. `calls` are what Rudder's editor made of it:
    kept, never carried out. Not `applicable`: its directives are stored and reviewed, but compiled into no bundle.
    """

    id: str
    name: str
    version: str
    category: str
    description: str
    documentation: str
    source: str
    enabled: bool
    system: bool
    applicable: bool
    applicable_reason: str
    parameters: Section
    resources: tuple[Document, ...]
    calls: tuple[JSON, ...]
    tags: tuple[tuple[str, JSON], ...]
    internal_id: str | None

    @property
    def document_id(self) -> str:
        """The id of the stored document, `<id>:<version>`."""
        return document_id(self.id, self.version)

    def to_document(self) -> Document:
        """Give the complete document, as it is stored."""
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "category": self.category,
            "description": self.description,
            "documentation": self.documentation,
            "source": self.source,
            "enabled": self.enabled,
            "system": self.system,
            "applicable": self.applicable,
            "applicableReason": self.applicable_reason,
            "parameters": self.parameters.to_json(),
            "resources": list(self.resources),
            "calls": list(self.calls),
            "tags": [{name: value} for name, value in self.tags],
            "internalId": self.internal_id,
        }


def read_technique(given: JSON, *, lines: Mapping[str, int] | None = None) -> Technique:
    """Check a technique and fill in the defaults of what is absent.

    `lines` maps field paths to lines of the text that it was read from, for the messages.

    Raises:
        InvalidError: all faults at once; `fields` is keyed by path, `parameters/sections/0/variables/1/default`.
    """
    faults = Faults(lines)
    members = Members(given, "", faults, MEMBERS)
    technique_id = _read_id(members)
    source = members.text("source", "editor")
    if source not in SOURCES:
        members.fault("source", f"'{source}' is not a source of techniques; use one of: {', '.join(SOURCES)}")
    applicable = members.flag("applicable", default=source == "starter")
    technique = Technique(
        id=technique_id,
        name=members.text("name", technique_id, max_length=255) or technique_id,
        version=_read_version(members),
        category=_read_category(members),
        description=members.text("description", max_length=10_000),
        documentation=members.text("documentation", max_length=MAX_LONG_TEXT_LENGTH),
        source=source,
        enabled=members.flag("enabled", default=True),
        system=members.flag("system", default=False),
        applicable=applicable,
        applicable_reason="" if applicable else members.text("applicableReason") or NOT_APPLICABLE,
        parameters=read_root(members.value("parameters"), "parameters", faults),
        resources=tuple(_read_resource(item, path, faults) for path, item in members.items("resources")),
        calls=tuple(_read_call(item, path, faults) for path, item in members.items("calls")),
        tags=_read_tags(members),
        internal_id=members.text("internalId") or None,
    )
    faults.raise_if_any(f"The technique '{technique.id}' {technique.version}")
    return technique


def check_definition(document: JSON) -> Document:
    """Check a technique's document and give it back complete.

    Raises:
        InvalidError: all faults at once, see `read_technique`.
    """
    return read_technique(document).to_document()


def _read_id(members: Members) -> str:
    value = members.text("id")
    if not NAME.fullmatch(value):
        members.fault("id", f"'{value[:60]}' is not a name of a technique; give 1 to 128 of A-Z, a-z, 0-9, _ and -")
    return value


def _read_version(members: Members) -> str:
    value = members.value("version")
    # `version: 8` in YAML is a number and can only mean the text.
    version = str(value) if isinstance(value, int) and not isinstance(value, bool) else members.text("version")
    if not VERSION.fullmatch(version):
        members.fault("version", f"'{version[:60]}' is not a version; give numbers with dots in quotes, like '1.0'")
    return version


def _read_category(members: Members) -> str:
    category = members.text("category") or DEFAULT_CATEGORY
    if not _CATEGORY.fullmatch(category):
        members.fault("category", f"'{category[:60]}' is not a category; give ids with /, like systemSettings/users")
    return category


def _read_resource(given: JSON, path: str, faults: Faults) -> Document:
    members = Members(given, path, faults, ("name", "state", "content"))
    name = members.text("name")
    if not name:
        members.fault("name", f"'{path}' needs a 'name', the path of the file inside the technique")
    state = members.text("state", "untouched")
    if state not in RESOURCE_STATES:
        members.fault("state", f"'{state}' is not a state of a resource; use one of: {', '.join(RESOURCE_STATES)}")
    content = members.value("content")
    return {
        "name": name,
        "state": state,
        "content": None if content is None else members.text("content", max_length=MAX_FILE_LENGTH),
    }


def _read_call(given: JSON, path: str, faults: Faults) -> JSON:
    if not isinstance(given, dict):
        faults.add(path, f"'{path}' must be an object, a method or a block of methods")
    return given


def _read_tags(members: Members) -> tuple[tuple[str, JSON], ...]:
    given = members.value("tags")
    if isinstance(given, dict):
        return tuple(sorted(given.items(), key=lambda pair: pair[0]))
    pairs: list[tuple[str, JSON]] = []
    for _, item in members.items("tags"):
        if isinstance(item, dict) and len(item) == 1:
            pairs.extend(item.items())
        else:
            members.fault("tags", "'tags' must be a list of objects with one member each, such as the tag 'os'")
            break
    return tuple(sorted(pairs, key=lambda pair: pair[0]))
