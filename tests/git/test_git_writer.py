"""The git writer: what it writes, and how it heals what it finds."""

import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.errors import IntegrityError, InvalidError
from app.store.format1 import commit_message
from app.store.git import packs
from app.store.git.command import clean_environment, forget_git_environment, run_git
from app.store.git.maintenance import adopt_merge, prepare_merge
from app.store.git.reader import read_commit
from app.store.git.repository import Repository
from app.store.git.writer import GitWriter
from tests.git.git_steps import heal, pack_files
from tests.git.memory_log import MemoryLog, a_history, a_rule

Git = Callable[..., str]
Check = Callable[[], None]


def test_the_repository_is_at_the_head_that_the_log_names(
    history: MemoryLog, git_dir: Path, assert_sound: Check
) -> None:
    assert heal(history, git_dir) == history.head("default")[0]

    assert_sound()


def test_a_file_holds_the_document_in_pretty_form(
    history: MemoryLog, git_dir: Path, git: Git, repository: Path
) -> None:
    heal(history, git_dir)

    shown = git(f"--git-dir={repository}", "log", "-1", "-p", "--format=%an <%ae> %cn %ct %s%n%b", "--", "rules")
    names = git(f"--git-dir={repository}", "ls-tree", "-r", "--name-only", "main").split("\n")

    assert "automation <a-1@default.invalid> automation" in shown
    assert len(names) == len(history.tenant("default").documents)
    bodies = [json.loads(git(f"--git-dir={repository}", "cat-file", "blob", f"main:{name}")) for name in names]
    expected = [json.loads(body) for body in history.tenant("default").documents.values()]
    assert sorted(map(json.dumps, bodies)) == sorted(json.dumps(body, sort_keys=True) for body in expected)


def test_a_tenant_without_commits_has_an_empty_repository(git_dir: Path, git: Git, tmp_path: Path) -> None:
    writer = GitWriter(MemoryLog(), git_dir)
    writer.catch_up("empty")
    path = writer.path("empty")

    git("clone", "-q", path, tmp_path / "clone")

    assert GitWriter(MemoryLog(), git_dir).catch_up("empty") is None


def test_a_writer_goes_on_from_what_it_remembers(history: MemoryLog, git_dir: Path, assert_sound: Check) -> None:
    kept = GitWriter(history, git_dir)
    for number in range(5):
        history.change("default", [a_rule(1000 + number)])

        assert kept.catch_up("default") == history.head("default")[0]
    assert_sound()


def test_a_new_writer_goes_on_from_the_repository(
    history: MemoryLog, git_dir: Path, caught_up: str, assert_sound: Check
) -> None:
    history.change("default", [a_rule(3, "third"), a_rule(2000)])

    assert heal(history, git_dir) != caught_up
    assert_sound()


def test_emptied_folders_vanish_and_everything_can_be_deleted(git_dir: Path, git: Git) -> None:
    log = MemoryLog()
    kind, document_id, _ = a_rule(1)
    log.change("default", [a_rule(1)])
    log.change("default", [(kind, document_id, None)])

    heal(log, git_dir)

    assert git(f"--git-dir={git_dir / 'default.git'}", "ls-tree", "-r", "-t", "main") == ""
    assert git(f"--git-dir={git_dir / 'default.git'}", "fsck", "--strict") == ""


def test_a_copied_tenant_starts_with_the_documents_of_its_base(history: MemoryLog, git_dir: Path, git: Git) -> None:
    created = history.copy("copy", "default")
    history.change("copy", [a_rule(3, "of the copy")])

    head = GitWriter(history, git_dir).catch_up("copy")

    copied = git_dir / "copy.git"
    assert git(f"--git-dir={copied}", "rev-list", "main").split() == [head, created]
    assert git(f"--git-dir={copied}", "fsck", "--strict") == ""


def test_a_commit_larger_than_a_pack_is_spread_over_several(
    git_dir: Path, monkeypatch: pytest.MonkeyPatch, assert_sound: Check, history: MemoryLog, repository: Path
) -> None:
    monkeypatch.setattr(packs, "MAX_OBJECTS", 100)
    history.change("default", [a_rule(number, "bulk") for number in range(3000, 3450)])

    heal(history, git_dir)

    assert len(pack_files(repository)) > 4
    assert_sound()
    history.change("default", [a_rule(1, "after")])
    heal(history, git_dir)
    assert_sound()


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "a.git", "é", "a\n", "x" * 101])
def test_a_tenant_id_that_is_no_name_never_becomes_a_path(name: str, git_dir: Path) -> None:
    with pytest.raises(InvalidError, match="Tenant id"):
        GitWriter(MemoryLog(), git_dir).catch_up(name)

    assert not git_dir.exists()


def test_the_environment_and_users_configuration_do_not_reach_git(
    history: MemoryLog, git_dir: Path, caught_up: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/full/x")

    path = GitWriter(history, git_dir).path("default")

    assert run_git(path, "rev-parse", "main").decode().strip() == caught_up


def test_a_commit_reads_back_as_the_log_made_it(history: MemoryLog, git_dir: Path, caught_up: str) -> None:
    events = history.commits_after("default", 0, 10_000)[-1]

    read = read_commit(GitWriter(history, git_dir).path("default"), caught_up)

    assert read.message == commit_message(events)
    assert (read.author, read.committer) == ("automation <a-1@default.invalid>", "automation <a-1@default.invalid>")
    assert len(read.parents) == 1


def test_a_command_forgets_what_the_environment_says_about_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", "/nowhere")

    forget_git_environment()

    assert "GIT_OBJECT_DIRECTORY" not in os.environ


def test_a_push_is_refused(caught_up: str, repository: Path, tmp_path: Path, git: Git) -> None:
    git("clone", "-q", repository, tmp_path / "clone")

    pushed = subprocess.run(
        ["git", "-C", tmp_path / "clone", "push", "origin", f"{caught_up}:refs/heads/main2"],
        env=clean_environment(),
        capture_output=True,
        check=False,
    )

    assert pushed.returncode != 0
    assert not (repository / "refs" / "heads" / "main2").exists()


def test_a_rebuild_gives_the_same_head_and_tells_its_progress(
    history: MemoryLog, git_dir: Path, caught_up: str, assert_sound: Check
) -> None:
    told: list[int] = []

    assert GitWriter(history, git_dir).rebuild("default", told.append) == caught_up
    assert told == [history.tenant("default").commits[-1][-1].seq]
    assert sorted(path.name for path in git_dir.iterdir()) == ["default.git", "default.lock"]
    assert_sound()


def test_an_altered_event_is_named_with_both_commits(history: MemoryLog, git_dir: Path) -> None:
    commits = history.tenant("default").commits
    altered = commits[7][0]._replace(after='{"id":"forged"}')
    commits[7] = (altered, *commits[7][1:])

    with pytest.raises(IntegrityError, match=rf"event {altered.seq} .* {altered.commit} in the log"):
        heal(history, git_dir)

    assert not pack_files(git_dir / "default.git")


def test_threads_that_ask_at_once_get_the_same_head(history: MemoryLog, git_dir: Path, assert_sound: Check) -> None:
    shared = GitWriter(history, git_dir)
    with ThreadPoolExecutor(8) as pool:
        heads = set(pool.map(lambda _: shared.catch_up("default"), range(16)))

    assert heads == {history.head("default")[0]}
    assert_sound()


def test_two_writers_take_turns_on_one_directory(history: MemoryLog, git_dir: Path, assert_sound: Check) -> None:
    writers = (GitWriter(history, git_dir), GitWriter(history, git_dir))
    for number in range(6):
        history.change("default", [a_rule(7000 + number)])

        assert writers[number % 2].catch_up("default") == history.head("default")[0]
    assert_sound()


@pytest.mark.usefixtures("caught_up")
def test_maintenance_merges_packs_and_keeps_history(
    history: MemoryLog, git_dir: Path, repository: Path, git: Git, assert_sound: Check
) -> None:
    before = len(pack_files(repository))

    assert GitWriter(history, git_dir).maintain("default", most_packs=2)

    assert len(pack_files(repository)) < before
    assert_sound()
    assert (repository / "objects" / "info" / "commit-graph").exists()
    assert git(f"--git-dir={repository}", "multi-pack-index", "verify") == ""
    history.change("default", [a_rule(2, "after maintenance")])
    heal(history, git_dir)
    assert_sound()


@pytest.mark.usefixtures("caught_up")
def test_commits_written_during_a_merge_are_kept(history: MemoryLog, repository: Path, assert_sound: Check) -> None:
    merge = prepare_merge(Repository(repository), most_packs=1)
    history.change("default", [a_rule(2, "during the merge")])
    heal(history, repository.parent)

    assert merge
    assert adopt_merge(Repository(repository), merge)
    heal(history, repository.parent)
    assert_sound()


@pytest.mark.usefixtures("caught_up")
def test_a_merge_of_packs_that_went_away_is_dropped(history: MemoryLog, repository: Path, assert_sound: Check) -> None:
    merge = prepare_merge(Repository(repository), most_packs=1)
    GitWriter(history, repository.parent).rebuild("default")

    assert merge
    assert not adopt_merge(Repository(repository), merge)
    assert_sound()


@pytest.mark.usefixtures("caught_up")
def test_maintenance_leaves_few_packs_alone(history: MemoryLog, git_dir: Path) -> None:
    assert not GitWriter(history, git_dir).maintain("default")


def test_the_memory_log_is_what_it_says() -> None:
    assert a_history().head("default") == a_history().head("default")
