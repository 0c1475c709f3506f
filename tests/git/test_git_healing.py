"""Repositories that were injured: each heals unasked, or its damage is named."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import IntegrityError
from app.store.git.reader import find_damaged_packs
from app.store.git.writer import GitWriter
from tests.git.git_steps import heal, pack_files
from tests.git.memory_log import MemoryLog, a_rule

Git = Callable[..., str]
Check = Callable[[], None]

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
    repository: Path,
) -> None:
    injured = pack_files(repository)[1]
    injured.chmod(0o644)
    content = bytearray(injured.read_bytes())
    content[len(content) // 2] ^= 1
    injured.write_bytes(content)

    assert find_damaged_packs(repository) == [injured.stem]


def test_a_truncated_index_is_named(history: MemoryLog, git_dir: Path, caught_up: str, repository: Path) -> None:
    injured = pack_files(repository)[0].with_suffix(".idx")
    injured.chmod(0o644)
    os.truncate(injured, injured.stat().st_size - 1)

    with pytest.raises(IntegrityError, match=f"{injured.stem}.*sternpost git rebuild"):
        heal(history, git_dir)
    assert GitWriter(history, git_dir).rebuild("default") == caught_up
