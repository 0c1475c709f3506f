"""Keys that are rotated: old signatures and old secrets stay good, new ones are of the new key."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.changes.change import Edit
from app.changes.rotation import rotate
from app.changes.tenants import read_key
from app.config import Config
from app.core.clock import now_ms
from app.store.checkpoints import checkpoint, keep_checkpoints, list_standings
from app.store.resealing import seal_again
from app.store.secrets import KeyRing, open_keys
from app.store.tenants import find_key
from app.verify import Trust, verify_installation
from app.verify.signed import read_keys
from tests.installations import Server, open_for_test, submit
from tests.live import ROOT, command_environment


def a_parameter(name: str, value: str) -> Edit:
    return Edit("parameter", name, "create", {"value": value, "secret": True})


def key_ids(server: Server, table: str, column: str = "key_id") -> set[str]:
    with server.opened.database.everywhere("test") as connection:
        return {row[0] for row in connection.execute(text(f"SELECT {column} FROM {table}"))}


def reopened(server: Server) -> KeyRing:
    with server.opened.database.writing() as connection:
        return open_keys(connection, server.config.keys_dir, now_ms=now_ms())


def secret_of(server: Server, ring: KeyRing) -> Any:
    with server.opened.database.everywhere("test") as connection:
        row = connection.execute(text("SELECT tenant, tag, ciphertext, key_id FROM secrets")).one()
    return ring.unseal(row.tenant, row.tag, bytes(row.ciphertext), row.key_id)


def own_keys(config: Config, folder: Path) -> Config:
    """Give the test keys of its own: rotation writes into their folder."""
    keys = folder / "keys"
    keys.mkdir()
    for file in config.keys_dir.glob("*.key"):
        (keys / file.name).write_bytes(file.read_bytes())
    return config.model_copy(update={"keys_dir": keys})


def test_secrets_are_encrypted_anew_and_every_process_still_reads_them(config: Config, tmp_path: Path) -> None:
    config = own_keys(config, tmp_path)
    with open_for_test(config) as opened:
        server = Server(config, opened)
        submit(opened, a_parameter("password", "hunter2-hunter2"))
        old = opened.committer.ring
        hook = {"id": "hook", "name": "Hook", "url": "https://hooks.example.org/x"}
        assert server.put("/api/25/webhooks", json=hook).status_code == 200
        before = key_ids(server, "secrets")

        rotated = rotate(opened.database, old, "encryption", now_ms)

        assert before == {old.active["encryption"]}
        assert key_ids(server, "secrets") == {rotated.key_id}
        assert key_ids(server, "tenant_keys") <= {rotated.key_id}
        assert key_ids(server, "webhooks", "secret_key") == {rotated.key_id}
        assert secret_of(server, old) == secret_of(server, reopened(server)) == "hunter2-hunter2"
        with opened.database.everywhere("test") as connection:
            key = find_key(connection, "default", "api")
        assert key is None or read_key(old, key).startswith("stk_")
        submit(opened, a_parameter("second", "hunter2-hunter3"))  # by a process that still has the old key
        assert key_ids(server, "secrets") == {rotated.key_id, old.active["encryption"]}
        assert seal_again(opened.database, reopened(server)) == 1
        assert key_ids(server, "secrets") == {rotated.key_id}
        assert reopened(server).tag("default", "hunter2-hunter2") == old.tag("default", "hunter2-hunter2")
        with opened.database.everywhere("test") as connection:
            events = connection.execute(text("SELECT type, data FROM events WHERE tenant = 'system' ORDER BY seq"))
            told = list(events)[-1]
        assert told.type == "KeyRotated"
        assert told.data == (f'{{"from":"{old.active["encryption"]}","purpose":"encryption"}}')


def test_checkpoints_of_each_signing_key_there_was_are_good(config: Config, tmp_path: Path) -> None:
    config = own_keys(config, tmp_path)
    with open_for_test(config) as opened:
        server = Server(config, opened)
        keep_checkpoints(opened.database, opened.committer.ring)
        rotated = rotate(opened.database, opened.committer.ring, "signing", now_ms)
        submit(opened, a_parameter("p", "value-of-p"))
        ring = reopened(server)
        keep_checkpoints(opened.database, ring)
        both = "".join(ring.public_keys().values())
        new = ring.public_keys()[rotated.key_id]

        made = checkpoint(ring, next(iter(list_standings(opened.database, "default"))))
        sound = verify_installation(opened.database, None, trust=Trust(read_keys(both)))
        half = verify_installation(opened.database, None, trust=Trust(read_keys(new)))

    assert made.key_id == rotated.key_id
    assert sound.fault is None
    assert "default: 2 events, 2 commits" in sound.text
    assert "anchored by 2 checkpoints" in sound.text
    assert f"is signed with key {opened.committer.ring.active['signing']}, which is none of yours" in str(half.fault)


def run(folder: Path, *arguments: str, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments], cwd=folder, env=command_environment({"PYTHONPATH": str(ROOT)}),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode != 0) is fails, done.stderr
    return done.stderr if fails else done.stdout


def test_the_commands_of_an_auditor_work_as_the_documents_say(server: Server, tmp_path: Path) -> None:
    url = server.config.database_url
    if not server.config.uses_sqlite:
        return  # the role of the service reaches one database; the commands are the same
    environment = {"STERNPOST_DATABASE_URL": url, "STERNPOST_KEYS_DIR": str(server.config.keys_dir)}
    os.environ.update(environment)
    try:
        pem = tmp_path / "auditor.pem"
        pem.write_text(run(tmp_path, "keys", "public"), "utf-8")
        first, second = run(tmp_path, "witness", "w.ndjson"), run(tmp_path, "witness", "w.ndjson")
        (tmp_path / "e.ndjson").write_bytes(server.get("/api/25/events/export?format=ndjson").get_data())
        (tmp_path / "answer").write_bytes(server.get("/api/25/events/checkpoint").get_data() + b"\n")
        proven = run(tmp_path, "verify", "e.ndjson", "--public-key", "auditor.pem", "--checkpoints", "answer")
        without = run(tmp_path, "verify", "e.ndjson", fails=True)
        run(tmp_path, "backup", "b.zip")
        backup = run(tmp_path, "verify", "b.zip", "--checkpoints", "w.ndjson", "--public-key", "auditor.pem")
        (tmp_path / "w.ndjson").write_text("no\n", "utf-8")
        bad = run(tmp_path, "witness", "w.ndjson", fails=True)
    finally:
        for name in environment:
            del os.environ[name]

    assert first == "Appended 3 checkpoints to w.ndjson\n"
    assert second == "w.ndjson has all of them; no log has moved\n"
    assert proven.startswith("default: 2 events up to event 2; none is left out")
    assert "e.ndjson is an export: name the keys that you trust with --public-key FILE" in without
    assert "system: 1 events, 0 commits and 0 documents agree; anchored by 1 checkpoint" in backup
    assert "Line 1 of w.ndjson is no checkpoint; name another file" in bad
