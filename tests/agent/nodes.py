"""A node for tests of the agent: made over the API of a real server, with the agent's own configuration on disk."""

import io
import json
import os
import subprocess
import sys
import urllib.request
from contextlib import redirect_stderr
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from app.agent.cli import main
from app.agent.faults import DistrustError
from tests.live import Live, command_environment


def call(live: Live, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[int, Any]:
    """Call the API as an actor; gives the status and the parsed answer."""
    request = urllib.request.Request(
        f"{live.url}/api/25{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"X-API-Token": token or live.token, "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, _parsed(answer.read())
    except HTTPError as error:
        with error:
            return error.code, _parsed(error.read())


def done(live: Live, method: str, path: str, body: Any = None) -> Any:
    """Call the API, which must go well, and give `data`."""
    status, answer = call(live, method, path, body)
    assert status == HTTPStatus.OK, answer
    return answer["data"]


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


@dataclass(frozen=True)
class TestNode:
    """A node with a scratch root; `run` starts the agent in a process of its own, as the machine would."""

    __test__ = False

    id: str
    token: str
    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def config(self) -> Path:
        return self.folder / "agent.json"

    def run(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """Run the agent once."""
        return subprocess.run(
            [sys.executable, "-m", "app.agent.cli", *self._options, "--once", *options],
            cwd=self.folder,
            env=command_environment(),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def refused(self) -> str:
        """Run the agent here, which must not trust the policy, and give what it says: nothing is applied by then."""
        said, mask = io.StringIO(), os.umask(0o022)
        with redirect_stderr(said):
            code = main([*self._options, "--once"])
        os.umask(mask)
        assert code == DistrustError.exit_code, said.getvalue()
        return said.getvalue()

    @property
    def _options(self) -> list[str]:
        return ["--config", str(self.config), "--state", str(self.folder / "state"), "--root", str(self.root)]

    def configure(self, **more: Any) -> None:
        """Change the agent's configuration."""
        known = json.loads(self.config.read_text("utf-8")) if self.config.exists() else {}
        self.config.write_text(json.dumps({**known, **more}), "utf-8")
        self.config.chmod(0o600)


def make_node(live: Live, folder: Path, node_id: str, **more: Any) -> TestNode:
    """Create an accepted node, give it a token, and write the configuration of its agent."""
    os = {"type": "linux", "name": "debian", "version": "12", "fullName": "Debian 12"}
    new = {"id": node_id, "hostname": f"{node_id[:4]}.example.com", "status": "accepted", "os": os, **more}
    done(live, "PUT", "/nodes", [new])
    made = done(live, "POST", f"/nodes/{node_id}/token")["nodes"][0]
    folder.mkdir()
    node = TestNode(node_id, made["token"], folder)
    (node.root / "etc").mkdir(parents=True)
    node.configure(url=live.url, tenant="default", node=node_id, token=node.token, publicKey=made["publicKey"])
    return node
