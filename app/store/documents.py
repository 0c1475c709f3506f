"""The present documents of a tenant, as they are stored."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from app.core.canonical import Document, load
from app.store.prepared import Prepared, Utf8
from app.store.session import TenantSession, scoped
from app.store.tables import DocumentField, DocumentRow, Tenant


class _Columns(NamedTuple):
    kind: str
    id: str
    name: str
    body: str
    blob: str
    revision: int
    commit: str
    created: int
    updated: int


class Stored(_Columns):
    """One stored document: `body` is canonical JSON, times are milliseconds since 1970 UTC.

    A tuple, because it is made of rows in great number and nothing makes a frozen value of nine fields sooner.
    """

    @property
    def document(self) -> Document:
        """The body as values; shared, so never changed in place."""
        known: Document | None = self.__dict__.get("document")
        if known is None:
            value = load(self.body)
            if not isinstance(value, dict):
                raise TypeError("a stored body is an object")
            known = self.__dict__["document"] = value
        return known


COLUMNS = (
    DocumentRow.kind,
    DocumentRow.id,
    DocumentRow.name,
    DocumentRow.body,
    DocumentRow.blob,
    DocumentRow.revision,
    DocumentRow.commit_id,
    DocumentRow.created,
    DocumentRow.updated,
)

ONE = select(*COLUMNS).where(DocumentRow.kind == bindparam("kind"), DocumentRow.id == bindparam("id"))
ALL = select(*COLUMNS).where(DocumentRow.kind == bindparam("kind")).order_by(DocumentRow.id)
AFTER = (
    select(*COLUMNS)
    .where(DocumentRow.kind == bindparam("kind"), DocumentRow.id > bindparam("after"))
    .order_by(DocumentRow.id)
    .limit(bindparam("most"))
)
SOME = (
    select(*COLUMNS)
    .where(
        # Two lists, not pairs: SQLite looks pairs up by the tenant only, and reads all its documents.
        DocumentRow.kind.in_(bindparam("kinds", expanding=True)),
        DocumentRow.id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(DocumentRow.kind, DocumentRow.id)
)
HOLDERS = (
    select(*COLUMNS)
    .join(
        DocumentField,
        (DocumentField.tenant == DocumentRow.tenant)
        & (DocumentField.kind == DocumentRow.kind)
        & (DocumentField.id == DocumentRow.id),
    )
    .where(
        DocumentField.kind == bindparam("kind"),
        DocumentField.field == bindparam("field"),
        DocumentField.text == bindparam("value"),
    )
    .order_by(DocumentRow.id)
)
Listed = tuple[str, str, bytes, int, int, int]
"""(id, commit, body in UTF-8 without its last brace, revision, created, updated): what a list needs of a document."""

_LISTED = Prepared(
    scoped(
        select(
            DocumentRow.id,
            DocumentRow.commit_id,
            Utf8(DocumentRow.body),
            DocumentRow.revision,
            DocumentRow.created,
            DocumentRow.updated,
        )
        .where(DocumentRow.kind == bindparam("kind"))
        .order_by(DocumentRow.id)
    )
)
_ONE = Prepared(scoped(ONE))
_FEW = 4
"""So many documents are read sooner one by one: a statement with lists costs as much as that."""
_ONE_AND_SEQ = Prepared(
    scoped(ONE.add_columns(Tenant.seq, Tenant.fleet_epoch).join(Tenant, Tenant.id == DocumentRow.tenant))
)

_IDS = select(DocumentRow.id).where(DocumentRow.kind == bindparam("kind")).order_by(DocumentRow.id)
_COUNT = scoped(select(func.count()).select_from(DocumentRow).where(DocumentRow.kind == bindparam("kind")))


def find_document(session: TenantSession, kind: str, document_id: str) -> Stored | None:
    """Read one document as it is now, and the tenant's newest numbers along with it."""
    seen = session.take_seen(kind, document_id)
    if seen is not None:
        session.note_seq(seen.seq, seen.epoch)
        stored: Stored = seen.stored
        return stored
    rows = session.plain(_ONE_AND_SEQ, {"kind": kind, "id": document_id})
    if not rows:
        return None
    *columns, seq, epoch = rows[0]
    session.note_seq(seq, epoch)
    return Stored(*columns)


def list_documents(session: TenantSession, kind: str) -> list[Stored]:
    """Read every document of a kind, by id."""
    return [Stored(*row) for row in session.rows(ALL, {"kind": kind})]


def stream_documents(session: TenantSession, kind: str) -> Iterator[Stored]:
    """Read every document of a kind, by id, a part at a time on a connection of its own."""
    with session.stream(ALL, {"kind": kind}) as rows:
        for row in rows:
            yield Stored(*row)


def document_parts(session: TenantSession, kind: str, *, size: int = 20) -> Iterator[list[Listed]]:
    """Read all documents of a kind, by id, `size` at a time on a connection of its own."""
    for rows in session.parts(_LISTED, {"kind": kind}, size=size):
        yield [(row[0], row[1], row[2][:-1], row[3], row[4], row[5]) for row in rows]


def listed(stored: Stored) -> Listed:
    """Give what a list needs of a document."""
    return stored.id, stored.commit, stored.body[:-1].encode(), stored.revision, stored.created, stored.updated


def page_documents(session: TenantSession, kind: str, *, after: str, most: int) -> list[Stored]:
    """Read at most `most` documents of a kind whose ids come after `after`, by id."""
    return [Stored(*row) for row in session.rows(AFTER, {"kind": kind, "after": after, "most": most})]


def some_documents(session: TenantSession, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Stored]:
    """Read the documents with these (kind, id); those that do not exist are left out."""
    if not keys:
        return {}
    wanted = set(keys)
    if len(wanted) <= _FEW:
        rows = (row for kind, id_ in wanted for row in session.plain(_ONE, {"kind": kind, "id": id_}))
        return {(row[0], row[1]): Stored(*row) for row in rows}
    found = (Stored(*row) for row in session.rows(SOME, as_lists(wanted)))
    return {key: document for document in found if (key := (document.kind, document.id)) in wanted}


def document_ids(session: TenantSession, kind: str) -> list[str]:
    """Read the ids of all documents of a kind, in order."""
    return [str(row[0]) for row in session.rows(_IDS, {"kind": kind})]


def count_documents(connection: Connection, tenant: str, kind: str) -> int:
    """Count the documents of a kind, inside a transaction."""
    return int(connection.execute(_COUNT, {"tenant": tenant, "kind": kind}).scalar_one())


def as_lists(keys: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    """Split (kind, id) keys into the lists of `SOME`, which finds a little more where an id occurs in several kinds."""
    return {"kinds": sorted({kind for kind, _ in keys}), "ids": sorted({document_id for _, document_id in keys})}


def holders(session: TenantSession, kind: str, field: str, value: str) -> Sequence[Stored]:
    """Read the documents of a kind whose declared field has this value, by id."""
    return [Stored(*row) for row in session.rows(HOLDERS, {"kind": kind, "field": field, "value": value})]
