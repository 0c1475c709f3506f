"""The git writer in a process of its own, as `sternpost worker` runs it, told when to follow and when to finish.

`python -m tests.bench.follower` reads a configuration as JSON on its first line, then `start` and `finish`; it answers
`done` when the ref stands at the head that the log names. Its pace is a part of the worker's, so that the wait for its
next round is not measured as work.
"""

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.boot import DEFAULT, installation
from app.config import Config
from tests.installations import configured

PACE_S = 0.25


@dataclass(frozen=True, slots=True)
class Follower:
    """The bench's hold on the git writer's process."""

    process: "subprocess.Popen[str]"

    def start(self) -> None:
        """Let it follow the log."""
        self._tell("start")

    def finish(self) -> None:
        """Wait until the repository stands at the head."""
        self._tell("finish")
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        if answer != "done\n":
            raise RuntimeError(f"the git writer ended: {answer!r}")

    def _tell(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()


@contextmanager
def follower(config: Config) -> Iterator[Follower]:
    """Run the git writer of an installation beside the bench."""
    command = [sys.executable, "-m", "tests.bench.follower"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        places = {"url": config.database_url, "keys": str(config.keys_dir), "data_dir": str(config.data_dir)}
        process.stdin.write(json.dumps(places) + "\n")
        started = Follower(process)
        started.finish()
        try:
            yield started
        finally:
            process.stdin.close()


def main() -> None:
    """Follow until standard input ends."""
    places: Any = json.loads(sys.stdin.readline())
    config = configured(places["url"], Path(places["keys"]), Path(places["data_dir"]))
    with installation(config) as opened:
        for line in sys.stdin:
            while line == "start\n" and not select.select([sys.stdin], [], [], PACE_S)[0]:
                opened.git_writer.catch_up(DEFAULT)
            if line == "finish\n":
                opened.git_writer.catch_up(DEFAULT)
                sys.stdout.write("done\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
