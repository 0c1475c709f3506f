"""Takes an archive in: one change set, whole or not at all, and a report of what became of each part of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import field
from typing import IO, Final

from app.changes.change import Change, Edit, Outcome
from app.changes.kinds import View
from app.changes.recording import Fact
from app.changes.secrecy import tags_in, value_at
from app.changes.watching import Progress, Watch
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.http.intake import Intake, put
from app.resources.archives.reading import Found, Left, read_archive
from app.resources.archives.zips import open_zip
from app.store.documents import Stored, some_documents
from app.store.secrets import held_tags, tag_of

OVERRIDE, KEEP_TARGETS, NO_TARGETS = "override-all", "keep-rule-targets", "ignore-source-targets"
MERGES: Final = (OVERRIDE, KEEP_TARGETS, NO_TARGETS)
"""What of a rule's targets comes in: all of it, only that of new rules, or none (new rules have none then)."""

IMPORTED: Final = "ImportFullArchive"
STAYS: Final = "what this tenant has under this id belongs to the system and stays as it is"
STARTER_STAYS: Final = "the starter library has it with the same parameters; that one stays, because the agent knows it"
STARTER_DIFFERS: Final = (
    "the starter library has a technique of this name and version with other parameters; delete that one here first "
    "(DELETE /techniques/{id}/{version}), so that the archive's can take its place"
)
PIECE_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One archive to import: `name` is what its sender calls it."""

    file: IO[bytes]
    name: str = ""
    merge: str = OVERRIDE
    progress: Progress | None = None


@dataclass(slots=True)
class Report:
    """What an import did, or on a dry run would do."""

    outcome: Outcome
    left: list[Left]
    secrets: list[Document] = field(default_factory=list)

    @property
    def added(self) -> list[Change]:
        """The documents that are new."""
        return [change for change in self.outcome.asked if change.before is None]

    @property
    def replaced(self) -> list[Change]:
        """The documents that differ from what was there."""
        return [change for change in self.outcome.asked if change.before is not None and not _is_same(change)]

    @property
    def unchanged(self) -> list[Change]:
        """The documents that were there already, the same."""
        return [change for change in self.outcome.asked if change.before is not None and _is_same(change)]

    def to_json(self) -> Document:
        """Give the lists in JSON."""
        return {
            "added": [_named(change) for change in self.added],
            "replaced": [_named(change) for change in self.replaced],
            "unchanged": [_named(change) for change in self.unchanged],
            "left": [one.to_json() for one in self.left],
            "secretsToSet": list[JSON](self.secrets),
        }


def import_archive(work: Work, intake: Intake, asked: Asked) -> Report:
    """Import an archive; `work.dry_run` judges it and changes nothing.

    Raises:
        InvalidError: listing all that cannot be read or is refused, by file; nothing was changed.
    """
    found = read_archive(open_zip(asked.file), intake)
    edits = _without_system(work, found)
    found.faults.raise_if_any()
    secrets = _secrets_to_set(work, edits)
    fact = Fact(type=IMPORTED, data={"archive": asked.name[:255], "sha256": _digest(asked.file), "merge": asked.merge})
    work.watch = Watch(keeps_tags=True) if asked.progress is None else Watch(asked.progress, keeps_tags=True)
    with found.faults.judged():
        outcome = work.submit([], plan=lambda view: _plan(edits, asked.merge, view), facts=[fact])
    return Report(outcome, found.left, secrets)


def _plan(edits: Sequence[Edit], merge: str, view: View) -> list[Edit]:
    """Say under the lock what is new and what is replaced, and which targets each rule gets."""
    planned = put(edits, view)
    return planned if merge == OVERRIDE else [_retargeted(edit, merge, view) for edit in planned]


def _retargeted(edit: Edit, merge: str, view: View) -> Edit:
    if edit.kind != "rule" or (edit.action == "create" and merge != NO_TARGETS):
        return edit
    present = view.find(edit.kind, edit.id)
    targets: JSON = [] if present is None else present.document["targets"]
    return Edit(edit.kind, edit.id, edit.action, {**edit.fields, "targets": targets}, whole=True)


def _without_system(work: Work, found: Found) -> list[Edit]:
    """Take out what would change a document of the system, or a technique that the agent carries out."""
    present: dict[tuple[str, str], Stored] = {}
    keys = [(edit.kind, edit.id) for edit in found.edits]
    for start in range(0, len(keys), 500):
        present.update(some_documents(work.session, keys[start : start + 500]))
    return [edit for edit in found.edits if _comes_in(edit, present.get((edit.kind, edit.id)), found)]


def _comes_in(edit: Edit, present: Stored | None, found: Found) -> bool:
    if present is None:
        return True
    there, what = present.document, f"{edit.kind} '{edit.id}'"
    if there.get("system") is True:
        if any(there.get(name) != value for name, value in edit.fields.items()):
            found.left.append(Left(what, STAYS))
        return False
    if edit.kind != "technique" or there["applicable"] is not True:
        return True
    if edit.fields["parameters"] == there["parameters"] and edit.fields["applicable"] is True:
        return True
    if _outline(edit.fields["parameters"]) == _outline(there["parameters"]):
        found.left.append(Left(what, STARTER_STAYS))
    else:
        found.faults.add(found.faults.origin[edit.kind, edit.id], f"{what}: {STARTER_DIFFERS}")
    return False


def _outline(section: JSON) -> JSON:
    """Give the names in a tree of parameters: directives that fit one of two trees with equal names fit the other."""
    if not isinstance(section, dict):
        return None
    variables, sections = section.get("variables"), section.get("sections")
    names = (
        sorted(str(one["name"]) for one in variables if isinstance(one, dict)) if isinstance(variables, list) else []
    )
    inner = [_outline(one) for one in sections] if isinstance(sections, list) else []
    return [section.get("name"), section.get("multivalued"), list[JSON](names), sorted(inner, key=str)]


def _secrets_to_set(work: Work, edits: Sequence[Edit]) -> list[Document]:
    """List the secrets of which the archive has the tag and the tenant no value."""
    places: list[tuple[str, Edit, str]] = []
    for edit in edits:
        fields = dict(edit.fields)
        for path in tags_in(fields):
            tag = tag_of(value_at(fields, path))
            if tag is not None:
                places.append((tag, edit, "/".join(map(str, path))))
    held = held_tags(work.session, {tag for tag, _, _ in places})
    return [{"kind": edit.kind, "id": edit.id, "path": path} for tag, edit, path in places if tag not in held]


def _digest(file: IO[bytes]) -> str:
    content = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        content.update(piece)
    return content.hexdigest()


def _is_same(change: Change) -> bool:
    return change.before is not None and change.after is not None and change.before.body == change.after.body


def _named(change: Change) -> Document:
    return {"kind": change.kind, "id": change.id, "name": change.shown.name}
