"""What a kind of document is: names, the judgement of its edits, and what it refers to."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from app.changes.change import Action, Change, Edit
from app.core.canonical import JSON, Document, canonical
from app.core.context import Context
from app.core.errors import ConflictError, NotFoundError
from app.core.values import dataclass
from app.store.documents import Stored
from app.store.format1 import FOLDERS
from app.store.keys import Declared, Key, declared_values
from app.store.nodes import Node


class View(Protocol):
    """The documents of one tenant as they are under the lock, with the edits judged so far."""

    ctx: Context

    def find(self, kind: str, document_id: str) -> Stored | None:
        """Read a document; None when it does not exist."""

    def get(self, kind: str, document_id: str) -> Stored:
        """Read a document that must exist.

        Raises:
            NotFoundError: with the kind's own text.
        """

    def source(self, kind: str, document_id: str) -> Stored:
        """Read the document that a new one is to be copied from.

        Raises:
            NotFoundError: with the kind's own text.
        """

    def label(self, kind: str) -> str:
        """Name a kind in a sentence."""

    def holders(self, kind: str, field: str, value: str) -> list[Stored]:
        """Read the documents of a kind whose declared field has this value, by id."""

    def preload(self, keys: Collection[tuple[str, str]]) -> None:
        """Fetch documents at once that will be read one by one."""

    def all(self, kind: str) -> list[Stored]:
        """Read every document of a kind, by id."""

    def people(self, ids: Sequence[str]) -> set[str]:
        """Tell which of these ids are those of people of the tenant."""

    def people_named(self, usernames: Sequence[str]) -> Mapping[str, str]:
        """Give the ids of those of these user names that are people's of the tenant."""

    def node(self, node_id: str) -> Node | None:
        """Read a node as it is under the lock; None when there is none, or it was deleted."""

    def nodes_found(self, query: JSON) -> Sequence[str]:
        """Name the nodes that a stored query finds now, by id."""


Guard = Callable[[Stored, Edit, View], None]
Judge = Callable[[Stored | None, Edit, View], Document]
Derived = Callable[[Document], Iterable[tuple[str, str]]]
Needs = Callable[[Edit], Iterable[tuple[str, str]]]
Cascade = Callable[[Change, View], Iterable[Edit]]
Check = Callable[[Change, View], None]
SecretPaths = Callable[[Document, View], Iterable[tuple[str | int, ...]]]
Default = Callable[[str], Document | None]


def _nothing(*_given: object) -> tuple[()]:
    return ()


def _accept(*_given: object) -> None:
    return None


def _no_default(_document_id: str) -> Document | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of document.

    `guard` refuses edits of documents that must stay as they are; `judge` merges an edit over the stored document and
    gives the complete new one, or raises; `check` looks at references once every edit of the change set is merged;
    `cascade` names the edits that a change brings with it; `keys` are the members that can be searched and
    looked up, `derived` further (name, value) pairs that can be looked up, made of the members `derived_from`; `needs`
    the documents that judging will read; `secret_paths` where the document holds secrets. `default`
    gives the document that holds where none is stored: a first modification creates it. `unknown` is the text for a
    missing document, with its id in `{id}`; the `rudder_` texts are those that old scripts match.
    """

    name: str
    label: str
    judge: Judge
    unknown: str
    rudder_unknown: str = ""
    rudder_unknown_modify: str = ""
    rudder_exists: str = ""
    rudder_no_source: str = ""
    name_field: str = "name"
    guard: Guard = _accept
    keys: tuple[Key, ...] = ()
    derived: Derived = _nothing
    derived_from: tuple[str, ...] = ()
    needs: Needs = _nothing
    cascade: Cascade = _nothing
    check: Check = _accept
    secret_paths: SecretPaths = _nothing
    default: Default = _no_default

    @property
    def folder(self) -> str:
        """The kind's folder in git."""
        return FOLDERS[self.name]

    def values(self, document: Document) -> set[Declared]:
        """List what the document can be found by."""
        return {*declared_values(self.keys, document), *(Declared(*one) for one in self.derived(document))}

    def moved_values(self, before: Document, after: Document) -> tuple[set[Declared], set[Declared]]:
        """List what a document can no longer be found by after a change, and what it newly can.

        Values of members that stay as they were are not made: most changes touch one member of many.
        """
        keys = [key for key in self.keys if not key.derived and not _is_same(key.stored, before, after)]
        old, new = {*declared_values(keys, before)}, {*declared_values(keys, after)}
        if not all(_is_same(name, before, after) for name in self.derived_from):
            old.update(Declared(*one) for one in self.derived(before))
            new.update(Declared(*one) for one in self.derived(after))
        return old - new, new - old

    def holds(self, document: Document, field: str, text: str) -> bool:
        """Say whether a document can be found by this value."""
        return any(one.name == field and one.text == text for one in self.values(document))

    def segment(self, document_id: str) -> str:
        """Give what stands for the document first in its path; static segments of the API are no ids because of it."""
        return document_id

    def missing(self, document_id: str, action: Action | None = None) -> NotFoundError:
        """Build the error for a document of this kind that is not there, when it is read or when it is edited."""
        text = (self.rudder_unknown_modify if action == "modify" else "") or self.rudder_unknown
        rudder = text.format(id=document_id) if text else None
        return NotFoundError(self.unknown.format(id=document_id), rudder=rudder)

    def missing_source(self, document_id: str) -> NotFoundError:
        """Build the error for a document that was to be copied and is not there."""
        rudder = self.rudder_no_source.format(id=document_id) if self.rudder_no_source else None
        return NotFoundError(f"{self.label} '{document_id}', which was to be cloned, was not found", rudder=rudder)


def _is_same(member: str, before: Document, after: Document) -> bool:
    """Say whether a member is the same to the byte; `true` equals 1 in Python and is another value."""
    old, new = before.get(member), after.get(member)
    return old == new and (old is None or isinstance(old, str) or canonical(old) == canonical(new))


def title(kind: Kind, document: Mapping[str, JSON], document_id: str) -> str:
    """The name by which people know a document; its id when it has none."""
    value = document.get(kind.name_field)
    return value if isinstance(value, str) and value else document_id


def laid_over(defaults: Mapping[str, JSON], present: Stored | None, edit: Edit, view: View) -> Document:
    """Lay the given fields over the stored document, the one to copy, or the defaults.

    Raises:
        NotFoundError: the document to copy does not exist.
    """
    if present is not None and not edit.whole:
        base: Mapping[str, JSON] = present.document
    elif edit.source is not None:
        base = view.source(edit.kind, edit.source).document
    else:
        base = defaults
    document: Document = {**base, **edit.fields, "id": edit.id}
    if "system" in defaults and view.ctx.actor.kind != "system":
        # Only the system makes documents of the system; the clone of one belongs to whoever made it.
        document["system"] = present is not None and present.document["system"] is True
    return document


def refuse_system(present: Stored, edit: Edit, view: View) -> None:
    """Refuse to change what belongs to the system, unless the system does it or it follows from another change.

    Raises:
        ConflictError: the document has `system` true.
    """
    if edit.cascaded and edit.action == "modify":
        # A deleted directive is taken out of system rules too; nobody could take it out before.
        return
    if present.document.get("system") is True and view.ctx.actor.kind != "system":
        raise ConflictError(
            f"{view.label(present.kind)} '{present.id}' belongs to the system and stays as it is; clone it instead"
        )
