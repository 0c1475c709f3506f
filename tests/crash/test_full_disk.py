"""A full disk refuses writes in one sentence, loses nothing, and needs no restart when there is room again."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import StorageFullError
from tests.changes.batches import Asked, rule, submit_together
from tests.crash.checks import check
from tests.crash.serving import repository
from tests.installations import Server, configured, open_for_test

FULL = "The disk is full: the change was not made. Free some space and send it again"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small disk: mounting a tmpfs needs root (CAP_SYS_ADMIN)")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def on_small_disk(small_disk: Path, sqlite_template: Path, template_keys: Path) -> Iterator[Server]:
    """Serve an installation whose database is on the small disk."""
    database = small_disk / "sternpost.db"
    database.write_bytes(sqlite_template.read_bytes())
    config = configured(f"sqlite:///{database}", template_keys, small_disk / "data")
    with open_for_test(config) as opened:
        yield Server(config, opened)


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    path = disk / "ballast"
    with path.open("ab", buffering=0) as ballast:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                continue
    os.sync()
    return path


def write_until_refused(server: Server, version: int) -> tuple[set[str], int, str, str]:
    """Create rules until one is refused: the acknowledged ones, status, text, and when to try again."""
    made: set[str] = set()
    for number in range(200):
        name = f"v{version}-{number}"
        body = {"id": name, "displayName": name, "longDescription": "text " * 2000}
        answer = server.put(f"/api/{version}/rules", json=body)
        if answer.status_code != 200:
            return made, answer.status_code, answer.get_json()["errorDetails"], answer.headers["Retry-After"]
        made.add(name)
    raise AssertionError("the disk was not full")


def test_a_full_disk_refuses_writes_and_loses_nothing(on_small_disk: Server, small_disk: Path) -> None:
    server, config = on_small_disk, on_small_disk.config
    assert server.put("/api/25/rules", json={"id": "before", "displayName": "Before"}).status_code == 200
    server.opened.git_writer.catch_up("default")
    ballast = fill(small_disk)

    made = {"before"}
    for version in (24, 25):
        more, status, text, retry = write_until_refused(server, version)
        made |= more
        assert (status, text, retry) == (503, FULL, "5")
    assert server.get("/api/25/rules/before").status_code == 200
    assert len(server.get("/api/24/rules").get_json()["data"]["rules"]) == len(made)

    ballast.unlink()
    assert server.put("/api/25/rules", json={"id": "after", "displayName": "After"}).status_code == 200
    server.opened.git_writer.catch_up("default")
    state = check(config.database_url, repository(config))
    assert {one for kind, one in state.documents if kind == "rule"} == made | {"after"}


def test_everybody_in_a_batch_hears_that_the_disk_is_full(on_small_disk: Server, small_disk: Path) -> None:
    committer = on_small_disk.opened.committer
    submit_together(committer, Asked([rule("before")]))
    ballast = fill(small_disk)
    long = "text " * 50_000

    answers = submit_together(committer, *(Asked([rule(f"r-{number}", longDescription=long)]) for number in range(4)))

    assert [(type(answer), str(answer)) for answer in answers] == [(StorageFullError, FULL)] * 4
    ballast.unlink()
    submit_together(committer, Asked([rule("after")]))
    on_small_disk.opened.git_writer.catch_up("default")
    config = on_small_disk.config
    assert check(config.database_url, repository(config)).ids.isdisjoint({"r-0", "r-3"})


def test_git_on_a_full_disk_stays_behind_and_catches_up(
    migrated_url: str, template_keys: Path, small_disk: Path
) -> None:
    config = configured(migrated_url, template_keys, small_disk / "data")
    with open_for_test(config) as opened:
        server = Server(config, opened)
        opened.git_writer.catch_up("default")
        ballast = fill(small_disk)
        body = {"id": "r-1", "displayName": "Rule 1", "longDescription": os.urandom(20_000).hex()}
        assert server.put("/api/25/rules", json=body).status_code == 200

        with pytest.raises(StorageFullError, match="stays behind its log; make room"):
            opened.git_writer.catch_up("default")
        assert server.get("/api/25/rules/r-1").status_code == 200

        ballast.unlink()
        opened.git_writer.catch_up("default")
    assert "r-1" in check(config.database_url, repository(config)).ids
