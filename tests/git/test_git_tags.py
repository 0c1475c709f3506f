"""Tags of archives: made from the log, kept through maintenance and rebuild, mended whatever happens to them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import IntegrityError
from app.store.format1 import tag_bytes
from app.store.git.objects import tag_sha
from app.store.git.writer import GitWriter
from tests.git.conftest import Git
from tests.git.memory_log import MemoryLog, a_rule

FIRST, SECOND = "2026-01-02_00-00-00.001", "2026-01-02_00-00-00.002"
POINTS = ("git.tags_written", "git.before_tags", "git.after_tags")
Damage = Callable[[Path], None]


def tags_of(git: Git, repository: Path) -> dict[str, str]:
    lines = git(f"--git-dir={repository}", "for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
    return dict(line.removeprefix("refs/tags/").split(" ") for line in lines.splitlines())


@pytest.fixture
def archived(history: MemoryLog) -> dict[str, str]:
    """Archive twice, with a commit between; answers the tags that must be there."""
    first = history.archive("default", FIRST)
    history.change("default", [a_rule(900)])
    second = history.archive("default", SECOND, "ExportFullArchive")
    return {
        f"archives/configurations-rules/{FIRST}": tag_sha(tag_bytes(first)),
        f"archives/full/{SECOND}": tag_sha(tag_bytes(second)),
    }


def test_an_archive_is_an_annotated_tag_of_its_commit(
    history: MemoryLog, git_dir: Path, repository: Path, git: Git
) -> None:
    head, _ = history.head("default")
    archive = history.archive("default", FIRST)

    GitWriter(history, git_dir).catch_up("default")

    name = f"archives/configurations-rules/{FIRST}"
    assert tags_of(git, repository) == {name: tag_sha(tag_bytes(archive))}
    assert git(f"--git-dir={repository}", "rev-parse", f"{name}^{{commit}}") == head
    assert git(f"--git-dir={repository}", "cat-file", "tag", name) == tag_bytes(archive).decode().strip()
    assert git(f"--git-dir={repository}", "fsck", "--strict", "--full", "--no-dangling") == ""


def test_an_archive_without_a_new_commit_is_seen_by_a_writer_that_is_up_to_date(
    history: MemoryLog, git_dir: Path, repository: Path, git: Git
) -> None:
    writer = GitWriter(history, git_dir)
    writer.catch_up("default")
    archive = history.archive("default", FIRST)

    writer.catch_up("default")

    assert tags_of(git, repository) == {f"archives/configurations-rules/{FIRST}": tag_sha(tag_bytes(archive))}


@pytest.mark.usefixtures("archived")
def test_other_events_write_nothing(history: MemoryLog, git_dir: Path, repository: Path) -> None:
    writer = GitWriter(history, git_dir)
    writer.catch_up("default")
    before = sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*"))
    history.other_event("default")

    writer.catch_up("default")

    assert sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*")) == before


def test_a_rebuild_gives_the_same_tags(
    history: MemoryLog, git_dir: Path, repository: Path, git: Git, archived: dict[str, str]
) -> None:
    writer = GitWriter(history, git_dir)
    writer.catch_up("default")
    named = (repository / "packed-refs").read_bytes()

    writer.rebuild("default")

    assert tags_of(git, repository) == archived
    assert (repository / "packed-refs").read_bytes() == named


def test_merged_packs_keep_the_tags(
    history: MemoryLog, git_dir: Path, repository: Path, git: Git, archived: dict[str, str]
) -> None:
    writer = GitWriter(history, git_dir)
    writer.catch_up("default")

    for number in range(3, 6):
        later = history.archive("default", f"2026-01-02_00-00-00.00{number}", "ExportGroups")
        writer.catch_up("default")
        archived[f"archives/groups/2026-01-02_00-00-00.00{number}"] = tag_sha(tag_bytes(later))

    assert writer.maintain("default", most_packs=1)
    GitWriter(history, git_dir).catch_up("default")

    assert tags_of(git, repository) == archived
    assert git(f"--git-dir={repository}", "fsck", "--strict", "--full", "--no-dangling") == ""


def names_deleted(repository: Path) -> None:
    (repository / "packed-refs").unlink()


def names_torn(repository: Path) -> None:
    names = repository / "packed-refs"
    names.write_bytes(names.read_bytes()[:150])


def a_tag_moved(repository: Path) -> None:
    names = repository / "packed-refs"
    lines = names.read_text().splitlines(keepends=True)
    lines[1] = lines[3].partition(" ")[0] + " " + lines[1].partition(" ")[2]
    names.write_text("".join(lines))


def names_are_no_text(repository: Path) -> None:
    (repository / "packed-refs").write_bytes(b"\xff\xfe")


def a_loose_tag_added(repository: Path) -> None:
    loose = repository / "refs" / "tags" / "archives" / "full" / "2020-01-01_00-00-00.000"
    loose.parent.mkdir(parents=True, exist_ok=True)
    loose.write_text((repository / "refs" / "heads" / "main").read_text())
    (repository / "packed-refs").touch()


def everything_deleted(repository: Path) -> None:
    shutil.rmtree(repository)


def newest_pack_deleted(repository: Path) -> None:
    newest = (repository / "sternpost-packs").read_text().splitlines()[-1].split()[0]
    for suffix in ("pack", "idx"):
        (repository / "objects" / "pack" / f"{newest}.{suffix}").unlink()


@pytest.mark.parametrize(
    "damage",
    [
        names_deleted,
        names_torn,
        a_tag_moved,
        names_are_no_text,
        a_loose_tag_added,
        everything_deleted,
        newest_pack_deleted,
    ],
    ids=lambda damage: damage.__name__,
)
def test_damaged_tags_are_mended(
    history: MemoryLog,
    git_dir: Path,
    repository: Path,
    git: Git,
    archived: dict[str, str],
    damage: Damage,
) -> None:
    same = GitWriter(history, git_dir)
    same.catch_up("default")
    for writer in (same, GitWriter(history, git_dir)):
        damage(repository)

        writer.catch_up("default")

        assert tags_of(git, repository) == archived
    assert git(f"--git-dir={repository}", "fsck", "--strict", "--full", "--no-dangling") == ""


def test_an_archive_of_a_commit_that_the_log_does_not_hold_is_refused(history: MemoryLog, git_dir: Path) -> None:
    archive = history.archive("default", FIRST)
    history.tenant("default").archives[-1] = archive._replace(data='{"commit":"' + "0" * 40 + f'","id":"{FIRST}"}}')

    with pytest.raises(IntegrityError, match=f"Event {archive.seq} .* run `sternpost verify`"):
        GitWriter(history, git_dir).catch_up("default")
