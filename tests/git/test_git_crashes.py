"""The writer killed at every step of its way, and several processes at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from app.core import faults
from app.store.git.writer import GitWriter
from tests.git.memory_log import MemoryLog, a_history

Run = Callable[..., CompletedProcess[str]]
KILLED = -9
CATCH_UP = (
    "git.before_pack",
    "git.pack_written",
    "git.idx_written",
    "git.manifest_written",
    "git.before_ref",
    "git.after_ref",
)
CASES = (
    *(("catch_up", point, 40) for point in CATCH_UP),
    *(("catch_up", f"{point}:2", 300) for point in CATCH_UP),
    *(("rebuild", point, 40) for point in (*CATCH_UP, "git.rebuilt", "git.rebuild_between")),
    *(("maintain", point, 300) for point in ("git.merged", "git.merge_moved", "git.merge_listed", "git.merge_removed")),
)


@pytest.mark.parametrize(("act", "point", "commits"), CASES)
def test_a_writer_killed_anywhere_heals_to_the_same_head(
    act: str, point: str, commits: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    in_process: Run = request.getfixturevalue("in_process")
    git_dir: Path = request.getfixturevalue("git_dir")
    history: MemoryLog = request.getfixturevalue("history")
    if commits != 40:
        history.tenants = a_history(commits).tenants
    if act == "rebuild":
        GitWriter(history, git_dir).catch_up("default")

    killed = in_process(act, fault=point, commits=commits)

    assert killed.returncode == KILLED, killed.stderr
    assert (tmp_path / "faults").read_text() == point.partition(":")[0] + "\n"
    assert in_process("catch_up", commits=commits).stdout.strip() == history.head("default")[0]
    request.getfixturevalue("assert_sound")()
    assert sorted(path.name for path in git_dir.iterdir()) == [
        "default.git",
        "default.lock",
        *(["default.merge.lock"] if act == "maintain" else []),
    ]


def test_processes_that_start_at_once_write_one_repository(
    in_process: Run, history: MemoryLog, assert_sound: Callable[[], None]
) -> None:
    with ThreadPoolExecutor(3) as pool:
        heads = {done.stdout.strip() for done in pool.map(lambda _: in_process("catch_up"), range(3))}

    assert heads == {history.head("default")[0]}
    assert_sound()


def test_an_unarmed_fault_point_does_nothing() -> None:
    faults.fault_point("git.before_ref")
