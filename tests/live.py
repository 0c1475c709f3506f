"""A real server for tests: `sternpost serve` in processes of its own, on a free loopback port."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Live:
    """A server that is listening: `folder` is where it was started, its data lies in `folder/data`."""

    url: str
    folder: Path
    process: "subprocess.Popen[str]"

    @property
    def data_dir(self) -> Path:
        """Where the server keeps everything."""
        return self.folder / "data"

    @property
    def token(self) -> str:
        """The system account's token of this start."""
        return (self.data_dir / "run" / "api-token").read_text("utf-8").strip()


def command_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment in which the project's commands run as a user would have it."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "STERNPOST_LISTEN": "127.0.0.1:0", **(more or {})}


@contextmanager
def serving(folder: Path, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Live]:
    """Start a server in `folder` and wait until it listens; stop it afterwards as an operator would."""
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", *options],
            cwd=folder,
            env=command_environment(environment),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("Sternpost listens on "), (folder / "server.log").read_text("utf-8")
        yield Live(said.split()[-1], folder, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
