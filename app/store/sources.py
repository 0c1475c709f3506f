"""Where what is searched lies: documents with their declared values, and the tables of a tenant."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, and_, bindparam, false, or_, select

from app.core.values import dataclass
from app.store.documents import COLUMNS, Stored, some_documents
from app.store.folding import contains, contains_kept
from app.store.keys import Key, Value, text_of
from app.store.search import Comparison, Filter, Walk
from app.store.session import TENANT, AnyRow, TenantSession
from app.store.tables import DocumentField, DocumentRow

_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "id": DocumentRow.id.expression,
    "createdAt": DocumentRow.created.expression,
    "updatedAt": DocumentRow.updated.expression,
    "revision": DocumentRow.revision.expression,
}
_OURS = (Key("id"), Key("createdAt", "date"), Key("updatedAt", "date"), Key("revision", "number"))


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of a kind; what its keys hold is in `document_fields`. `hidden` is a flag of those not found."""

    kind: str
    declared: tuple[Key, ...]
    hidden: str | None = None

    @property
    def keys(self) -> Mapping[str, Key]:
        """All keys by name; a kind may declare an `id` of its own."""
        return {key.name: key for key in (*_OURS, *self.declared)}

    @property
    def id(self) -> ColumnElement[Any]:
        """The document's id."""
        return DocumentRow.id.expression

    def whole(self) -> Sequence[ColumnElement[bool]]:
        """Take the kind's documents, but for the hidden ones."""
        return [DocumentRow.kind == self.kind, *self._seen(DocumentRow.id.expression)]

    def equals(self, key: str, wanted: Filter) -> ColumnElement[bool]:
        """Demand one of the values."""
        column = self._column(key)
        if column is not None:
            return column.in_(wanted.values)
        texts = [text for value in wanted.values if (text := text_of(value)) is not None]
        found = DocumentRow.id.in_(self._holding(key, DocumentField.text.in_(texts))) if texts else false()
        return or_(found, DocumentRow.id.not_in(self._holding(key))) if wanted.or_unset else found

    def holds(self, key: str, text: str) -> ColumnElement[bool]:
        """Demand a part of the text, in any case."""
        column = self._column(key)
        if column is not None:
            return contains(column, text)
        held = contains_kept(DocumentField.text.expression, DocumentField.folded.expression, text)
        return DocumentRow.id.in_(self._holding(key, held))

    def compared(self, key: str) -> Callable[[Comparison], ColumnElement[bool]]:
        """Put a comparison of the key's number where it belongs."""
        column = self._column(key)
        if column is not None:
            return lambda compare: compare(column)
        return lambda compare: DocumentRow.id.in_(self._holding(key, compare(DocumentField.number.expression)))

    def order(self, key: str) -> ColumnElement[Any]:
        """Give what a page is sorted by."""
        column = self._column(key)
        if column is not None:
            return column
        kept = DocumentField.number if self.keys[key].type == "number" else DocumentField.text
        return (
            select(kept)
            .where(
                DocumentField.tenant == TENANT,
                DocumentRow.tenant == TENANT,  # the outer row's, which the session cannot see to be confined
                DocumentField.kind == self.kind,
                DocumentField.id == DocumentRow.id,
                DocumentField.field == key,
            )
            .correlate(DocumentRow)
            .limit(1)
            .scalar_subquery()
        )

    def walk(self, key: str) -> Walk | None:
        """Walk the index of the values; numbers are in none."""
        if self._column(key) is not None or self.keys[key].type == "number":
            return None
        ours = (DocumentField.tenant == TENANT, DocumentField.kind == self.kind, DocumentField.field == key)
        return Walk(
            DocumentField.id.expression,
            DocumentField.text.expression,
            (*ours, *self._seen(DocumentField.id.expression)),
        )

    def load(self, session: TenantSession, ids: Sequence[Any]) -> Mapping[Any, Stored]:
        """Read the documents with these ids in one statement."""
        found = some_documents(session, [(self.kind, one) for one in ids])
        return {document_id: stored for (_, document_id), stored in found.items()}

    def _column(self, key: str) -> ColumnElement[Any] | None:
        return None if any(one.name == key for one in self.declared) else _COLUMNS.get(key)

    def _seen(self, document_id: ColumnElement[str]) -> Iterable[ColumnElement[bool]]:
        if self.hidden is not None:
            yield document_id.not_in(self._holding(self.hidden, DocumentField.text == "true"))

    def _holding(self, key: str, *conditions: ColumnElement[bool]) -> Select[str]:
        return select(DocumentField.id).where(
            and_(DocumentField.tenant == TENANT, DocumentField.kind == self.kind, DocumentField.field == key),
            *conditions,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a table of the tenant; `columns` says where each key is, `conditions` which rows count.

    `related` says, for a key that is a set, which ids hold one of the values; it names `TENANT` itself.
    """

    id: ColumnElement[Any]
    columns: Mapping[str, ColumnElement[Any]]
    read: Callable[[AnyRow], Any]
    selected: Sequence[ColumnElement[Any]]
    conditions: Sequence[ColumnElement[bool]] = ()
    related: Mapping[str, Callable[[Sequence[Value]], Select[Any]]] = field(default_factory=dict)

    def whole(self) -> Sequence[ColumnElement[bool]]:
        """Say which rows count."""
        return self.conditions

    def equals(self, key: str, wanted: Filter) -> ColumnElement[bool]:
        """Demand one of the values."""
        if key in self.related:
            return self.id.in_(self.related[key](wanted.values))
        column = self.columns[key]
        if isinstance(column.type, Boolean):
            found: ColumnElement[bool] = or_(false(), *(column.is_(value) for value in wanted.values))
        else:
            found = column.in_(wanted.values)
        return or_(found, column.is_(None)) if wanted.or_unset else found

    def holds(self, key: str, text: str) -> ColumnElement[bool]:
        """Demand a part of the text, in any case."""
        return contains(self.columns[key], text)

    def compared(self, key: str) -> Callable[[Comparison], ColumnElement[bool]]:
        """Put a comparison of the key's number where it belongs."""
        return lambda compare: compare(self.columns[key])

    def order(self, key: str) -> ColumnElement[Any]:
        """Give what a page is sorted by."""
        return self.columns[key]

    def walk(self, key: str) -> Walk | None:  # noqa: ARG002  the protocol's
        """A table's own columns are sorted as they are."""
        return None

    def load(self, session: TenantSession, ids: Sequence[Any]) -> Mapping[Any, Any]:
        """Read the rows with these ids in one statement."""
        rows = session.rows(select(self.id, *self.selected).where(self.id.in_(ids), *self.conditions))
        return {row[0]: self.read(row) for row in rows}


_HOLDERS = (
    select(DocumentField.text, *COLUMNS)
    .join(
        DocumentField,
        and_(
            DocumentField.tenant == DocumentRow.tenant,
            DocumentField.kind == DocumentRow.kind,
            DocumentField.id == DocumentRow.id,
        ),
    )
    .where(
        DocumentField.kind == bindparam("kind"),
        DocumentField.field == bindparam("field"),
        DocumentField.text.in_(bindparam("values", expanding=True)),
    )
    .order_by(DocumentRow.id)
)


def documents_holding(session: TenantSession, kind: str, name: str, values: Sequence[str]) -> list[tuple[str, Stored]]:
    """Read the documents of a kind that hold one of the values under a declared name, with the value, by id."""
    rows = session.rows(_HOLDERS, {"kind": kind, "field": name, "values": list(values)})
    return [(row[0], Stored(*row[1:])) for row in rows]


def documents_with(session: TenantSession, kind: str, name: str, value: str) -> list[Stored]:
    """Read the documents of a kind that hold one value under a declared name, by id."""
    return [stored for _, stored in documents_holding(session, kind, name, [value])]
