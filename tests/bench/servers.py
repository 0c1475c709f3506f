"""The server as an operator starts it, and two floors on the same kind of server.

`python -m tests.bench.servers without-git|trivial` serves one of the floors.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flask import Flask, Response

from app.application import create_app
from app.boot import open_installation, prepare
from app.config import Config, load
from app.server import bind, run, url_of
from tests.bench.ground import fields_of, without_git

Kind = Literal["serve", "without-git", "trivial"]
_LISTENS = "Sternpost listens on "


@dataclass(frozen=True, slots=True)
class Served:
    """A running server; `pid` is that of the process that answers, `start_s` how long it took to answer at first."""

    url: str
    token: str
    pid: int
    start_s: float

    def memory_mb(self, name: Literal["VmRSS", "VmHWM"] = "VmHWM") -> float:
        """Read how much memory the answering process holds, or has held at most."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"{name} is not known here")


@contextmanager
def served(config: Config, kind: Kind = "serve", *, worker: bool = True) -> Iterator[Served]:
    """Start a server on a free port and end it afterwards."""
    module = ["app.cli", "serve"] if kind == "serve" else ["tests.bench.servers", kind]
    command = [sys.executable, "-m", *module, *(["--no-worker"] if kind == "serve" and not worker else [])]
    # With compiled modules, as an operator's second start has them; their shells do not forbid Python to keep them.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ = {name: value for name, value in kept.items() if not name.startswith("STERNPOST_")} | {
        "STERNPOST_LISTEN": "127.0.0.1:0",
        "STERNPOST_DATA_DIR": str(config.data_dir),
        "STERNPOST_DATABASE_URL": config.database_url,
        "STERNPOST_KEYS_DIR": str(config.keys_dir),
    }
    log = config.data_dir / f"{kind}.log"
    started = time.perf_counter()
    with log.open("wb") as errors:
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            url = _announced(process, log)
            token = (config.run_dir / "api-token").read_text().strip() if kind != "trivial" else "none"
            subprocess.run(["curl", "--silent", "--fail", "--output", os.devnull, f"{url}/healthz"], check=True)
            start_s = time.perf_counter() - started
            yield Served(url, token, _answering(process.pid), start_s)
        finally:
            process.terminate()
            process.wait(30)
            assert process.stdout is not None
            process.stdout.close()


def _announced(process: "subprocess.Popen[str]", log: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(_LISTENS):
            return line.removeprefix(_LISTENS).strip()
    raise RuntimeError(f"the server did not start: {log.read_text()}")


def _answering(pid: int) -> int:
    """Find the process of the server that answers: the last one it has forked."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[-1])


def _trivial() -> Flask:
    app = Flask("trivial")
    body = str(fields_of(1)).encode()

    @app.get("/")
    def _answer() -> Response:
        return Response(body, content_type="application/json")

    @app.get("/healthz")
    def _alive() -> str:
        return "OK"

    return app


def _without_git(config: Config) -> Flask:
    return create_app(config, without_git(open_installation(config)))


def main() -> None:
    """Serve a floor as `sternpost serve` serves the application."""
    config = load()
    listener = bind(config)
    url = url_of(listener)
    if sys.argv[1] == "without-git":
        prepare(config)
    run(
        config,
        listener,
        load_app=_trivial if sys.argv[1] == "trivial" else lambda: _without_git(config),
        when_listening=lambda: print(f"{_LISTENS}{url}", flush=True),  # noqa: T201  read by the one who started us
        keeper=None,
    )


if __name__ == "__main__":
    main()
