"""Values derived from a tenant's documents, kept current in memory by following the log."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import bindparam, or_, select

from app.core.values import dataclass
from app.store.documents import Stored, some_documents, stream_documents
from app.store.prepared import Prepared
from app.store.session import TenantSession, scoped
from app.store.tables import EventRecord

T = TypeVar("T")


@cache
def _changes_of(kinds: tuple[str, ...]) -> Prepared:
    wanted = or_(*(EventRecord.object_kind == kind for kind in kinds))
    moved = select(EventRecord.object_kind, EventRecord.object_id).distinct()
    return Prepared(
        scoped(moved.where(EventRecord.seq > bindparam("after"), EventRecord.seq <= bindparam("until"), wanted))
    )


@dataclass(frozen=True, slots=True)
class Derivation(Generic[T]):
    """How a value is made of the documents of some kinds.

    `start` makes the value of no documents; `apply` takes a changed document (None when it is gone) into it. `apply`
    must be safe to repeat, because a document may be newer than the event that is followed.
    """

    name: str
    kinds: tuple[str, ...]
    start: Callable[[], T]
    apply: Callable[[T, str, str, Stored | None], None]


@dataclass(slots=True)
class _Followed:
    value: Any
    seq: int


class Followers:
    """The derived values of this process; nothing of them is trusted without reading the tenant's head."""

    def __init__(self, most: int = 64) -> None:
        self._known: OrderedDict[tuple[str, str], _Followed] = OrderedDict()
        self._most = most
        self._mutex = threading.Lock()

    def get(self, session: TenantSession, derivation: Derivation[T]) -> T:
        """Give the value as of the session's head, or newer; shared, so only read."""
        until = session.newest_seq()
        key = (session.tenant, derivation.name)
        with self._mutex:
            followed = self._known.get(key)
            if followed is None:
                followed = self._known[key] = _Followed(derivation.start(), 0)
                self._take(followed, derivation, self._everything(session, derivation.kinds))
            elif followed.seq < until:
                self._take(followed, derivation, changed_documents(session, derivation.kinds, followed.seq, until))
            followed.seq = max(followed.seq, until)
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        value: T = followed.value
        return value

    @staticmethod
    def _take(
        followed: _Followed, derivation: Derivation[T], documents: Iterable[tuple[str, str, Stored | None]]
    ) -> None:
        for kind, document_id, stored in documents:
            derivation.apply(followed.value, kind, document_id, stored)

    @staticmethod
    def _everything(session: TenantSession, kinds: tuple[str, ...]) -> Iterable[tuple[str, str, Stored | None]]:
        return ((kind, stored.id, stored) for kind in kinds for stored in stream_documents(session, kind))


def changed_documents(
    session: TenantSession, kinds: tuple[str, ...], after: int, until: int
) -> Iterable[tuple[str, str, Stored | None]]:
    """Read the documents of some kinds that events behind `after` changed, as they are now: (kind, id, document)."""
    rows = session.plain(_changes_of(kinds), {"after": after, "until": until}) if kinds else ()
    keys = [(row[0], row[1]) for row in rows]
    found: dict[tuple[str, str], Stored] = {}
    for start in range(0, len(keys), 500):
        found.update(some_documents(session, keys[start : start + 500]))
    return ((kind, document_id, found.get((kind, document_id))) for kind, document_id in keys)
