"""Variables: the parameters of a tenant; a value that is no text is shown as JSON."""

from collections.abc import Sequence
from dataclasses import field
from typing import Any, Final

from sqlalchemy import ColumnElement, false, true

from app.changes.change import Edit
from app.changes.work import Work
from app.core.canonical import JSON, Document, canonical
from app.core.clock import now_ms, rfc3339
from app.core.errors import InvalidError, NotFoundError
from app.core.values import dataclass
from app.dialects.takaro.ids import named_uuid
from app.dialects.takaro.reading import Property, checked, moment, nothing, read_body, text
from app.dialects.takaro.searching import answer
from app.dialects.takaro.visit import Paged, Route, Visit
from app.http.search import Searchable, joined_searches
from app.store.documents import Stored, document_ids, find_document
from app.store.expired import ids_of_expired
from app.store.keys import Key
from app.store.search import Filter
from app.store.session import TenantSession
from app.store.sources import Documents
from app.store.tables import DocumentRow

READ, MANAGE = "READ_VARIABLES", "MANAGE_VARIABLES"
KIND: Final = "parameter"
LONGEST: Final = 100_000
FOREIGN: Final = ("gameServerId", "playerId", "moduleId")
"""Ids of game objects, which do not exist here: always null."""

_MORE: Final = {
    **{name: Property(nothing, nullable=True) for name in FOREIGN},
    "expiresAt": Property(moment, nullable=True),
}
_NEW: Final = {
    "key": Property(text(1, 200), required=True),
    "value": Property(text(0, LONGEST, printable=False), required=True),
    **_MORE,
}
_CHANGED: Final = {name: Property(one.check, nullable=one.nullable) for name, one in _NEW.items()}


def variable_json(stored: Stored) -> Document:
    """Show a parameter as a variable; of a secret one its tag."""
    value = stored.document["value"]
    return {
        "id": named_uuid("variable", stored.id),
        "key": stored.id,
        "value": value if isinstance(value, str) else canonical(value).decode(),
        "expiresAt": stored.document.get("expiresAt"),
        **dict.fromkeys(FOREIGN),
        "createdAt": rfc3339(stored.created),
        "updatedAt": rfc3339(stored.updated),
    }


def search(visit: Visit) -> Paged:
    """Find variables."""
    return answer(SEARCH, visit)


def create(visit: Visit) -> JSON:
    """Make a variable."""
    fields = checked(read_body(visit.request), _NEW)
    key = str(fields["key"])
    present = find_document(visit.work.session, KIND, key)
    # One that has expired and is still there, because it is deleted later, takes up no name.
    is_over = present is not None and _is_over(present)
    edit = Edit(KIND, key, "modify" if is_over else "create", _stored(fields), whole=is_over)
    return variable_json(visit.work.submit([edit]).asked[0].shown)


def show(visit: Visit) -> JSON:
    """Show a variable."""
    return variable_json(_found(visit))


def update(visit: Visit) -> JSON:
    """Change a variable; its key stays."""
    fields, present = checked(read_body(visit.request), _CHANGED), _found(visit)
    if fields.get("key", present.id) != present.id:
        raise InvalidError(f"The key of variable '{present.id}' never changes; make another variable")
    stored = _stored(fields)
    if not stored:
        return variable_json(present)
    edit = Edit(KIND, present.id, "modify", stored)
    return variable_json(visit.work.submit([edit]).asked[0].shown)


def delete(visit: Visit) -> JSON:
    """Delete a variable."""
    visit.work.submit([Edit(KIND, _found(visit).id, "delete")])
    return {}


def _stored(fields: Document) -> Document:
    return {name: fields[name] for name in ("value", "expiresAt") if name in fields}


def _is_over(stored: Stored) -> bool:
    ends = stored.document.get("expiresAt")
    return isinstance(ends, str) and ends <= rfc3339(now_ms())


def _found(visit: Visit) -> Stored:
    """Read the variable that the path names; a hidden parameter, or one that has expired, is none.

    Raises:
        NotFoundError: there is none.
    """
    session = visit.work.session
    for key in _keys_of(session, [visit.ids["id"]]):
        stored = find_document(session, KIND, key)
        if stored is not None and stored.document["hidden"] is not True and not _is_over(stored):
            return stored
    raise NotFoundError(f"Variable '{visit.ids['id']}' was not found")


def _keys_of(session: TenantSession, ids: Sequence[object]) -> list[str]:
    """Give the keys of variables; the UUIDs are derived from them, so each key is tried."""
    wanted = {str(one).lower() for one in ids}
    return [key for key in document_ids(session, KIND) if named_uuid("variable", key) in wanted]


@dataclass(frozen=True, slots=True)
class _Variables:
    """The tenant's parameters, under the names that variables have."""

    session: TenantSession
    documents: Documents = field(default_factory=lambda: Documents(KIND, (Key("hidden", "flag"),), hidden="hidden"))

    @property
    def id(self) -> ColumnElement[Any]:
        return self.documents.id

    def whole(self) -> Sequence[ColumnElement[bool]]:
        return [*self.documents.whole(), DocumentRow.id.not_in(ids_of_expired(KIND, now_ms()))]

    def equals(self, key: str, wanted: Filter) -> ColumnElement[bool]:
        if key in FOREIGN:
            return true() if wanted.or_unset else false()
        if key == "id":
            return DocumentRow.id.in_(_keys_of(self.session, wanted.values))
        return self.documents.equals("id", wanted)

    def holds(self, _key: str, text: str) -> ColumnElement[bool]:
        return self.documents.holds("id", text)

    def compared(self, key: str) -> Any:  # noqa: ANN401  what Documents gives
        return self.documents.compared(key)

    def order(self, key: str) -> ColumnElement[Any]:
        return self.documents.order("id" if key == "key" or key in FOREIGN else key)

    def walk(self, _key: str) -> None:
        """Variables are sorted by columns alone."""

    def load(self, session: TenantSession, ids: Sequence[Any]) -> Any:  # noqa: ANN401  as above
        return self.documents.load(session, ids)


def _show_found(_work: Work, rows: Sequence[Stored]) -> list[Document]:
    return [variable_json(row) for row in rows]


def _source(work: Work) -> _Variables:
    return _Variables(work.session)


_KEYS: Final = (
    Key("id", "uuid"),
    Key("key"),
    *(Key(name, "uuid") for name in FOREIGN),
    Key("createdAt", "date"),
    Key("updatedAt", "date"),
)
SEARCH: Final = joined_searches(
    [
        Searchable(
            name="variables",
            path="/variables",
            right="parameter_read",
            show=_show_found,
            keys={key.name: key for key in _KEYS},
            source=_source,
        )
    ]
)["variables"]

ROUTES: Final = (
    Route("POST", "/variables/search", "Find variables", search, READ),
    Route("POST", "/variables", "Make a variable", create, MANAGE),
    Route("GET", "/variables/{id}", "Show a variable", show, READ),
    Route("PUT", "/variables/{id}", "Change a variable", update, MANAGE),
    Route("DELETE", "/variables/{id}", "Delete a variable", delete, MANAGE),
)
