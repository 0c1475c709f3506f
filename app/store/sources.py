"""Where what is searched lies: documents with their declared values, and the tables of a tenant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, and_, bindparam, false, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.core.values import dataclass
from app.store.documents import COLUMNS, Stored, some_documents
from app.store.keys import Key, Value, text_of
from app.store.search import Comparison, Filter
from app.store.session import TENANT, AnyRow, TenantSession
from app.store.tables import DocumentField, DocumentRow

# Letters of other forms (long s, final sigma ...), and those that become several (sharp s, ligatures).
_FORMS = "\u00b5\u017f\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1e9b"
_PLAIN = _FORMS.casefold()
_SEVERAL = [(one, one.casefold()) for one in "\u00df\ufb03\ufb04\ufb00\ufb01\ufb02\ufb05\ufb06"]


class Folded(FunctionElement[str]):
    """A text in the form that is compared without case."""

    name = "folded"
    inherit_cache = True


@compiles(Folded)
def _folded_on_sqlite(element: Folded, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    return f"casefold({compiler.process(element.clauses, **more)})"  # made by store.db for each connection


@compiles(Folded, "postgresql")
def _folded_on_postgresql(element: Folded, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    """Fold as Python does where that is more than lower case: letters of one form, and those that become several."""
    folded = f"translate(lower({compiler.process(element.clauses, **more)}), '{_FORMS}', '{_PLAIN}')"
    for letter, letters in _SEVERAL:
        folded = f"replace({folded}, '{letter}', '{letters}')"
    return folded


class Position(FunctionElement[int]):
    """Where a text stands in another, from 1; 0 when nowhere. Nothing in it is a wildcard."""

    name = "position"
    inherit_cache = True


@compiles(Position)
def _position_on_sqlite(element: Position, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    return f"instr({compiler.process(element.clauses, **more)})"


@compiles(Position, "postgresql")
def _position_on_postgresql(element: Position, compiler: Any, **more: Any) -> str:  # noqa: ANN401  the same
    return f"strpos({compiler.process(element.clauses, **more)})"


def _within(column: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = Position(column, part) > 0
    return found


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
        whole: list[ColumnElement[bool]] = [DocumentRow.kind == self.kind]
        if self.hidden is not None:
            whole.append(DocumentRow.id.not_in(self._holding(self.hidden, DocumentField.text == "true")))
        return whole

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
            return _within(Folded(column), Folded(literal(text)))
        return DocumentRow.id.in_(
            self._holding(key, _within(DocumentField.folded.expression, literal(text.casefold())))
        )

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

    def load(self, session: TenantSession, ids: Sequence[Any]) -> Mapping[Any, Stored]:
        """Read the documents with these ids in one statement."""
        found = some_documents(session, [(self.kind, one) for one in ids])
        return {document_id: stored for (_, document_id), stored in found.items()}

    def _column(self, key: str) -> ColumnElement[Any] | None:
        return None if any(one.name == key for one in self.declared) else _COLUMNS.get(key)

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
        return _within(Folded(self.columns[key]), Folded(literal(text)))

    def compared(self, key: str) -> Callable[[Comparison], ColumnElement[bool]]:
        """Put a comparison of the key's number where it belongs."""
        return lambda compare: compare(self.columns[key])

    def order(self, key: str) -> ColumnElement[Any]:
        """Give what a page is sorted by."""
        return self.columns[key]

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
