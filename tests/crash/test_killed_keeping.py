"""Killed with -9 while events are retired or secrets encrypted anew: the log verifies, and every secret is readable."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.boot import Installation
from app.changes.change import Edit
from app.changes.recording import Fact
from app.changes.retiring import retire
from app.config import Config
from app.core.clock import now_ms
from app.store.checkpoints import keep_checkpoints
from app.store.resealing import seal_again
from app.verify import Trust, verify_installation
from app.verify.signed import read_keys
from tests.crash.serving import environment_of, fault_log
from tests.installations import as_account, configured, open_for_test, submit

SECRETS = {f"p-{number}": f"kept well {number}" for number in range(5)}


@pytest.fixture
def config(migrated_sqlite_url: str, template_keys: Path, tmp_path: Path) -> Config:
    """Give the test keys of its own: rotation writes into their folder."""
    shutil.copytree(template_keys, tmp_path / "keys")
    return configured(migrated_sqlite_url, tmp_path / "keys", tmp_path / "data")


def killed_at(config: Config, point: str, act: str) -> None:
    command = [sys.executable, "-m", "tests.crash.keeping_process", act]
    done = subprocess.run(command, check=False, env=environment_of(config, point), capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert fault_log(config).read_text().split() == [point.partition(":")[0]]


def rows(opened: Installation, statement: str) -> list[Any]:
    with opened.database.everywhere("test") as connection:
        return list(connection.execute(text(statement)))


def seqs(opened: Installation) -> list[int]:
    return [row.seq for row in rows(opened, "SELECT seq FROM events WHERE tenant = 'default' ORDER BY seq")]


def verified(opened: Installation) -> str:
    """Verify the log against its checkpoints, and say what there is."""
    trust = Trust(read_keys("".join(opened.committer.ring.public_keys().values())))
    report = verify_installation(opened.database, None, tenant="default", trust=trust)
    assert report.fault is None
    return report.text


@pytest.mark.parametrize(("point", "parts"), [("operate.before:2", 1), ("operate.after:2", 2)])
def test_a_retirement_that_is_killed_is_done_in_whole_parts_and_goes_on(config: Config, point: str, parts: int) -> None:
    with open_for_test(config) as opened:
        start = seqs(opened)[-1]
        for name in ("ann", "bob", "carol", "dave", "erin"):
            opened.committer.log(as_account(), [Fact(type="UserLogin", kind="user", id=name, name=name)])
        submit(opened, Edit("rule", "r-1", "create", {"displayName": "Rule one"}))
        keep_checkpoints(opened.database, opened.committer.ring)

    killed_at(config, point, "retire")

    with open_for_test(config) as opened:
        gone, told = min(2 * parts, 5), range(start + 7, start + 7 + parts)
        assert seqs(opened) == [*range(1, start + 1), *range(start + 1 + gone, start + 7), *told]
        assert f"({gone} of them retired)" in verified(opened)
        assert retire(opened.committer, "default", before_ms=now_ms() + 1) == 5 - gone
        assert "(5 of them retired)" in verified(opened)
        assert seqs(opened)[start] == start + 6


@pytest.mark.parametrize(
    ("point", "under_the_active_key"),
    [("key.made", 5), ("key.active", 0), ("secrets.sealed:2", 2), ("secrets.kept:2", 4)],
)
def test_a_rotation_that_is_killed_leaves_every_secret_readable_and_is_finished_by_the_worker(
    config: Config, point: str, under_the_active_key: int
) -> None:
    with open_for_test(config) as opened:
        for name, value in SECRETS.items():
            submit(opened, Edit("parameter", name, "create", {"value": value, "secret": True}))
        old = opened.committer.ring.active["encryption"]

    killed_at(config, point, "rotate")

    with open_for_test(config) as opened:
        ring = opened.committer.ring
        active = ring.active["encryption"]
        is_rotated = point != "key.made"
        assert (active != old) is is_rotated
        assert values(opened) == set(SECRETS.values())
        sealed = sum(row.key_id == active for row in rows(opened, "SELECT key_id FROM secrets"))
        assert sealed == under_the_active_key
        seal_again(opened.database, ring)
        assert {row.key_id for row in rows(opened, "SELECT key_id FROM secrets")} == {active}
        assert values(opened) == set(SECRETS.values())
        told = rows(opened, "SELECT object_id FROM events WHERE tenant = 'system' AND type = 'KeyRotated'")
        assert [row.object_id for row in told] == ([active] if is_rotated else [])
        verified(opened)


def values(opened: Installation) -> set[Any]:
    """Decrypt every secret."""
    ring = opened.committer.ring
    found = rows(opened, "SELECT tenant, tag, ciphertext, key_id FROM secrets")
    return {ring.unseal(row.tenant, row.tag, bytes(row.ciphertext), row.key_id) for row in found}
