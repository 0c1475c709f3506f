"""The database: one engine, two dialects, and how transactions begin and end."""

import errno
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.errors import StorageFullError, UnavailableError
from app.store.prepared import run_text

BUSY_TIMEOUT_MS = 30_000
RETRY_AFTER_S = 5

_FULL = ("disk is full", "no space left on device", "could not extend file", "disk i/o error")
_DISK_FULL_STATE = "53100"
_LIMIT_CLASS = "54"  # PostgreSQL's "program limit exceeded"


class Database:
    """Connections to one database, embedded (SQLite) or served (PostgreSQL)."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(url, self.is_sqlite, pool_size)
        self._idle: deque[Connection] = deque()
        self._most_idle = pool_size // 2

    def take(self) -> Connection:
        """Take a connection for short reads, each in a snapshot of its own; `give` takes it back.

        On SQLite they are kept open beside the pool, the last one given first: its pages are still in memory, and the
        pool's own hand-over costs as much as two look-ups by key.
        """
        try:
            return self._idle.pop()
        except IndexError:
            return self.engine.connect()

    def give(self, connection: Connection) -> None:
        """Take a connection back; nothing may be left to fetch from it."""
        if not self.is_sqlite or connection.invalidated or len(self._idle) >= self._most_idle:
            connection.close()
            return
        if connection.in_transaction():
            connection.rollback()
        self._idle.append(connection)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Read, in one snapshot a statement.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        with translated():
            connection = self.engine.connect()
        try:
            with translated():
                yield connection
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write in one transaction that commits at the end of the block or not at all.

        On SQLite the write lock is taken at once, so that what is read inside cannot be outdated.

        Raises:
            StorageFullError: there was no room; nothing was written.
            UnavailableError: the database cannot be reached, or another writer held it too long.
        """
        with self.connect() as connection:
            begin_writing(connection)
            try:
                yield connection
                commit(connection)
            except BaseException:
                connection.rollback()
                raise

    def close(self) -> None:
        """Give all connections back."""
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()


def begin_writing(connection: Connection) -> None:
    """Start a transaction that will write; on SQLite its lock is taken at once."""
    connection.begin()
    if connection.dialect.name == "sqlite":
        run_text(connection, "BEGIN IMMEDIATE")


def commit(connection: Connection) -> None:
    """Commit, and tell a commit that failed from one of which nobody knows.

    Raises:
        UnavailableError: the connection broke meanwhile.
    """
    try:
        connection.commit()
    except DBAPIError as failure:
        if not failure.connection_invalidated:
            connection.rollback()
            raise
        raise UnavailableError(
            "The database went away while the change was being committed, so it may or may not have been made: "
            "read the object, or send the request again with the same Idempotency-Key",
            retry_after_s=RETRY_AFTER_S,
        ) from failure


@contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's errors into those that callers are told.

    Raises:
        StorageFullError, UnavailableError: see `Database.writing`.
    """
    try:
        yield
    except DBAPIError as failure:
        text = str(failure.orig).lower()
        state = getattr(failure.orig, "sqlstate", None) or ""
        if state == _DISK_FULL_STATE or any(sign in text for sign in _FULL):
            raise StorageFullError(
                "The disk is full: the change was not made. Free some space and send it again",
                retry_after_s=RETRY_AFTER_S,
            ) from failure
        if state.startswith(_LIMIT_CLASS):
            raise  # a value too large for an index, for example: that is the statement's fault, not the server's
        if isinstance(failure, OperationalError) or failure.connection_invalidated:
            raise UnavailableError(
                "The database cannot be reached; nothing was changed. Try again soon",
                retry_after_s=RETRY_AFTER_S,
            ) from failure
        raise
    except OSError as failure:
        if failure.errno != errno.ENOSPC:
            raise
        raise StorageFullError(
            "The disk is full: the change was not made. Free some space and send it again",
            retry_after_s=RETRY_AFTER_S,
        ) from failure


@contextmanager
def reading_snapshot(database: Database) -> Iterator[Connection]:
    """Read everything as of one moment, while others write."""
    with database.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()
        else:
            yield connection.execution_options(isolation_level="REPEATABLE READ")


def _casefold(text: str | None) -> str | None:
    """Fold as Python does: SQLite's own `lower` knows only ASCII."""
    return None if text is None else text.casefold()


def _engine(url: str, is_sqlite: bool, pool_size: int) -> Engine:  # noqa: FBT001  private, called once
    if not is_sqlite:
        return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, pool_use_lifo=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_use_lifo=True,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:  # noqa: ANN401  DBAPI connections have no common type
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()
        connection.create_function("casefold", 1, _casefold, deterministic=True)

    return engine
