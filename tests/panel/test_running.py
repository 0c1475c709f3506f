"""An instance of the generic command, run by the agent on this machine; processes are looked at, not only the API."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.agent.nodes import TestNode, done
from tests.live import Live, command_environment, serving

MARK = "sternpost-test-instance"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="instances run as another user, which root alone can start")


def panel(live: Live, method: str, path: str, body: Any = None) -> Any:
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


def test_an_instance_runs_is_suspended_runs_again_and_goes(tmp_path: Path) -> None:
    word = f"{MARK}-{os.getpid()}"
    instances = tmp_path / "instances"
    # The instance's user must be able to walk to its folder.
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(0o755)
    program = ["/usr/bin/python3", "-c", "import signal; signal.pause()", word]
    with serving(tmp_path) as live:
        node = make_panel_node(live, tmp_path / "node")
        body = {"username": "alice", "email": "alice@example.com", "password": "x"}
        user = panel(live, "POST", "/api/auth/create-user", body)["userId"]
        made = panel(
            live,
            "POST",
            "/api/instances/deploy",
            {
                "user": user,
                "nodeId": node.id,
                "image": "command",
                "memory": 64,
                "cpu": 1,
                "ports": "25611",
                "primary": "25611",
                "name": "Waiter",
                "variables": {"COMMAND": " ".join(repr(part) for part in program)},
            },
        )
        instance_id = made["Id"]

        def shown() -> tuple[str, bool]:
            one = panel(live, "POST", "/api/getInstance", {"id": instance_id})
            return one["state"], one["suspended"]

        try:
            assert (shown(), processes(word)) == (("pending", False), [])

            assert "successRepaired" in run_agent(node, instances)[0]
            ((pid, uid),) = processes(word)
            assert uid != 0
            assert shown() == ("running", False)
            assert panel(live, "GET", "/api/nodes")[0]["status"] == "Online"
            assert "successAlreadyOK" in run_agent(node, instances)[0]
            assert processes(word) == [(pid, uid)]

            # Whatever ends it, the next run starts it again.
            os.kill(pid, 9)
            assert "successRepaired" in run_agent(node, instances)[0]
            ((again, _),) = processes(word)
            assert again != pid

            panel(live, "POST", f"/api/instances/suspend/{instance_id}", {"id": instance_id})
            assert shown() == ("pending", True)
            run_agent(node, instances)
            assert (shown(), processes(word)) == (("suspended", True), [])
            assert (instances / instance_id / "data").is_dir()

            panel(live, "POST", f"/api/instances/unsuspend/{instance_id}", {})
            run_agent(node, instances)
            assert shown() == ("running", False)
            assert len(processes(word)) == 1

            panel(live, "DELETE", "/api/instance/delete", {"id": instance_id})
            assert "Removal" in run_agent(node, instances)[0]
            assert processes(word) == []
            assert not (instances / instance_id).exists()
            assert panel(live, "GET", "/api/instances") == []
        finally:
            for left, _ in processes(word):
                os.kill(left, 9)


def make_panel_node(live: Live, folder: Path) -> TestNode:
    """Create a node through the panel, give it a token, and write the configuration of its agent."""
    fields = {"name": "Node", "tags": "", "ram": "1024", "disk": "10", "processor": "2", "address": "127.0.0.1"}
    made = panel(live, "POST", "/api/nodes/create", {**fields, "tags": "test", "port": 3001})
    token = done(live, "POST", f"/nodes/{made['id']}/token")["nodes"][0]
    folder.mkdir()
    node = TestNode(made["id"], token["token"], folder)
    node.configure(url=live.url, tenant="default", node=made["id"], token=token["token"], publicKey=token["publicKey"])
    return node
