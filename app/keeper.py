"""Keeps the background worker running beside the server, and ends it when the server ends, however that happens.

A pipe that only the server's main process can write to is the lifeline: the keeper and the worker read it, and its end
of file says that the server is gone, also after `kill -9`. The worker is a fork of the keeper, as that is one of the
server: to load the program again would take it longer than all else of a start.
"""

import contextlib
import logging
import os
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from app.core.values import dataclass

_LOG = logging.getLogger(__name__)

Work = Callable[[threading.Event], None]
"""What a worker does, until the event is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the keeper waits, in seconds."""

    first_delay_s: float = 0.5
    longest_delay_s: float = 30.0
    healthy_after_s: float = 60.0
    grace_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Keeper:
    """The server's hold on its keeper process."""

    pid: int
    lifeline: int

    def let_go(self) -> None:
        """Give up the hold in a forked child, so that only the main process keeps the keeper alive."""
        os.close(self.lifeline)

    def end(self) -> None:
        """End the keeper and its worker, and wait for them."""
        os.close(self.lifeline)
        with contextlib.suppress(ChildProcessError):  # gunicorn reaps every child that it sees ending
            os.waitpid(self.pid, 0)


def start_keeper(work: Work, *, close: Sequence[int] = (), patience: Patience | None = None) -> Keeper:
    """Fork a process that keeps a worker running; call it before any thread is started.

    `close` lists file descriptors that the keeper must not hold, such as the listening socket.
    """
    read_end, write_end = os.pipe()

    def begin() -> None:
        os.setsid()  # Ctrl-C in the terminal reaches the server, which ends us in its own order
        for descriptor in (write_end, *close):
            os.close(descriptor)
        keep(work, read_end, patience or Patience())

    pid = os.fork()
    if not pid:
        _run_as_child(begin)
    os.close(read_end)
    return Keeper(pid, write_end)


def keep(work: Work, lifeline: int, patience: Patience) -> None:
    """Fork a worker again whenever it ends, with growing delays, until the lifeline ends."""
    delay_s = patience.first_delay_s
    while True:
        started = time.monotonic()
        status = _run_once(work, lifeline, patience)
        if status is None:
            return
        if time.monotonic() - started > patience.healthy_after_s:
            delay_s = patience.first_delay_s
        _LOG.warning("event=worker_ended status=%d restart_in_s=%.1f", status, delay_s)
        if select.select([lifeline], [], [], delay_s)[0]:
            return
        delay_s = min(2 * delay_s, patience.longest_delay_s)


def until_signalled(work: Work) -> None:
    """Do the work until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    work(stopping)


def _run_once(work: Work, lifeline: int, patience: Patience) -> int | None:
    """Give the exit status of one run, or None when the lifeline ended it."""
    life, held_by_worker = os.pipe()  # ends with the worker: one select() then waits for both ends
    pid = os.fork()
    if not pid:
        os.close(life)
        _run_as_child(lambda: until_signalled(lambda stopping: _run_watched(work, stopping, lifeline, patience)))
    os.close(held_by_worker)
    try:
        ended, _, _ = select.select([lifeline, life], [], [])
        if lifeline in ended:
            os.kill(pid, signal.SIGTERM)
            if not select.select([life], [], [], patience.grace_s)[0]:
                os.kill(pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(life)
    return None if lifeline in ended else status


def _run_watched(work: Work, stopping: threading.Event, lifeline: int, patience: Patience) -> None:
    """Work until the lifeline ends too, which the keeper cannot say when it was killed itself."""
    threading.Thread(target=_watch, args=(stopping, lifeline, patience), name="lifeline", daemon=True).start()
    work(stopping)


def _watch(stopping: threading.Event, lifeline: int, patience: Patience) -> None:
    """Stop the work when the lifeline ends, and leave at once if that takes too long."""
    while os.read(lifeline, 1):
        pass
    stopping.set()
    time.sleep(patience.grace_s)
    os._exit(1)


def _run_as_child(act: Callable[[], None]) -> NoReturn:
    """Be a forked child, which must never return into its parent's code."""
    status = 1
    try:
        act()
        status = 0
    except BaseException:  # noqa: BLE001  whatever it is, it is said here and nowhere else
        traceback.print_exc()
    os._exit(status)
