"""An instance in a container, run by the agent with podman on this machine; its processes are looked at too."""

import os
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.agent.nodes import done
from tests.live import serving
from tests.panel.hosts import call_panel, make_panel_node, processes, run_agent
from tests.panel.podman import IMAGE, ask, scratch_podman

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def podman(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put a podman with an empty store in front of this machine's own."""
    if os.geteuid() != 0:
        pytest.skip("containers of nodes are root's")
    with ExitStack() as stack:
        # Not below `tmp_path`: podman takes paths of 50 characters at most.
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="podman-")))
        try:
            folder = stack.enter_context(scratch_podman(scratch))
        except RuntimeError as reason:
            pytest.skip(str(reason))
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield folder / "podman"


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(port: int) -> str:
    """Read the page that the container serves."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        return str(answer.read().decode())


def test_a_container_runs_is_suspended_with_its_volume_kept_and_goes(tmp_path: Path, podman: Path) -> None:
    word, port = f"sternpost-test-container-{os.getpid()}", free_port()
    script = 'trap "exit 0" TERM; echo $GREETING >> /data/index.html; httpd -p 80 -h /data; while :; do sleep 1; done'
    image = {
        "id": "busy",
        "name": "Busy",
        "image": IMAGE,
        "command": f"/bin/sh -c '{script}' {word}",
        "volume": "/data",
        "variables": {"GREETING": {"required": True, "secret": True}},
    }
    with serving(tmp_path) as live:
        done(live, "PUT", "/images", image)
        node = make_panel_node(live, tmp_path / "node")
        person = {"username": "alice", "email": "alice@example.com", "password": "x"}
        user = call_panel(live, "POST", "/api/auth/create-user", person)["userId"]
        asked = {"user": user, "nodeId": node.id, "image": IMAGE, "memory": 64, "cpu": 0.5, "name": "Web"}
        ports = f"{port}:80"
        body = {**asked, "ports": ports, "primary": ports, "variables": {"GREETING": "hello"}}
        instance = call_panel(live, "POST", "/api/instances/deploy", body)["Id"]
        instances = tmp_path / "instances"

        def shown() -> tuple[str, str | None]:
            one = call_panel(live, "POST", "/api/getInstance", {"id": instance})
            return one["state"], one["ContainerId"]

        assert shown() == ("pending", None)
        assert "successRepaired" in run_agent(node, instances)[0]
        assert shown() == ("running", f"sternpost-{instance}")
        assert (page(port), len(processes(word))) == ("hello\n", 1)
        limit = ask(podman, "inspect", "--format", "{{.HostConfig.Memory}}", f"sternpost-{instance}").stdout
        assert int(limit) == 64 * 2**20

        call_panel(live, "POST", f"/api/instances/suspend/{instance}", {})
        run_agent(node, instances)
        assert (shown()[0], processes(word)) == ("suspended", [])

        call_panel(live, "POST", f"/api/instances/unsuspend/{instance}", {})
        run_agent(node, instances)
        assert (shown()[0], page(port)) == ("running", "hello\nhello\n")

        call_panel(live, "DELETE", "/api/instance/delete", {"id": instance})
        assert "Removal" in run_agent(node, instances)[0]
        assert processes(word) == []
        assert ask(podman, "ps", "--all", "--quiet").stdout == ask(podman, "volume", "ls", "--quiet").stdout == ""
