"""Documents that come in bulk: read by the schema of the endpoint that creates each, with all faults of all files."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace

from app.changes.change import Edit
from app.changes.kinds import View
from app.changes.watching import RefusedError, listed
from app.core.canonical import Document
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.http.routing import Route
from app.http.schemas import unknown_names
from app.http.versions import LATEST
from app.http.writing import Writing

JUDGED_WHOLE = frozenset({"technique", "setting"})
"""Kinds whose judge reads every member itself, so that no schema of an endpoint describes their documents."""

MAX_FIELDS = 1000
"""Files that a refusal names in its fields."""

NOTHING = "Nothing was imported. Correct these files:"


class Intake:
    """Reads whole documents of every kind that has an endpoint which creates it."""

    def __init__(self, writings: Mapping[str, Writing]) -> None:
        self._routes = {
            kind: Route(writing.create, LATEST) for kind, writing in writings.items() if kind not in JUDGED_WHOLE
        }

    def fields(self, kind: str, document: Document, *, keeps: frozenset[str] = frozenset()) -> Document:
        """Check the members that the endpoint describes and give them as stored; `keeps` are taken as they are.

        Raises:
            InvalidError: naming every member that is wrong or unknown.
        """
        reader = self._routes[kind].input if kind in self._routes else None
        if reader is None:
            return document
        refusal = unknown_names(document, reader.known | self._routes[kind].known_output, reader.fields)
        if refusal is not None:
            raise refusal
        kept = {name: value for name, value in document.items() if name in keeps}
        return {**kept, **reader.load(document)[1]}


@dataclass(slots=True)
class FileFaults:
    """What is wrong with the files of one import; `origin` says which file a document came from, by kind and id."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    origin: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, file: str, text: str) -> None:
        """Note a fault."""
        self.texts.setdefault(file, []).append(text)

    @contextmanager
    def of(self, file: str) -> Iterator[None]:
        """Note as a fault of the file what is refused inside."""
        try:
            yield
        except InvalidError as fault:
            self.add(file, fault.message)

    def claim(self, kind: str, document_id: str, file: str) -> None:
        """Note which file a document is in.

        Raises:
            InvalidError: it was found before.
        """
        if (kind, document_id) in self.origin:
            raise InvalidError(f"{kind} '{document_id}' is in {self.origin[kind, document_id]} too; keep one of them")
        self.origin[kind, document_id] = file

    def raise_if_any(self) -> None:
        """Refuse the import.

        Raises:
            InvalidError: there are faults; all of them are in it.
        """
        if self.texts:
            lines = [f"{file}: {text}" for file, texts in self.texts.items() for text in texts]
            named = dict(list(self.texts.items())[:MAX_FIELDS])
            raise InvalidError("\n".join([NOTHING, *listed(lines)]), fields=named)

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Name the files of the documents that are refused inside.

        Raises:
            InvalidError: documents are refused.
        """
        try:
            yield
        except RefusedError as refused:
            for one in refused.refusals:
                file = self.origin.get((one.kind, one.id), f"{one.kind} '{one.id}'")
                self.add(file, one.error.message)
            self.raise_if_any()
            raise


def put(edits: Iterable[Edit], view: View) -> list[Edit]:
    """Turn the creation of what exists under the lock into its modification."""
    wanted = list(edits)
    view.preload([(edit.kind, edit.id) for edit in wanted])
    return [replace(edit, action="modify") if view.find(edit.kind, edit.id) else edit for edit in wanted]
