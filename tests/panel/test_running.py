"""An instance of the generic command, run by the agent on this machine; processes are looked at, not only the API."""

import os
from pathlib import Path

import pytest

from tests.live import serving
from tests.panel.hosts import call_panel as panel
from tests.panel.hosts import make_panel_node, processes, run_agent

MARK = "sternpost-test-instance"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="instances run as another user, which root alone can start")


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
