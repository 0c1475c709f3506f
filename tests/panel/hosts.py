"""A node that hosts instances for real: made over the panel, its agent run on this machine."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.agent.nodes import TestNode, done
from tests.live import Live, command_environment


def call_panel(live: Live, method: str, path: str, body: Any = None) -> Any:
    """Call the panel as a dashboard does."""
    headers = {"x-api-key": live.token, "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{live.url}{path}", method=method, data=content, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def run_agent(node: TestNode, instances: Path) -> list[str]:
    """Run the agent once on this machine and give the lines that it says."""
    command = [sys.executable, "-m", "app.agent.cli", "--config", str(node.config), "--once"]
    ended = subprocess.run(
        [*command, "--state", str(node.folder / "state"), "--instances", str(instances)],
        cwd=node.folder,
        env=command_environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode in (0, 10), ended.stderr
    return [line for line in ended.stderr.splitlines() if " instances " in line]


def processes(word: str) -> list[tuple[int, int]]:
    """List (pid, uid) of the living processes that have a word among their arguments."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                found += [(int(folder.name), folder.stat().st_uid)] if word.encode() in words else []
            except OSError:
                continue
    return found


def make_panel_node(live: Live, folder: Path) -> TestNode:
    """Create a node through the panel, give it a token, and write the configuration of its agent."""
    fields = {"name": "Node", "tags": "", "ram": "1024", "disk": "10", "processor": "2", "address": "127.0.0.1"}
    made = call_panel(live, "POST", "/api/nodes/create", {**fields, "tags": "test", "port": 3001})
    token = done(live, "POST", f"/nodes/{made['id']}/token")["nodes"][0]
    folder.mkdir()
    node = TestNode(made["id"], token["token"], folder)
    node.configure(url=live.url, tenant="default", node=made["id"], token=token["token"], publicKey=token["publicKey"])
    return node
