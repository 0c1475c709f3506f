"""The keeper: the worker runs again when it dies, and dies with the server."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

# Stands for the server: starts a keeper whose worker writes its pid into a FIFO, then waits to be told to end. Opening
# the FIFO again tells the test that this worker has ended: the test's end then reads end of file.
SERVER = """
import os, sys
from app.keeper import Patience, start_keeper

def work(stopping):
    out = open(sys.argv[1], "w")
    print(os.getpid(), file=out, flush=True)
    stopping.wait()

keeper = start_keeper(work, patience=Patience(first_delay_s=0.01, longest_delay_s=0.02, grace_s=5))
print(keeper.pid, flush=True)
sys.stdin.readline()
keeper.end()
"""


@dataclass
class Running:
    server: subprocess.Popen[str]
    fifo: Path
    streams: contextlib.ExitStack

    def next_worker(self) -> tuple[int, IO[str]]:
        """Wait for a worker; the stream ends when that worker does."""
        stream = self.streams.enter_context(self.fifo.open())
        return int(stream.readline()), stream


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    fifo = tmp_path / "worker"
    os.mkfifo(fifo)
    command = [sys.executable, "-c", SERVER, str(fifo)]
    with (
        contextlib.ExitStack() as streams,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
    ):
        yield Running(server, fifo, streams)
        server.kill()


def test_a_worker_that_dies_is_started_again(running: Running) -> None:
    first, stream = running.next_worker()

    os.kill(first, signal.SIGKILL)
    rest = stream.read()
    second, _ = running.next_worker()

    assert rest == ""
    assert second != first


def test_the_worker_ends_when_the_server_ends(running: Running) -> None:
    _, stream = running.next_worker()

    running.server.communicate("end\n")

    assert running.server.returncode == 0
    assert stream.read() == ""


def test_the_worker_ends_when_the_server_is_killed(running: Running) -> None:
    _, stream = running.next_worker()

    running.server.kill()

    assert stream.read() == ""


def test_the_worker_ends_when_keeper_and_server_are_killed(running: Running) -> None:
    assert running.server.stdout
    keeper = int(running.server.stdout.readline())
    _, stream = running.next_worker()

    os.kill(keeper, signal.SIGKILL)
    running.server.kill()

    assert stream.read() == ""
