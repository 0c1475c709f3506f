"""The database: one engine, two dialects, and how transactions begin and end."""

import errno
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.deadline import OVERDUE, present, refuse_overdue
from app.core.errors import OverdueError, SternpostError, StorageFullError, UnavailableError
from app.store.prepared import run_text
from app.store.rows import EVERY, begin_confined
from app.store.watchdog import Watchdog

BUSY_TIMEOUT_MS = 30_000
CACHE_KIB = 8_000
"""Of each connection, taken as it is needed: a list of a thousand documents then reads no file twice."""
RETRY_AFTER_S = 5

_watchdogs: WeakKeyDictionary[Engine, Watchdog] = WeakKeyDictionary()

_FULL = ("disk is full", "no space left on device", "could not extend file", "disk i/o error")
_DISK_FULL_STATE = "53100"
_LIMIT_CLASS = "54"  # PostgreSQL's "program limit exceeded"


class Database:
    """Connections to one database, embedded (SQLite) or served (PostgreSQL)."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(url, self.is_sqlite, pool_size)
        self._watchdog = _watchdogs[self.engine] = Watchdog(self.engine)
        self._in_use: set[Connection] = set()
        self.idle: deque[Connection] = deque()
        """Those of an embedded database that nobody uses now."""
        self._closed = False

    @property
    def in_use(self) -> int:
        """How many connections were taken and not given back."""
        return len(self._in_use)

    def open(self, tenant: str | None = None) -> Connection:
        """Take a connection that sees the rows of one tenant, and outside of tenants; `give_back` it."""
        refuse_overdue()
        try:
            connection = self.idle.pop()
        except IndexError:
            connection = self.engine.connect()
        self._in_use.add(connection)
        try:
            self._watchdog.watch(connection)
            begin_confined(connection, tenant)
        except BaseException:
            self.give_back(connection)
            raise
        return connection

    def give_back(self, connection: Connection) -> None:
        """End what a connection was taken for.

        An embedded database's connections stay open for the next one who asks: what the pool does when it hands one
        out and takes it back costs more than most reads. A served one's go through the pool, which notices dead ones.
        """
        self._in_use.discard(connection)
        self._watchdog.forget(connection)
        if not self.is_sqlite or self._closed or connection.closed or connection.invalidated:
            connection.close()
            return
        try:
            if connection.in_transaction():
                connection.rollback()
            driver: Any = connection.connection.dbapi_connection
            if driver.in_transaction:  # after a COMMIT that failed, of which SQLAlchemy knows nothing any more
                driver.rollback()
        except (DBAPIError, sqlite3.Error):
            connection.invalidate()
            connection.close()
            return
        self.idle.append(connection)

    def connect(self, tenant: str | None = None) -> "_Taken":
        """Read, in one snapshot a statement; without a tenant no rows of tenants are seen where the database can tell.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        return _Taken(self, tenant)

    def everywhere(self, why: str) -> "_Taken":  # noqa: ARG002  `why` is what to search the code for
        """Read rows of every tenant; the few jobs of the whole installation that do so are named by `why`."""
        return self.connect(EVERY)

    @contextmanager
    def writing(self, tenant: str | None = None) -> Iterator[Connection]:
        """Write in one transaction that commits at the end of the block or not at all; rows of one tenant, or none.

        On SQLite the write lock is taken at once, so that what is read inside cannot be outdated.

        Raises:
            StorageFullError: there was no room; nothing was written.
            UnavailableError: the database cannot be reached, or another writer held it too long.
        """
        with self.connect(tenant) as connection:
            begin_writing(connection)
            try:
                yield connection
                commit(connection)
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def writing_everywhere(self, why: str) -> Iterator[Connection]:  # noqa: ARG002  as above
        """Write rows of any tenant, as `writing` does."""
        with self.writing(EVERY) as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back, those too that somebody still holds: nothing is left for the garbage collector."""
        self._closed = True
        for connection in list(self._in_use):
            self.give_back(connection)
        while self.idle:
            self.idle.pop().close()
        self.engine.dispose()


class _Taken:
    """A connection for one block; a class, because a generator here costs as much as the look-up of a token."""

    __slots__ = ("_connection", "_database", "_tenant")

    def __init__(self, database: Database, tenant: str | None) -> None:
        self._database = database
        self._tenant = tenant

    def __enter__(self) -> Connection:
        with _TRANSLATED:
            self._connection = self._database.open(self._tenant)
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            _TRANSLATED.__exit__(kind, failure, trace)
        finally:
            self._database.give_back(self._connection)


def begin_writing(connection: Connection) -> None:
    """Start a transaction that will write; on SQLite its lock is taken at once."""
    if not connection.in_transaction():
        connection.begin()
    if connection.dialect.name == "sqlite":
        run_text(connection, "BEGIN IMMEDIATE")


def commit(connection: Connection) -> None:
    """Commit, and tell a commit that failed from one of which nobody knows.

    Raises:
        UnavailableError: the connection broke meanwhile.
        OverdueError: it is too late for it; nothing was changed.
    """
    refuse_overdue()
    _watchdogs[connection.engine].forget(connection)
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


def translated() -> "_Translated":
    """Turn a driver's errors into those that callers are told.

    Raises:
        StorageFullError, UnavailableError: see `Database.writing`.
        OverdueError: the request's time was up, and its statement cancelled.
    """
    return _TRANSLATED


class _Translated:
    """What `translated` gives; it holds nothing, so that all share one."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        told = None if failure is None else _translation(failure)
        if told is not None:
            raise told from failure


_TRANSLATED = _Translated()


def _translation(failure: BaseException) -> SternpostError | None:
    if isinstance(failure, PoolTimeoutError):
        return UnavailableError(
            "All connections to the database are in use; try again soon", retry_after_s=RETRY_AFTER_S
        )
    if isinstance(failure, DBAPIError):
        return _told(failure)
    return _full() if isinstance(failure, OSError) and failure.errno == errno.ENOSPC else None


def _told(failure: DBAPIError) -> SternpostError | None:
    """Say what callers are told of a driver's error; None for one that is the statement's own fault."""
    text = str(failure.orig).lower()
    state = getattr(failure.orig, "sqlstate", None) or ""
    if present().is_over():
        return OverdueError(OVERDUE)
    if state == _DISK_FULL_STATE or any(sign in text for sign in _FULL):
        return _full()
    if state.startswith(_LIMIT_CLASS):
        return None  # a value too large for an index, for example: that is the statement's fault, not the server's
    if isinstance(failure, OperationalError) or failure.connection_invalidated:
        return UnavailableError(
            "The database cannot be reached; nothing was changed. Try again soon", retry_after_s=RETRY_AFTER_S
        )
    return None


def _full() -> StorageFullError:
    return StorageFullError(
        "The disk is full: the change was not made. Free some space and send it again", retry_after_s=RETRY_AFTER_S
    )


@contextmanager
def reading_snapshot(database: Database) -> Iterator[Connection]:
    """Read everything, of every tenant, as of one moment, while others write."""
    with database.everywhere("snapshot for backup and proof") as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN")
        else:
            connection.rollback()  # a transaction that has begun keeps its isolation level
            begin_confined(connection.execution_options(isolation_level="REPEATABLE READ"), EVERY)
        yield connection
        connection.rollback()


def _casefold(text: str | None) -> str | None:
    """Fold as Python does: SQLite's own `lower` knows only ASCII."""
    return None if text is None else text.casefold()


def _engine(url: str, is_sqlite: bool, pool_size: int) -> Engine:  # noqa: FBT001  private, called once
    if not is_sqlite:
        return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, pool_use_lifo=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=-1,  # those that are idle are kept beside the pool, so nobody may wait in it
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
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        cursor.close()
        connection.create_function("casefold", 1, _casefold, deterministic=True)

    return engine
