"""The statements of one change without anything around them: what the driver and the disk cost at least."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from app.boot import DEFAULT
from app.config import Config
from app.store.events import COLUMNS
from tests.bench.ground import rule_id

_NAMES = [column.name for column in COLUMNS]
_LOCK = "SELECT seq, hash FROM tenants WHERE id = ?"
_READ = "SELECT body, revision FROM documents WHERE tenant = ? AND kind = 'rule' AND id = ?"
_WRITE = (
    "UPDATE documents SET body = ?, revision = revision + 1, updated = ? WHERE tenant = ? AND kind = 'rule' AND id = ?"
)
_LOG = f"INSERT INTO events ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})"
_MOVE = "UPDATE tenants SET seq = ?, head = ?, hash = ? WHERE id = ?"


class BareChanges:
    """Makes one change after the other by plain statements of the driver."""

    def __init__(self, connection: Any, documents: int, *, mark: str) -> None:
        self._cursor = connection.cursor()
        self._documents = documents
        self._statements = [text.replace("?", mark) for text in (_LOCK, _READ, _WRITE, _LOG, _MOVE)]
        self._begin = "BEGIN IMMEDIATE" if mark == "?" else "BEGIN"
        self._numbers = itertools.count()
        event = "SELECT * FROM events WHERE tenant = ? ORDER BY seq DESC LIMIT 1".replace("?", mark)
        named = self._cursor.execute(event, (DEFAULT,))
        self._event = dict(zip([one[0] for one in named.description], named.fetchone(), strict=True))

    def change(self) -> None:
        """Make one durable change."""
        number = next(self._numbers)
        document_id = rule_id(number * 7919 % self._documents)
        lock, read, write, log, move = self._statements
        cursor = self._cursor
        cursor.execute(self._begin)
        seq, last = cursor.execute(lock, (DEFAULT,)).fetchone()
        body, _ = cursor.execute(read, (DEFAULT, document_id)).fetchone()
        cursor.execute(write, (body, number, DEFAULT, document_id))
        self._event.update(seq=seq + 1, object_id=document_id, after=body, commit_id=f"{seq:040x}", prev_hash=last)
        cursor.execute(log, [self._event[name] for name in _NAMES])
        cursor.execute(move, (seq + 1, f"{seq:040x}", last, DEFAULT))
        cursor.execute("COMMIT")


@contextmanager
def bare_changes(config: Config, documents: int) -> Iterator[BareChanges]:
    """Open the database of an installation with its driver alone."""
    if config.database_url.startswith("sqlite"):
        connection: Any = sqlite3.connect(config.database_url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        mark = "?"
    else:
        connection = psycopg.connect(config.database_url.replace("+psycopg", ""), autocommit=True)
        mark = "%s"
    try:
        yield BareChanges(connection, documents, mark=mark)
    finally:
        connection.close()
