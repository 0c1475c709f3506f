"""The documents of one tenant under the committer's lock, with what the batch has changed so far laid over them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from app.changes.kinds import Kind
from app.core.canonical import JSON
from app.core.context import Context
from app.store.documents import Stored
from app.store.nodes import Node, lock_node
from app.store.people import known_users, users_named
from app.store.writes import read_all, read_holders, read_some

DocumentKey = tuple[str, str]
FindNodes = Callable[[str, JSON], Sequence[str]]
"""Names the nodes of a tenant that a stored query finds, by id."""


def no_nodes(_tenant: str, _query: JSON) -> Sequence[str]:
    """Find nothing, where nobody looks after nodes."""
    return ()


class BatchView:
    """What judging reads: each document is fetched once a batch, and edits are seen by those that come after.

    `begin` starts a change set; `undo` puts back what it changed, so that a refused one leaves no trace.
    """

    def __init__(
        self,
        connection: Connection,
        tenant: str,
        kinds: Mapping[str, Kind],
        ctx: Context,
        find_nodes: FindNodes = no_nodes,
    ) -> None:
        self.ctx = ctx
        self._find_nodes = find_nodes
        self._connection = connection
        self._tenant = tenant
        self._kinds = kinds
        self._documents: dict[DocumentKey, Stored | None] = {}
        self._touched: set[DocumentKey] = set()
        self._journal: dict[DocumentKey, Stored | None] = {}
        self._whole: set[str] = set()

    def preload(self, keys: Collection[DocumentKey]) -> None:
        """Fetch documents in one statement."""
        missing = [key for key in keys if key not in self._documents]
        for start in range(0, len(missing), 500):
            part = missing[start : start + 500]
            self._documents.update(dict.fromkeys(part))
            for one in read_some(self._connection, self._tenant, part):
                self._documents[one.kind, one.id] = one

    def find(self, kind: str, document_id: str) -> Stored | None:
        """Read a document; None when it does not exist."""
        key = (kind, document_id)
        if key not in self._documents:
            if kind in self._whole:
                return None
            self.preload([key])
        return self._documents[key]

    def get(self, kind: str, document_id: str) -> Stored:
        """Read a document that must exist.

        Raises:
            NotFoundError: with the kind's own text.
        """
        found = self.find(kind, document_id)
        if found is None:
            raise self._kinds[kind].missing(document_id)
        return found

    def source(self, kind: str, document_id: str) -> Stored:
        """Read the document that a new one is to be copied from.

        Raises:
            NotFoundError: with the kind's own text.
        """
        found = self.find(kind, document_id)
        if found is None:
            raise self._kinds[kind].missing_source(document_id)
        return found

    def label(self, kind: str) -> str:
        """Name a kind in a sentence."""
        return self._kinds[kind].label

    def holders(self, kind: str, field: str, value: str) -> list[Stored]:
        """Read the documents of a kind whose declared field has this value, by id."""
        declared = self._kinds[kind]
        found = {one.id: one for one in read_holders(self._connection, self._tenant, kind, field, value)}
        for touched_kind, document_id in self._touched:
            if touched_kind == kind:
                found.pop(document_id, None)
                now = self._documents[kind, document_id]
                if now is not None and declared.holds(now.document, field, value):
                    found[document_id] = now
        return [found[document_id] for document_id in sorted(found)]

    def all(self, kind: str) -> list[Stored]:
        """Read every document of a kind, by id."""
        if kind not in self._whole:
            for one in read_all(self._connection, self._tenant, kind):
                self._documents.setdefault((kind, one.id), one)
            self._whole.add(kind)
        found = (one for key, one in self._documents.items() if key[0] == kind and one is not None)
        return sorted(found, key=lambda one: one.id)

    def people(self, ids: Sequence[str]) -> set[str]:
        """Tell which of these ids are those of people of the tenant."""
        return known_users(self._connection, self._tenant, ids)

    def people_named(self, usernames: Sequence[str]) -> Mapping[str, str]:
        """Give the ids of those of these user names that are people's of the tenant."""
        return users_named(self._connection, self._tenant, usernames)

    def node(self, node_id: str) -> Node | None:
        """Read a node as it is under the lock; None when there is none, or it was deleted."""
        found = lock_node(self._connection, self._tenant, node_id)
        return None if found is None or found.status == "deleted" else found

    def nodes_found(self, query: JSON) -> Sequence[str]:
        """Name the nodes that a stored query finds now, by id."""
        return self._find_nodes(self._tenant, query)

    @property
    def tenant(self) -> str:
        """Whose documents these are."""
        return self._tenant

    def begin(self, ctx: Context) -> None:
        """Start judging a change set."""
        self.ctx = ctx
        self._journal = {}

    def put(self, key: DocumentKey, document: Stored | None) -> None:
        """Lay an edit over a document."""
        if key not in self._journal:
            self._journal[key] = self.find(*key)
        self._documents[key] = document
        self._touched.add(key)

    def before(self, key: DocumentKey) -> Stored | None:
        """Read a document as it was when the change set began."""
        return self._journal[key] if key in self._journal else self.find(*key)

    def touched(self) -> Iterable[tuple[DocumentKey, Stored | None, Stored | None]]:
        """List (key, before, after) of what the change set touched, in the order of first touch."""
        return [(key, before, self._documents[key]) for key, before in self._journal.items()]

    def uncommitted(self) -> dict[DocumentKey, Stored | None]:
        """Give what the batch has changed so far, as it was when this change set began."""
        return {key: self.before(key) for key in self._touched}

    def adopt(self, kind: str, documents: Iterable[Stored]) -> None:
        """Take every document of a kind, which was read before and is known to be current."""
        for one in documents:
            self._documents.setdefault((kind, one.id), one)
        self._whole.add(kind)

    def undo(self) -> None:
        """Put back what the change set touched."""
        self._documents.update(self._journal)
        self._journal = {}


class Before:
    """The documents as they were when the change set under judgement began."""

    def __init__(self, view: BatchView) -> None:
        self._view = view

    def find(self, kind: str, document_id: str) -> Stored | None:
        """Read a document; None when it did not exist."""
        return self._view.before((kind, document_id))

    def all(self, kind: str) -> list[Stored]:
        """Read every document that there was of a kind, by id."""
        found = {one.id: one for one in self._view.all(kind)}
        for (touched, document_id), old, _ in self._view.touched():
            if touched == kind:
                found.pop(document_id, None)
                if old is not None:
                    found[document_id] = old
        return [found[document_id] for document_id in sorted(found)]
