"""Rows of whole lists, kept in memory while there is room for them and brought up to date from the log."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final

from app.changes.following import changed_documents
from app.core.values import dataclass
from app.store.documents import Listed, document_parts, listed
from app.store.session import TenantSession

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of all lists that one process keeps; a longer one is read from the database each time."""
ROW_BYTES: Final = 400
"""What a row takes beside its body."""
AT_ONCE: Final = 25


@dataclass(frozen=True, slots=True)
class _Kept:
    """A list as of an event of the log, or newer, by id."""

    rows: Sequence[Listed]
    seq: int
    size: int


class Listings:
    """The lists of this process; none is given without looking where the tenant's log stands."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._known: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._size = 0
        self._mutex = threading.Lock()
        self._gathering = threading.Lock()

    def parts(self, session: TenantSession, kind: str) -> Iterator[Sequence[Listed]]:
        """Give all documents of a kind, by id, as of the session's head or newer, some at a time."""
        key, until = (session.tenant, kind), session.newest_seq()
        with self._mutex:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
        if known is not None and known.seq < until:
            known = self._brought_up_to(session, kind, known, until)
        if known is None:
            return self._read(session, kind, until)
        rows = known.rows
        return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))

    def _brought_up_to(self, session: TenantSession, kind: str, known: _Kept, until: int) -> _Kept:
        """Put what has changed since in its place; who reads the list as it was goes on with that."""
        changed = {key: stored for _, key, stored in changed_documents(session, (kind,), known.seq, until)}
        rows = known.rows
        if changed:
            kept = [row for row in rows if row[0] not in changed]
            kept.extend(listed(stored) for stored in changed.values() if stored is not None)
            kept.sort(key=lambda row: row[0])
            rows = kept
        renewed = _Kept(rows, until, _size_of(rows) if changed else known.size)
        self._keep((session.tenant, kind), renewed)
        return renewed

    def _read(self, session: TenantSession, kind: str, until: int) -> Iterator[Sequence[Listed]]:
        """Read the list, and gather it meanwhile; one at a time, so that lists too long to keep cost memory once."""
        held: list[Listed] | None = [] if self._gathering.acquire(blocking=False) else None
        gathers, size = held is not None, 0
        try:
            for rows in document_parts(session, kind):
                yield rows
                if held is not None:
                    held.extend(rows)
                    size += _size_of(rows)
                    held = held if size <= self._most_bytes else None
            if held is not None:
                self._keep((session.tenant, kind), _Kept(held, until, size))
        finally:
            if gathers:
                self._gathering.release()

    def _keep(self, key: tuple[str, str], kept: _Kept) -> None:
        """Keep a list instead of the one that is known, and forget those that were asked for longest ago."""
        with self._mutex:
            before = self._known.get(key)
            if before is not None and before.seq > kept.seq:
                return
            if before is not None:
                self._size -= self._known.pop(key).size
            if kept.size > self._most_bytes:
                return
            self._known[key] = kept
            self._size += kept.size
            while self._size > self._most_bytes:
                self._size -= self._known.popitem(last=False)[1].size


def _size_of(rows: Sequence[Listed]) -> int:
    return sum(len(row[2]) for row in rows) + ROW_BYTES * len(rows)
