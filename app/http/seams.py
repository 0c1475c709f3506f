"""What this layer needs of what is handed through it: the caller's intent, a view's work, a stored document."""

from typing import Protocol

from app.core.canonical import Document
from app.core.values import dataclass
from app.store.session import Seen


@dataclass(frozen=True, slots=True)
class Intent:
    """How the caller wants a write to be done; `digest` identifies method, path, query and body under the key.

    `change_request_name` and `change_request_description` are for the change request that the write may become.
    """

    idempotency_key: str | None = None
    digest: str = ""
    dry_run: bool = False
    if_match: int | None = None
    change_request_name: str = ""
    change_request_description: str = ""


class Waiting(Protocol):
    """What became of a write that waits for review; `app.changes.change.Outcome` is one."""

    @property
    def change_request(self) -> str | None:
        """The id of its change request."""

    @property
    def gate(self) -> Document | None:
        """What it waits for."""


class Work(Protocol):
    """What a view works with; `app.changes.work.Work` is one."""

    @property
    def waiting(self) -> Waiting | None:
        """What became of a write that waits for review."""

    @property
    def foreseen(self) -> Document | None:
        """What a dry run found out."""

    def foresee(self, seen: Seen) -> None:
        """Take what was read along with the caller's credential, before anything else is asked."""

    def release(self) -> None:
        """Give back what was taken (connections); called once, after the answer was sent."""


class StoredLike(Protocol):
    """What an answer needs of a stored document; `app.store.documents.Stored` is one."""

    @property
    def id(self) -> str:
        """The document's id."""

    @property
    def body(self) -> str:
        """Canonical JSON of an object."""

    @property
    def revision(self) -> int:
        """1 at creation."""

    @property
    def created(self) -> int:
        """Milliseconds since 1970 UTC."""

    @property
    def updated(self) -> int:
        """Milliseconds since 1970 UTC."""
