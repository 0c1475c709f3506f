"""A realistic configuration comes in by one command, and everything agrees afterwards."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.live import command_environment, serving
from tests.tour.realistic import write_folder

pytestmark = pytest.mark.slow


def sternpost(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sternpost", *arguments], cwd=folder, env=command_environment(), capture_output=True, text=True, check=False
    )


def test_two_thousand_rules_and_their_directives_are_imported_as_one_change(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-worker"):
        pass
    count = write_folder(tmp_path / "fleet", rules=2000, directives=5000, groups=300, parameters=500)

    imported = sternpost(tmp_path, "import", "fleet")
    verified = sternpost(tmp_path, "verify")
    repository = sternpost(tmp_path, "git", "sync").stdout.strip()

    assert imported.returncode == 0, imported.stderr
    assert str(count) in imported.stdout
    assert verified.returncode == 0, verified.stdout + verified.stderr
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    fsck = subprocess.run(
        ["git", "-C", repository, "fsck", "--strict"], env=clean, capture_output=True, text=True, check=False
    )
    assert (fsck.returncode, fsck.stdout) == (0, "")
    log = subprocess.run(
        ["git", "-C", repository, "log", "--oneline"], env=clean, capture_output=True, text=True, check=True
    )
    assert len(log.stdout.splitlines()) == 2


def test_importing_the_same_folder_again_changes_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-worker"):
        pass
    write_folder(tmp_path / "fleet", rules=20, directives=50, groups=10, parameters=10)
    first = sternpost(tmp_path, "import", "fleet")
    head = sternpost(tmp_path, "git", "sync").stdout

    second = sternpost(tmp_path, "import", "fleet")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    log = subprocess.run(["git", "-C", head.strip(), "log", "--oneline"], capture_output=True, text=True, check=True)
    assert len(log.stdout.splitlines()) == 2
