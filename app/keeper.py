"""Keeps the background worker running beside the server, and ends it when the server ends, however that happens.

A pipe that only the server's main process can write to is the lifeline: the keeper and the worker read it, and its end
of file says that the server is gone, also after `kill -9`.
"""

import contextlib
import logging
import os
import select
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)
_LIFELINE_OF_WORKER = 0


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


def start_keeper(command: Sequence[str], *, close: Sequence[int] = (), patience: Patience | None = None) -> Keeper:
    """Fork a process that keeps `command` running; call it before any thread is started.

    `close` lists file descriptors that the keeper must not hold, such as the listening socket.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid:
        os.close(read_end)
        return Keeper(pid, write_end)
    status = 1
    try:
        os.setsid()  # Ctrl-C in the terminal reaches the server, which ends us in its own order
        for descriptor in (write_end, *close):
            os.close(descriptor)
        keep(command, read_end, patience or Patience())
        status = 0
    except BaseException:  # noqa: BLE001  a forked child must never return into its parent's code
        traceback.print_exc()
    os._exit(status)


def keep(command: Sequence[str], lifeline: int, patience: Patience) -> None:
    """Run `command` again whenever it ends, with growing delays, until the lifeline ends."""
    delay_s = patience.first_delay_s
    while True:
        started = time.monotonic()
        status = _run_once(command, lifeline, patience)
        if status is None:
            return
        if time.monotonic() - started > patience.healthy_after_s:
            delay_s = patience.first_delay_s
        _LOG.warning("event=worker_ended status=%d restart_in_s=%.1f", status, delay_s)
        if select.select([lifeline], [], [], delay_s)[0]:
            return
        delay_s = min(2 * delay_s, patience.longest_delay_s)


def watch_lifeline(stopping: threading.Event, *, grace_s: float = 10.0) -> None:
    """Set `stopping` when standard input ends, and leave at once if the work has not stopped after `grace_s`."""
    threading.Thread(target=_watch, args=(stopping, grace_s), name="lifeline", daemon=True).start()


def worker_command(*arguments: str) -> tuple[str, ...]:
    """Name the command that runs `sternpost` with these arguments in this Python."""
    return (sys.executable, "-m", "app.cli", *arguments)


def _run_once(command: Sequence[str], lifeline: int, patience: Patience) -> int | None:
    """Give the exit status of one run, or None when the lifeline ended it."""
    life, held_by_worker = os.pipe()  # ends with the worker: one select() then waits for both ends
    try:
        worker = subprocess.Popen(command, stdin=lifeline, pass_fds=(held_by_worker,))  # noqa: S603  our own command
    finally:
        os.close(held_by_worker)
    try:
        ended, _, _ = select.select([lifeline, life], [], [])
    finally:
        os.close(life)
    if lifeline not in ended:
        return worker.wait()
    worker.terminate()
    try:
        worker.wait(patience.grace_s)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    return None


def _watch(stopping: threading.Event, grace_s: float) -> None:
    while os.read(_LIFELINE_OF_WORKER, 1):
        pass
    stopping.set()
    time.sleep(grace_s)
    os._exit(1)
