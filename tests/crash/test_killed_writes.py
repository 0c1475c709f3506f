"""The server killed with -9 at each step of a write: acknowledged changes stay, half ones never are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.changes.archives import SCOPES, create_archive
from app.config import Config
from app.store.nodes import lock_node
from app.verify import verify_installation
from tests.changes.batches import rule
from tests.crash.checks import check, git
from tests.crash.conftest import Serve
from tests.crash.serving import NoAnswerError, environment_of, fault_log, repository
from tests.installations import Server, as_account, configured, open_for_test, submit

LOST = ("commit.locked", "commit.written", "commit.before")
KEPT = ("commit.after",)
IN_GIT = (
    "git.before_pack",
    "git.pack_written",
    "git.idx_written",
    "git.manifest_written",
    "git.before_ref",
    "git.after_ref",
)

IN_TAGS = ("git.tags_written", "git.before_tags", "git.after_tags")


def heal(config: Config) -> None:
    """Start the installation in this process and bring its repository to the head."""
    with open_for_test(config) as opened:
        opened.git_writer.catch_up("default")


@pytest.mark.parametrize("point", [*LOST, *KEPT])
def test_a_server_killed_while_it_writes_keeps_what_it_acknowledged(point: str, config: Config, serve: Serve) -> None:
    server = serve(config, fault=f"{point}:3", worker=False)
    assert [server.create(name).status for name in ("r-1", "r-2")] == [200, 200]
    with pytest.raises(NoAnswerError):
        server.create("r-3")
    server.kill()
    assert fault_log(config).read_text().split() == [point]

    expected = {"r-1", "r-2"} | ({"r-3"} if point in KEPT else set())
    heal(config)
    assert check(config.database_url, repository(config)).ids >= expected
    assert ("r-3" in check(config.database_url).ids) is (point in KEPT)


@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
def test_a_request_repeated_with_its_key_after_the_kill_is_done_once(point: str, config: Config, serve: Serve) -> None:
    server = serve(config, fault=point, worker=False)
    body = {"id": "r-1", "displayName": "Once"}
    with pytest.raises(NoAnswerError):
        server.ask("PUT", "/25/rules", body, Idempotency_Key="only-once")
    server.kill()
    assert fault_log(config).read_text().split() == [point]

    with open_for_test(config) as opened:
        again = Server(config, opened)
        headers = {"Idempotency-Key": "only-once", "Content-Type": "application/json"}
        answers = [
            again.put("/api/25/rules", token=server.token, data=json.dumps(body), headers=headers) for _ in range(2)
        ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_json()["data"] == answers[1].get_json()["data"]
    assert len(check(config.database_url).commits) == 2  # the copy of the catalogue, and the rule


@pytest.mark.parametrize("point", ["commit.written", "commit.before", "commit.after"])
def test_a_change_set_of_several_documents_is_there_whole_or_not_at_all(point: str, config: Config) -> None:
    before = check(config.database_url)
    command = [sys.executable, "-m", "tests.crash.writing_process", "change-set"]

    killed = subprocess.run(
        command, check=False, env=environment_of(config, f"{point}:2"), capture_output=True, text=True
    )

    assert killed.returncode == -9, killed.stderr
    assert fault_log(config).read_text().split() == [point]
    assert killed.stdout == "acknowledged 1\n"
    heal(config)
    after = check(config.database_url, repository(config))
    whole = point in KEPT
    assert after.seq - before.seq == (5 if whole else 2)
    assert after.ids - before.ids == ({"b", "c"} if whole else {"a", "b"})


@pytest.mark.parametrize("point", ["commit.written", "commit.before", "commit.after"])
def test_a_node_and_its_instances_are_gone_together_or_not_at_all(point: str, config: Config) -> None:
    before = check(config.database_url)
    command = [sys.executable, "-m", "tests.crash.hosting_process"]

    killed = subprocess.run(
        command, check=False, env=environment_of(config, f"{point}:2"), capture_output=True, text=True
    )

    assert killed.returncode == -9, killed.stderr
    assert fault_log(config).read_text().split() == [point]
    assert killed.stdout == "acknowledged 1\n"
    heal(config)
    after = check(config.database_url, repository(config))
    with open_for_test(config) as opened, opened.database.connect("default") as connection:
        node = lock_node(connection, "default", "node-1")
    assert node is not None
    if point in KEPT:
        assert (node.status, after.ids - before.ids) == ("deleted", set())
        assert len(after.commits) == len(before.commits) + 2
    else:
        assert (node.status, after.ids - before.ids) == ("accepted", {"i-1", "i-2"})


@pytest.mark.parametrize("point", ["operate.before", "operate.after"])
def test_an_archive_acknowledged_or_not_before_the_kill_is_in_git_or_not_after_the_restart(
    point: str, config: Config, serve: Serve
) -> None:
    server = serve(config, worker=False)
    assert server.create("r-1").status == 200
    server.kill()
    server = serve(config, fault=f"{point}:2", worker=False)
    with pytest.raises(NoAnswerError):
        server.ask("POST", "/25/system/archives/rules")
    server.kill()
    assert not repository(config).exists()

    heal(config)

    state = check(config.database_url, repository(config))
    tags = git(repository(config), "for-each-ref", "--format=%(refname:lstrip=2) %(*objectname)", "refs/tags").split()
    assert tags[1::2] == ([state.head] if point == "operate.after" else [])
    with open_for_test(config) as opened:
        assert verify_installation(opened.database, opened.git_root, tenant="default").fault is None


@pytest.mark.parametrize("point", IN_TAGS)
def test_a_worker_killed_while_it_tags_is_healed_by_the_next(
    point: str, migrated_sqlite_url: str, template_keys: Path, tmp_path: Path
) -> None:
    config = configured(migrated_sqlite_url, template_keys, tmp_path / "data")
    with open_for_test(config) as opened:
        submit(opened, rule("r-1"))
        made = create_archive(opened.work(as_account()), SCOPES["full"])
    command = [sys.executable, "-m", "app.cli", "worker"]

    killed = subprocess.run(command, check=False, env=environment_of(config, point), capture_output=True, text=True)

    assert killed.returncode == -9, killed.stderr
    assert fault_log(config).read_text().split() == [point]
    heal(config)
    check(config.database_url, repository(config))
    assert git(repository(config), "rev-parse", f"archives/full/{made.id}^{{commit}}").strip() == made.commit


@pytest.mark.parametrize("point", IN_GIT)
def test_a_worker_killed_while_it_writes_git_is_healed_by_the_next(
    point: str, migrated_sqlite_url: str, template_keys: Path, tmp_path: Path
) -> None:
    config = configured(migrated_sqlite_url, template_keys, tmp_path / "data")
    with open_for_test(config) as opened:
        opened.git_writer.catch_up("default")
        submit(opened, rule("r-1"))
    command = [sys.executable, "-m", "app.cli", "worker"]

    killed = subprocess.run(command, check=False, env=environment_of(config, point), capture_output=True, text=True)

    assert killed.returncode == -9, killed.stderr
    assert fault_log(config).read_text().split() == [point]
    heal(config)
    assert "r-1" in check(config.database_url, repository(config)).ids
