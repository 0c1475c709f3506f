"""The git writer: what it writes, and how it heals what it finds."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from memory_log import MemoryLog, a_history, a_rule

from app.core.errors import IntegrityError, InvalidError
from app.store.git import packs, writer
from app.store.git.command import clean_environment
from app.store.git.maintenance import adopt_merge, prepare_merge
from app.store.git.reader import Repositories
from app.store.git.repository import Repository
from app.store.git.writer import GitWriter

Git = Callable[..., str]
Check = Callable[[], None]


@pytest.fixture
def caught_up(history: MemoryLog, git_dir: Path) -> str | None:
    """Write the history, in several packs, by a writer that is then gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "COMMITS_PER_PACK", 16)
        return GitWriter(history, git_dir).catch_up("default")


def heal(history: MemoryLog, git_dir: Path) -> str | None:
    return GitWriter(history, git_dir).catch_up("default")


def pack_files(repository: Path) -> list[Path]:
    return sorted((repository / "objects" / "pack").glob("*.pack"))


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
    path = Repositories(GitWriter(MemoryLog(), git_dir)).path("empty")

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

    assert Repositories(GitWriter(history, git_dir)).git("default", "rev-parse", "main").decode().strip() == caught_up


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


# Each of these injures a repository that a writer left complete; the next call must bring it back unasked.


def set_back(repository: Path, git: Git) -> None:
    older = git(f"--git-dir={repository}", "rev-parse", "main~20")
    git(f"--git-dir={repository}", "update-ref", "refs/heads/main", older)


def set_back_and_lose_newer_packs(repository: Path, git: Git) -> None:
    set_back(repository, git)
    last = (repository / "sternpost-packs").read_text().splitlines()[-1].split()[0]
    for suffix in (".pack", ".idx"):
        (repository / "objects" / "pack" / (last + suffix)).unlink()


def move_to_foreign_commit(repository: Path, git: Git) -> None:
    tree = git(f"--git-dir={repository}", "rev-parse", "main^{tree}")
    who = {f"GIT_{role}_{part}": "x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    foreign = git(f"--git-dir={repository}", "commit-tree", tree, "-p", "main", stdin=b"foreign", env=who)
    git(f"--git-dir={repository}", "update-ref", "refs/heads/main", foreign)
    git(f"--git-dir={repository}", "update-ref", "refs/tags/foreign", foreign)


def move_to_unknown_commit(repository: Path, _: Git) -> None:
    (repository / "refs" / "heads" / "main").write_text("1" * 40 + "\n")


def empty_ref(repository: Path, _: Git) -> None:
    (repository / "refs" / "heads" / "main").write_bytes(b"")


def fill_ref_with_garbage(repository: Path, _: Git) -> None:
    (repository / "refs" / "heads" / "main").write_bytes(b"\xff\x00garbage")


def turn_ref_into_a_folder(repository: Path, _: Git) -> None:
    (repository / "refs" / "heads" / "main").unlink()
    (repository / "refs" / "heads" / "main").mkdir()
    (repository / "refs" / "heads" / "main" / "x").write_text("1" * 40)


def delete_refs(repository: Path, _: Git) -> None:
    shutil.rmtree(repository / "refs")


def pack_refs(repository: Path, git: Git) -> None:
    git(f"--git-dir={repository}", "pack-refs", "--all")


def damage_head(repository: Path, _: Git) -> None:
    (repository / "HEAD").write_bytes(b"ref: refs/he")


def delete_config(repository: Path, _: Git) -> None:
    (repository / "config").unlink()


def leave_torn_files(repository: Path, _: Git) -> None:
    directory = repository / "objects" / "pack"
    whole = pack_files(repository)[0].read_bytes()
    for name in ("pack-" + "a" * 40 + ".pack", "pack-" + "a" * 40 + ".idx", "tmp_pack_1", "tmp_idx_1", "x.lock"):
        (directory / name).write_bytes(whole[: len(whole) // 2])


def leave_locks(repository: Path, _: Git) -> None:
    for name in ("index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "refs/heads/main.lock", "gc.pid.lock"):
        (repository / name).write_bytes(b"")


def delete_everything(repository: Path, _: Git) -> None:
    shutil.rmtree(repository)


def delete_git_dir(repository: Path, _: Git) -> None:
    shutil.rmtree(repository.parent)


def delete_objects(repository: Path, _: Git) -> None:
    shutil.rmtree(repository / "objects")


def delete_one_pack(repository: Path, _: Git) -> None:
    pack_files(repository)[1].unlink()


def delete_manifest(repository: Path, _: Git) -> None:
    (repository / "sternpost-packs").unlink()


def garble_manifest(repository: Path, _: Git) -> None:
    (repository / "sternpost-packs").write_bytes(b"pack-1 x\n\xff")


def collect_by_hand(repository: Path, git: Git) -> None:
    git(f"--git-dir={repository}", "gc", "-q")


INJURIES = (
    set_back,
    set_back_and_lose_newer_packs,
    move_to_foreign_commit,
    move_to_unknown_commit,
    empty_ref,
    fill_ref_with_garbage,
    turn_ref_into_a_folder,
    delete_refs,
    pack_refs,
    damage_head,
    delete_config,
    leave_torn_files,
    leave_locks,
    delete_everything,
    delete_git_dir,
    delete_objects,
    delete_one_pack,
    delete_manifest,
    garble_manifest,
    collect_by_hand,
)


@pytest.mark.parametrize("injure", INJURIES, ids=lambda injure: injure.__name__)
def test_the_next_start_heals(
    injure: Callable[[Path, Git], None],
    history: MemoryLog,
    caught_up: str,
    repository: Path,
    git: Git,
    assert_sound: Check,
) -> None:
    injure(repository, git)

    assert heal(history, repository.parent) == caught_up
    assert_sound()


@pytest.mark.parametrize("injure", INJURIES, ids=lambda injure: injure.__name__)
def test_a_running_writer_heals_and_goes_on(
    injure: Callable[[Path, Git], None],
    history: MemoryLog,
    git_dir: Path,
    repository: Path,
    git: Git,
    assert_sound: Check,
) -> None:
    later = history.tenant("default").commits[20:]
    del history.tenant("default").commits[20:]
    running = GitWriter(history, git_dir)
    running.catch_up("default")
    history.tenant("default").commits += later
    running.catch_up("default")
    injure(repository, git)
    if injure is not leave_locks:  # harmless to readers, and gone at the next write
        assert running.catch_up("default") == history.head("default")[0]
    history.change("default", [a_rule(5000)])

    assert running.catch_up("default") == history.head("default")[0]
    assert_sound()


@pytest.mark.usefixtures("caught_up")
def test_a_log_restored_from_an_earlier_backup_takes_the_repository_back(
    history: MemoryLog, git_dir: Path, git: Git, repository: Path
) -> None:
    earlier = history.truncated("default", 25)

    head = GitWriter(earlier, git_dir).catch_up("default")

    assert head == earlier.head("default")[0] == git(f"--git-dir={repository}", "rev-parse", "main")
    assert git(f"--git-dir={repository}", "fsck", "--strict") == ""


def test_a_repository_of_another_log_is_replaced(history: MemoryLog, git_dir: Path, assert_sound: Check) -> None:
    other = MemoryLog()
    other.change("default", [a_rule(1, "of another log")])
    heal(other, git_dir)

    heal(history, git_dir)

    assert_sound()


def test_a_truncated_pack_is_named_and_rebuilt_on_demand(
    history: MemoryLog, git_dir: Path, caught_up: str, repository: Path, assert_sound: Check
) -> None:
    injured = pack_files(repository)[0]
    injured.chmod(0o644)
    os.truncate(injured, injured.stat().st_size - 1)

    with pytest.raises(IntegrityError, match=f"{injured.stem}.*sternpost git rebuild"):
        heal(history, git_dir)
    assert GitWriter(history, git_dir).rebuild("default") == caught_up
    assert_sound()


@pytest.mark.usefixtures("caught_up")
def test_a_pack_with_a_flipped_byte_is_found_by_the_deep_check(
    history: MemoryLog, git_dir: Path, repository: Path
) -> None:
    injured = pack_files(repository)[1]
    injured.chmod(0o644)
    content = bytearray(injured.read_bytes())
    content[len(content) // 2] ^= 1
    injured.write_bytes(content)
    repositories = Repositories(GitWriter(history, git_dir))

    assert repositories.find_damaged_packs("default") == [injured.stem]


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
    altered = replace(commits[7][0], after='{"id":"forged"}')
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


def test_a_truncated_index_is_named(history: MemoryLog, git_dir: Path, caught_up: str, repository: Path) -> None:
    injured = pack_files(repository)[0].with_suffix(".idx")
    injured.chmod(0o644)
    os.truncate(injured, injured.stat().st_size - 1)

    with pytest.raises(IntegrityError, match=f"{injured.stem}.*sternpost git rebuild"):
        heal(history, git_dir)
    assert GitWriter(history, git_dir).rebuild("default") == caught_up


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
