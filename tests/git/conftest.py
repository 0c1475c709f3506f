"""Fixtures for the git store: directories, and git itself as the judge of what was written."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.store.git import writer
from app.store.git.command import clean_environment
from app.store.git.writer import GitWriter
from tests.git.memory_log import MemoryLog, a_history

HERE = Path(__file__).parent
Git = Callable[..., str]


@pytest.fixture
def git_dir(tmp_path: Path) -> Path:
    return tmp_path / "git"


@pytest.fixture
def history() -> MemoryLog:
    return a_history()


@pytest.fixture
def repository(git_dir: Path) -> Path:
    return git_dir / "default.git"


@pytest.fixture
def caught_up(history: MemoryLog, git_dir: Path) -> str | None:
    """Write the history, in several packs, by a writer that is then gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "COMMITS_PER_PACK", 16)
        return GitWriter(history, git_dir).catch_up("default")


@pytest.fixture
def git() -> Git:
    def run(*arguments: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            env=clean_environment() | (env or {}),
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    return run


@pytest.fixture
def assert_sound(git: Git, history: MemoryLog, repository: Path) -> Callable[[], None]:
    """Check that git finds no fault and that ref, history and documents are what the log says."""

    def check() -> None:
        head, _ = history.head("default")
        assert git(f"--git-dir={repository}", "fsck", "--strict", "--full", "--no-dangling") == ""
        assert git(f"--git-dir={repository}", "rev-parse", "main", "HEAD").split() == [head, head]
        commits = git(f"--git-dir={repository}", "rev-list", "--reverse", "main").split()
        assert commits == [events[0].commit for events in history.tenant("default").commits]
        assert not [*repository.rglob("tmp_*"), *repository.rglob("*.lock")]
        GitWriter(history, repository.parent).catch_up("default")

    return check


@pytest.fixture
def in_process(git_dir: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the writer in another process, with a fault armed or not."""

    def run(act: str, *, fault: str = "", commits: int = 40) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join((str(HERE.parent.parent), str(HERE)))
        armed = {"STERNPOST_TEST_FAULT": fault, "STERNPOST_TEST_FAULT_LOG": str(tmp_path / "faults")}
        return subprocess.run(
            [sys.executable, HERE / "catch_up_process.py", act, str(commits), git_dir],
            env=os.environ | {"PYTHONPATH": path} | armed,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
