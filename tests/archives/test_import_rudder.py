"""`sternpost import-rudder`, as an operator calls it: a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.config import Config
from tests.archives.asking import documents, state
from tests.archives.samples import ARCHIVE, TARGETS, rule, zipped
from tests.installations import Server
from tests.live import command_environment

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(config: Config, tmp_path: Path) -> Run:
    environment = command_environment(
        {
            "STERNPOST_DATABASE_URL": config.database_url,
            "STERNPOST_KEYS_DIR": str(config.keys_dir),
            "STERNPOST_DATA_DIR": str(config.data_dir),
        }
    )

    def call(content: bytes, *options: str) -> "subprocess.CompletedProcess[str]":
        (tmp_path / "rudder.zip").write_bytes(content)
        command = [sys.executable, "-m", "app.cli", "import-rudder", "rudder.zip", *options]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return call


def test_it_imports_and_says_what_came_in(server: Server, run: Run) -> None:
    server.put("/api/25/rules", json={"id": "r-web", "displayName": "Was here"})

    done = run(zipped({**ARCHIVE, "README": "x"}), "--reason", "Moving")

    assert (done.returncode, done.stderr) == (0, "")
    head = server.get("/api/25/events?limit=2").get_json()["data"]["events"]
    lines = done.stdout.splitlines()
    assert "Added (11):" in lines
    assert "  directive 'd-jobs' (Jobs)" in lines
    assert lines[lines.index("Replaced (1):") + 1] == "  rule 'r-web' (Web rule)"
    assert lines[lines.index("Left (1):") + 1] == "  README: it is no part of an archive of a configuration"
    assert lines[-1] == f"Imported 13 documents (11 new, 1 replaced) as commit {head[1]['commit']}"
    assert (head[0]["type"], head[0]["reason"], head[0]["actor"]["handle"]) == (
        "ImportFullArchive",
        "Moving",
        "sternpost",
    )


def test_a_dry_run_changes_nothing(server: Server, run: Run) -> None:
    before = state(server)

    done = run(zipped(ARCHIVE), "--dry-run")

    assert done.returncode == 0
    assert "Would be added (12):" in done.stdout
    assert done.stdout.endswith("Would import 13 documents (12 new, 0 replaced); nothing was written\n")
    assert state(server) == before


def test_every_fault_is_listed_and_the_exit_status_is_1(server: Server, run: Run) -> None:
    before = state(server)

    done = run(zipped({**ARCHIVE, "rules/b.json": "{", "rules/c.json": "[]"}))

    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[0] == "Error: Nothing was imported. Correct these files:"
    assert [line.partition(":")[0] for line in lines[1:]] == ["rules/b.json", "rules/c.json"]
    assert state(server) == before


def test_merge_keeps_the_targets_of_rules(server: Server, run: Run) -> None:
    server.put("/api/25/rules", json={"id": "r-1", "displayName": "Rule 1"})

    done = run(zipped({"rules/a.json": rule("r-1", "Renamed", targets=TARGETS)}), "--merge", "keep-rule-targets")

    assert done.returncode == 0, done.stderr
    assert '"targets":[]' in documents(server)["rule", "r-1"]
    assert "Renamed" in documents(server)["rule", "r-1"]


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--merge", "mine"), 2, "'mine' is not one of 'override-all', 'keep-rule-targets', 'ignore-source-targets'"),
        (("--tenant", "nobody"), 1, "Tenant 'nobody' was not found"),
        (("--help",), 0, "--dry-run"),
    ],
)
def test_its_options_are_explained_and_checked(
    server: Server, run: Run, options: tuple[str, ...], status: int, said: str
) -> None:
    before = state(server)

    done = run(zipped(ARCHIVE), *options)

    assert done.returncode == status
    assert said in done.stdout + done.stderr
    assert state(server) == before
