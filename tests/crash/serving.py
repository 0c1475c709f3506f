"""Real servers for crash tests: started as an operator starts them, killed with -9, asked over HTTP."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from app.config import Config


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP."""

    status: int
    body: Any
    headers: dict[str, str]


class NoAnswerError(Exception):
    """The connection broke before an answer came."""


@dataclass
class RealServer:
    """`sternpost serve` in a process group of its own."""

    config: Config
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    url: str = ""
    token: str = ""

    def start(self, *, fault: str = "", worker: bool = True) -> "RealServer":
        """Start it and wait until it says that it listens; `fault` is where it is to die."""
        options = [] if worker else ["--no-worker"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", *options],
            env={**environment_of(self.config, fault), **self.environment},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert said.startswith("Sternpost listens on "), said
        self.url = said.split()[-1]
        self.token = (self.config.run_dir / "api-token").read_text().strip()
        return self

    def kill(self) -> None:
        """Kill every process of it at once, as a power cut does."""
        assert self.process
        killed_worker = _children(self.process.pid)
        os.killpg(self.process.pid, signal.SIGKILL)
        for pid in killed_worker:
            _kill(pid)
        self.process.communicate()
        self.process = None

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request.

        Raises:
            NoAnswerError: the server died before it answered.
        """
        given = {"X-API-Token": self.token, "Content-Type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api{path}", data, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Reply(answer.status, json.load(answer), dict(answer.headers))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Reply(refusal.code, json.load(refusal), dict(refusal.headers))
        except (OSError, HTTPException) as broken:
            raise NoAnswerError from broken

    def create(self, rule: str, **fields: Any) -> Reply:
        """Create a rule in version 25."""
        return self.ask("PUT", "/25/rules", {"id": rule, "displayName": f"Rule {rule}", **fields})


def environment_of(config: Config, fault: str = "") -> dict[str, str]:
    """Give the environment of a command for an installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STERNPOST_")}
    return {
        **kept,
        "STERNPOST_LISTEN": "127.0.0.1:0",
        "STERNPOST_DATA_DIR": str(config.data_dir),
        "STERNPOST_DATABASE_URL": config.database_url,
        "STERNPOST_KEYS_DIR": str(config.keys_dir),
        "STERNPOST_LOG_LEVEL": "error",
        "STERNPOST_TEST_FAULT": fault,
        "STERNPOST_TEST_FAULT_LOG": str(fault_log(config)),
    }


def fault_log(config: Config) -> Path:
    """Say where a process writes the fault that it dies of."""
    return config.data_dir.with_name("faults")


def repository(config: Config, tenant: str = "default") -> Path:
    """Say where a tenant's repository lies."""
    return config.data_dir / "git" / f"{tenant}.git"


def _children(pid: int) -> list[int]:
    # The keeper and its worker have a session of their own, so they are found by their parents.
    found = []
    for task in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(task.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            child = int(task.parent.name)
            found += [child, *_children(child)]
    return found


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
