"""What is asked of the committer (edits) and what happened (changes, outcome)."""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Literal

from app.core.canonical import JSON, Document, canonical
from app.core.values import dataclass
from app.store.documents import Stored

Action = Literal["create", "modify", "delete"]

EMPTY: Mapping[str, JSON] = {}

CHANGE_REQUEST = "changeRequestId"
"""The member of an object in an answer that names the change request in which its change waits."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing to do to one document.

    `fields` are those that were given: everything else keeps its value (modify) or takes its default (create).
    `expected_revision` is the caller's If-Match. `source` names the document that a creation is copied from. `strict`
    says what a kind does with names inside a value that it does not know: refuse them, else drop them. `force` deletes
    what uses a deleted document too. `whole` fields are the complete document: what is absent takes its default, in a
    modification too. `cascaded` marks an edit that another one brought with it; judging sets it.
    """

    kind: str
    id: str
    action: Action
    fields: Mapping[str, JSON] = field(default_factory=dict)
    expected_revision: int | None = None
    source: str | None = None
    strict: bool = True
    force: bool = False
    whole: bool = False
    cascaded: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One document before and after; `before` is None for a creation, `after` for a deletion.

    `force` is that of the edit, for the cascade. `change_request` is the one that the change waits in.
    """

    kind: str
    id: str
    before: Stored | None
    after: Stored | None
    force: bool = False
    change_request: str | None = None

    @property
    def action(self) -> Action:
        """Say what the change did."""
        if self.before is None:
            return "create"
        return "delete" if self.after is None else "modify"

    @property
    def shown(self) -> Stored:
        """The document as an answer shows it: after the change, or the last state of a deleted one.

        Where the change waits, its change request is the first member in every version.
        """
        document = self.after or self.before
        if document is None:
            raise TypeError("a change has a document before or after")
        if self.change_request is None:
            return document
        return document._replace(body=f'{{"{CHANGE_REQUEST}":"{self.change_request}",{document.body[1:]}')


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one accepted change set did.

    `asked` are the documents that the edits named, in their order, as they are afterwards (unchanged ones too);
    `changes` are all that changed, cascades included. `commit` is None when nothing changed or it was a preview.
    A change set that waits has changed nothing: `change_request` says where, `gate` for what. `effects` is what a
    preview found out: diff, impact and gate.
    """

    asked: tuple[Change, ...]
    changes: tuple[Change, ...]
    commit: str | None = None
    first_seq: int | None = None
    last_seq: int | None = None
    change_request: str | None = None
    gate: Document | None = None
    effects: Document | None = None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A caller's Idempotency-Key; `digest` identifies method, path and body of the request."""

    key: str
    digest: str


def as_stored(kind: str, document_id: str, document: Document | None) -> Stored | None:
    """Give a document that is not stored the form of one that is."""
    if document is None:
        return None
    return Stored(kind, document_id, document_id, canonical(document).decode(), "", 0, "", 0, 0)


def held_change(change: Change, change_request: str) -> Change:
    """Show a change that waits: the document as asked for, at the revision that it has now (0: it is not there yet)."""
    after = change.after
    if after is not None:
        present = change.before
        revision, updated = (0, after.updated) if present is None else (present.revision, present.updated)
        after = after._replace(revision=revision, updated=updated)
    return replace(change, after=after, change_request=change_request)
