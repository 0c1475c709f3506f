"""A start heals whatever happened to git while the server was down: the log is the truth."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.application import create_app
from app.boot import prepare
from app.config import Config
from tests.changes.batches import rule
from tests.crash.checks import check, git
from tests.crash.conftest import Serve
from tests.crash.serving import repository
from tests.installations import configured, open_for_test, submit


def ref_set_back(repo: Path) -> None:
    git(repo, "update-ref", "refs/heads/main", "refs/heads/main~2")


def ref_emptied(repo: Path) -> None:
    (repo / "refs" / "heads" / "main").write_text("")


def ref_moved_to_a_foreign_commit(repo: Path) -> None:
    tree = git(repo, "rev-parse", "main^{tree}").strip()
    identity = ("-c", "user.name=x", "-c", "user.email=x@x.invalid")
    foreign = git(repo, *identity, "commit-tree", tree, "-m", "foreign").strip()
    git(repo, "update-ref", "refs/heads/main", foreign)


def torn_pack_left_behind(repo: Path) -> None:
    whole = next((repo / "objects" / "pack").glob("*.pack"))
    (whole.parent / "tmp_pack_half").write_bytes(whole.read_bytes()[:50])
    (whole.parent / f"pack-{'ab' * 20}.pack").write_bytes(whole.read_bytes()[:70])


def repository_deleted(repo: Path) -> None:
    shutil.rmtree(repo)


def everything_of_git_deleted(repo: Path) -> None:
    shutil.rmtree(repo.parent)


DAMAGES = (
    ref_set_back,
    ref_emptied,
    ref_moved_to_a_foreign_commit,
    torn_pack_left_behind,
    repository_deleted,
    everything_of_git_deleted,
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_start_heals_git_to_the_same_head(damage: Callable[[Path], None], config: Config) -> None:
    with open_for_test(config) as opened:
        for number in range(3):
            submit(opened, rule(f"r-{number}"))
        head = opened.git_writer.catch_up("default")
    damage(repository(config))

    prepare(config)  # what every start does
    with open_for_test(config) as opened:
        assert create_app(config, opened).test_client().get("/healthz").status_code == 200
        submit(opened, rule("after"))
        opened.git_writer.catch_up("default")
    assert check(config.database_url, repository(config)).commits[-2] == head


def test_a_worker_brings_git_to_the_head_by_itself(
    migrated_sqlite_url: str, template_keys: Path, tmp_path: Path, serve: Serve
) -> None:
    config = configured(migrated_sqlite_url, template_keys, tmp_path / "data")
    with open_for_test(config) as opened:
        submit(opened, rule("r-1"))
        opened.git_writer.catch_up("default")
        submit(opened, rule("r-2"))
    everything_of_git_deleted(repository(config))
    serve(config)

    assert ref_reaches(repository(config), str(check(config.database_url).head))


def ref_reaches(repo: Path, head: str) -> bool:
    """Wait until the worker has moved the ref; the file system has nothing to wait on."""
    ends = time.monotonic() + 60
    ref = repo / "refs" / "heads" / "main"
    while time.monotonic() < ends:
        if ref.exists() and ref.read_text().strip() == head:
            return True
        time.sleep(0.05)
    return False
