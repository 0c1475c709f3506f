"""Cancels statements of requests that have gone on for too long: one thread looks at the connections in use."""

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, event

from app.core.deadline import Deadline, present

AGAIN_S: Final = 0.05
"""A request that goes on after its statement was cancelled is cancelled again so soon."""
CANCEL_TIMEOUT_S: Final = 5.0


@dataclass(slots=True, eq=False)
class _Watched:
    connection: Any
    deadline: Deadline
    due_s: float
    idle: threading.Event = field(default_factory=threading.Event)
    """Set while no cancellation of it is under way."""


class Watchdog:
    """Watches the connections that requests with a deadline hold; those of others cost nothing."""

    def __init__(self, engine: Engine) -> None:
        self._cancel = _interrupt if engine.dialect.name == "sqlite" else _cancel
        self._watched: dict[int, _Watched] = {}
        self._changed = threading.Condition()
        self._next_s = float("inf")
        self._thread: threading.Thread | None = None
        event.listen(engine, "checkout", self._take)
        event.listen(engine, "checkin", self._give_back)

    def spare(self, dbapi_connection: object) -> None:
        """Stop watching a connection: it commits now, and nobody may be told that nothing was changed."""
        with self._changed:
            found = [key for key, one in self._watched.items() if one.connection is dbapi_connection]
        for key in found:
            self._forget(key)

    def _take(self, dbapi_connection: Any, record: Any, _proxy: Any) -> None:  # noqa: ANN401  the event's signature
        deadline = present()
        due_s = deadline.due_s
        if due_s is None:
            return
        watched = _Watched(dbapi_connection, deadline, due_s)
        watched.idle.set()
        with self._changed:
            self._watched[id(record)] = watched
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            if due_s < self._next_s:
                self._changed.notify()

    def _give_back(self, _dbapi_connection: Any, record: Any) -> None:  # noqa: ANN401  the event's signature
        self._forget(id(record))

    def _forget(self, key: int) -> None:
        with self._changed:
            watched = self._watched.pop(key, None)
        if watched is not None:
            watched.idle.wait()  # a late cancellation would meet whoever has the connection next

    def _watch(self) -> None:
        while True:
            for watched in self._await_due():
                with contextlib.suppress(Exception):  # a connection that is gone needs no cancellation
                    self._cancel(watched.connection)
                watched.idle.set()

    def _await_due(self) -> list[_Watched]:
        """Wait until some are due, and take them for cancellation."""
        with self._changed:
            while True:
                now = time.monotonic()
                due = [one for one in self._watched.values() if one.due_s <= now and one.deadline.due_s is not None]
                for one in due:
                    one.due_s = now + AGAIN_S
                    one.idle.clear()
                if due:
                    return due
                waiting = [one.due_s for one in self._watched.values() if one.deadline.due_s is not None]
                self._next_s = min(waiting, default=float("inf"))
                self._changed.wait(None if not waiting else self._next_s - now)


def _interrupt(connection: Any) -> None:  # noqa: ANN401  sqlite3's connection
    connection.interrupt()


def _cancel(connection: Any) -> None:  # noqa: ANN401  psycopg's connection
    connection.cancel_safe(timeout=CANCEL_TIMEOUT_S)
