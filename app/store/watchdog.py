"""Cancels statements of requests that have gone on for too long: one thread looks at the connections in use."""

import contextlib
import threading
import time
from typing import Any, Final

from sqlalchemy import Connection, Engine

from app.core.deadline import Deadline, present
from app.core.values import dataclass

AGAIN_S: Final = 0.05
"""A request that goes on after its statement was cancelled is cancelled again so soon."""
CANCEL_TIMEOUT_S: Final = 5.0


@dataclass(slots=True, eq=False)
class _Watched:
    connection: Any
    deadline: Deadline
    due_s: float
    cancelling: bool = False
    """Said while a cancellation of it is under way."""


class Watchdog:
    """Watches the connections that requests with a deadline hold; those of others cost nothing."""

    def __init__(self, engine: Engine) -> None:
        self._cancel = _interrupt if engine.dialect.name == "sqlite" else _cancel
        self._watched: dict[int, _Watched] = {}
        self._changed = threading.Condition()
        self._next_s = float("inf")
        self._thread: threading.Thread | None = None

    def watch(self, connection: Connection) -> None:
        """Watch a connection that was just taken, where the present request has a deadline."""
        deadline = present()
        due_s = deadline.due_s
        if due_s is None:
            return
        watched = _Watched(connection.connection.dbapi_connection, deadline, due_s)
        with self._changed:
            self._watched[id(connection)] = watched
            if self._thread is None:
                self._thread = threading.Thread(target=self._guard, name="watchdog", daemon=True)
                self._thread.start()
            if due_s < self._next_s:
                self._changed.notify_all()

    def forget(self, connection: Connection) -> None:
        """Stop watching a connection: it is given back, or commits now, when nobody may be told of a failure."""
        key = id(connection)
        if key not in self._watched:
            return
        with self._changed:
            watched = self._watched.pop(key)
            while watched.cancelling:  # a late cancellation would meet whoever has the connection next
                self._changed.wait()

    def _guard(self) -> None:
        while True:
            due = self._await_due()
            for watched in due:
                with contextlib.suppress(Exception):  # a connection that is gone needs no cancellation
                    self._cancel(watched.connection)
            with self._changed:
                for watched in due:
                    watched.cancelling = False
                self._changed.notify_all()

    def _await_due(self) -> list[_Watched]:
        """Wait until some are due, and take them for cancellation."""
        with self._changed:
            while True:
                now = time.monotonic()
                due = [one for one in self._watched.values() if one.due_s <= now and one.deadline.due_s is not None]
                for one in due:
                    one.due_s = now + AGAIN_S
                    one.cancelling = True
                if due:
                    return due
                waiting = [one.due_s for one in self._watched.values() if one.deadline.due_s is not None]
                self._next_s = min(waiting, default=float("inf"))
                self._changed.wait(None if not waiting else self._next_s - now)


def _interrupt(connection: Any) -> None:  # noqa: ANN401  sqlite3's connection
    connection.interrupt()


def _cancel(connection: Any) -> None:  # noqa: ANN401  psycopg's connection
    connection.cancel_safe(timeout=CANCEL_TIMEOUT_S)
