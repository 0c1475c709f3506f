"""The values that documents are found by: what is kept of them, and under which keys."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, insert, select, union

from app.store.base import upsert
from app.store.keys import Declared
from app.store.tables import DeclaredKeys, DocumentField, DocumentRow

ROWS_AT_ONCE = 1_000


def tenants_with_documents(connection: Connection, kinds: Collection[str]) -> list[tuple[str, str]]:
    """Name each of these kinds with each tenant that has documents of it, or values of such."""
    found = (
        select(table.kind, table.tenant).where(table.kind.in_(kinds)).distinct()
        for table in (DocumentRow, DocumentField)
    )
    return [(row[0], row[1]) for row in connection.execute(union(*found))]


def declared_digests(connection: Connection) -> dict[str, str]:
    """Read, by kind, under which keys its documents are listed."""
    return {row.kind: row.digest for row in connection.execute(select(DeclaredKeys.kind, DeclaredKeys.digest))}


def write_digest(connection: Connection, kind: str, digest: str) -> None:
    """Remember under which keys a kind's documents are listed, also when another server that starts now says it too."""
    told = {"kind": kind, "digest": digest}
    connection.execute(upsert(connection, DeclaredKeys).on_conflict_do_update(index_elements=["kind"], set_=told), told)


def replace_values(connection: Connection, tenant: str, kind: str, listed: Iterable[tuple[str, set[Declared]]]) -> bool:
    """Replace the values of all documents of a kind, and tell whether there are any."""
    connection.execute(delete(DocumentField).where(DocumentField.tenant == tenant, DocumentField.kind == kind))
    rows: list[dict[str, object]] = []
    found = False
    for document_id, values in listed:
        found = True
        rows.extend(value_row(tenant, kind, document_id, value) for value in values)
        if len(rows) >= ROWS_AT_ONCE:
            connection.execute(insert(DocumentField), rows)
            rows = []
    if rows:
        connection.execute(insert(DocumentField), rows)
    return found


def value_row(tenant: str, kind: str, document_id: str, value: Declared) -> dict[str, object]:
    """Write the row of one value; `folded` is what is compared without case."""
    names: dict[str, object] = {"tenant": tenant, "kind": kind, "id": document_id, "field": value.name}
    return {**names, "text": value.text, "folded": value.text.casefold(), "number": value.number}
