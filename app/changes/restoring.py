"""Bringing documents back as they were at a commit: a change set like any other, made under the lock."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from app.changes.archives import Scope
from app.changes.change import Edit, Outcome
from app.changes.kinds import View
from app.changes.recording import Fact
from app.changes.work import Work
from app.core.canonical import Document, load
from app.core.errors import ConflictError, InvalidError, NotFoundError, SternpostError
from app.core.ids import document_path
from app.store.documents import Stored, list_documents
from app.store.events import LAST_OF_COMMIT
from app.store.format1 import ARCHIVES, FOLDERS
from app.store.git.reader import contents, files_at, zip_of

_COMMIT_DIGITS = 40
_KINDS = {folder: kind for kind, folder in FOLDERS.items()}
Present = Mapping[str, Stored]
"""Documents by their path in git."""


class OldState:
    """The documents of some kinds at a commit: their blobs at once, their contents as they are needed.

    It reads the tree of that one commit, so it costs what the configuration is large, however long the history.
    """

    def __init__(self, repository: Path, commit: str, kinds: Collection[str]) -> None:
        """Read which documents there were."""
        self.kinds = kinds
        self._repository = repository
        self._blobs = files_at(repository, commit, [FOLDERS[kind] for kind in kinds])
        self._contents: dict[str, bytes] = {}

    def fetch(self, present: Present) -> None:
        """Read the contents of all that is not present as it was."""
        blobs = {blob for path, blob in self._differing(present) if blob not in self._contents}
        self._contents.update(contents(self._repository, blobs))

    def edits(self, present: Present) -> Iterator[Edit]:
        """Make the edits that lead back from the present; what belongs to the system stays as it is."""
        self.fetch(present)
        for path, blob in self._differing(present):
            now, then = present.get(path), _document(self._contents[blob])
            if now is not None:
                if now.document.get("system") is not True:
                    yield Edit(now.kind, now.id, "modify", _fields(then), strict=False)
            elif then.get("system") is not True:
                kind = _KINDS[path.partition("/")[0]]
                yield Edit(kind, _id_of(kind, path, then), "create", _fields(then), strict=False)
        for path, now in present.items():
            if path not in self._blobs and now.document.get("system") is not True:
                yield Edit(now.kind, now.id, "delete")

    def _differing(self, present: Present) -> Iterator[tuple[str, str]]:
        for path, blob in self._blobs.items():
            now = present.get(path)
            if now is None or now.blob != blob:
                yield path, blob


def restore(work: Work, scope: Scope, commit: str, *, archive: str | None = None) -> Outcome:
    """Make the documents of a scope what they were at a commit of this tenant, in one change set.

    Documents that are so already have no event, and where all are nothing is logged at all.

    Raises:
        ConflictError: the documents cannot be like that again beside those that stay; nothing was changed.
        SternpostError: the change set is refused for another reason, a missing change message for example.
    """
    kinds = [kind for kind in scope.kinds if kind in work.committer.kinds]
    present = _by_path(one for kind in kinds for one in list_documents(work.session, kind))
    work.session.release()
    work.git.catch_up(work.ctx.tenant)
    old = OldState(work.git.path(work.ctx.tenant), commit, kinds)
    old.fetch(present)  # before the lock is taken, so that little is left to be read under it

    def plan(view: View) -> list[Edit]:
        return list(old.edits(_by_path(one for kind in kinds for one in view.all(kind))))

    tag = None if archive is None else f"archives/{ARCHIVES[scope.exported][0]}/{archive}"
    data: Document = {"archive": archive, "commit": commit}
    fact = Fact(type=scope.imported, kind=None if tag is None else "archive", id=tag, name=tag, data=data)
    try:
        return work.submit([], plan=plan, facts=[fact])
    except (InvalidError, NotFoundError, ConflictError) as fault:
        if isinstance(fault, InvalidError) and "reason" in fault.fields:
            raise  # the caller's own input; no document has a member of this name
        raise _refused(scope, commit, archive, fault) from fault


def zip_at(work: Work, scope: Scope, commit: str) -> IO[bytes]:
    """Write the documents of a scope at a commit of this tenant into a zip; the caller closes the file.

    Raises:
        InvalidError: this is no commit id.
        NotFoundError: it is no commit of this tenant.
    """
    failed = "Error when trying to get archive as a Zip: "
    shown = commit if len(commit) <= _COMMIT_DIGITS else f"{commit[:_COMMIT_DIGITS]}..."
    if len(commit) != _COMMIT_DIGITS or set(commit) - set("0123456789abcdef"):
        text = f"'{shown}' is not a commit; use its {_COMMIT_DIGITS} hex digits"
        raise InvalidError(text, fields={"commitId": [text]}, rudder=failed + text)
    found = work.session.find(LAST_OF_COMMIT, {"commit": commit})
    if found is None or found[0] is None:
        text = f"'{shown}' is not a commit of this tenant"
        remedy = f"{text}; use the gitCommit of an archive, or the commit of an event"
        raise NotFoundError(remedy, rudder=failed + text)
    work.session.release()
    work.git.catch_up(work.ctx.tenant)
    return zip_of(work.git.path(work.ctx.tenant), commit, scope.folders)


def _refused(scope: Scope, commit: str, archive: str | None, fault: SternpostError) -> ConflictError:
    what = f"commit {commit}" if archive is None else f"archive '{archive}'"
    remedy = "nothing was changed"
    if scope.name != "full":
        remedy += "; restore what it refers to first, or bring everything back with /system/archives/full/restore"
    return ConflictError(
        f"The {scope.name} of {what} cannot be restored: {fault.message} ({remedy})",
        rudder=f"Could not restore the {scope.name} of {what}; cause was: Inconsistency: {fault.rudder}",
    )


def _by_path(documents: Iterator[Stored]) -> dict[str, Stored]:
    return {document_path(FOLDERS[one.kind], one.id): one for one in documents}


def _document(content: bytes) -> Document:
    value = load(content.decode())
    if not isinstance(value, dict):
        raise TypeError("a document is an object")
    return value


def _fields(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "id"}


def _id_of(kind: str, path: str, document: Document) -> str:
    """Read the id from the file's name; of a long one only the document tells it."""
    name = path.rpartition("/")[2].removesuffix(".json")
    if "~" not in name:
        return unquote(name)
    candidates = (str(document["id"]), f"{document['id']}:{document.get('version')}")
    return next(one for one in candidates if document_path(FOLDERS[kind], one) == path)
