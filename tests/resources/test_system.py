"""The server about itself: what it is, whether it is well, and the words that scripts wait for."""

import os
import platform
import shutil
from collections import namedtuple
from typing import Any

import pytest
from sqlalchemy import insert

from app.changes.change import Edit
from app.core.clock import now_ms
from app.resources.system import health
from app.store.heartbeat import beat
from app.store.tables import NodeRow
from tests.installations import Server, submit
from tests.resources.asking import Api, seq

both_eras = pytest.mark.parametrize("version", [24, 25])


@pytest.fixture
def api(server: Server, version: int) -> Api:
    return Api(server, version)


def health_of(api: Api) -> dict[str, dict[str, str]]:
    said = api.made("GET", "/system/healthcheck")
    assert said["action"] == "getHealthcheckResult"
    return {one["name"]: one for one in said["data"]}


@pytest.mark.parametrize("version", [10, 24, 25])
def test_the_server_describes_itself(api: Api) -> None:
    (api.server.config.data_dir / "instance-id").write_text("ab12cd34\n")

    said = api.made("GET", "/system/info")

    about: dict[str, Any] = said["data"]
    assert said["action"] == "getSystemInfo"
    assert about["rudder"]["version"] == "0.1.0"
    assert about["rudder"]["buildTime"].endswith("Z")
    assert (about["rudder"]["instanceId"], about["rudder"]["relays"]) == ("ab12cd34", [])
    assert about["system"]["os"]["name"] == platform.system()
    assert platform.python_version() in about["system"]["jvm"]["version"]
    assert about["nodes"] == {"total": 0, "audit": 0, "enforce": 0, "mixed": 0, "enabled": 0, "disabled": 0}
    assert about["plugins"] == []


@pytest.mark.parametrize("version", [25])
def test_the_nodes_of_the_tenant_are_counted_and_no_others(api: Api) -> None:
    rows = [
        {"id": "a", "status": "accepted", "is_policy_server": False, "tenant": "default"},
        {"id": "b", "status": "pending", "is_policy_server": False, "tenant": "default"},
        {"id": "relay", "status": "accepted", "is_policy_server": True, "tenant": "default"},
        {"id": "c", "status": "accepted", "is_policy_server": False, "tenant": "public"},
    ]
    with api.server.opened.database.writing_everywhere("the test's own nodes") as connection:
        connection.execute(insert(NodeRow), [{"hostname": row["id"], "created": 1, **row} for row in rows])
    submit(api.server.opened, Edit("setting", "global_policy_mode", "modify", {"value": "audit"}))

    about = api.made("GET", "/system/info")["data"]

    assert about["nodes"] == {"total": 1, "audit": 1, "enforce": 0, "mixed": 0, "enabled": 1, "disabled": 0}
    assert about["rudder"]["relays"] == ["relay"]


@pytest.mark.parametrize(
    ("method", "path", "action", "data"),
    [
        ("GET", "/system/status", "getStatus", {"global": "OK"}),
        ("POST", "/system/reload", "reloadAll", {"groups": "Started", "techniques": "Started"}),
        ("POST", "/system/reload/techniques", "reloadTechniques", {"techniques": "Started"}),
        ("POST", "/reload/techniques", "reloadTechniques", {"techniques": "Started"}),
        ("POST", "/system/reload/groups", "reloadGroups", {"groups": "Started"}),
        ("POST", "/system/update/policies", "updatePolicies", {"policies": "Started"}),
        ("POST", "/system/regenerate/policies", "regeneratePolicies", {"policies": "Started"}),
        ("POST", "/regenerate/policies", "regeneratePolicies", {"policies": "Started"}),
        ("POST", "/system/maintenance/purgeSoftware", "purgeSoftware", []),
    ],
)
@pytest.mark.parametrize("version", [13, 24, 25])
def test_what_always_follows_the_documents_is_said_to_have_started(
    api: Api, method: str, path: str, action: str, data: Any
) -> None:
    before = seq(api.server)

    assert api.made(method, path) == {"action": action, "result": "success", "data": data}
    assert seq(api.server) == before


@both_eras
def test_a_token_that_may_only_read_starts_nothing(api: Api) -> None:
    token = api.server.account("reader", authorization="ro")

    assert api("GET", "/system/healthcheck", token=token)[0] == 200
    for path in ("/system/reload", "/reload/techniques", "/regenerate/policies", "/system/maintenance/purgeSoftware"):
        api.refused(403, "POST", path, token=token)


@pytest.mark.parametrize(
    ("version", "path"), [(9, "/system/info"), (10, "/system/status"), (12, "/system/healthcheck")]
)
def test_each_is_there_from_its_version_on(api: Api, path: str) -> None:
    status, said = api("GET", path)

    assert (status, said["result"]) == (404, "error")


@both_eras
def test_a_server_that_is_well_says_so_of_each_part(api: Api) -> None:
    api.server.opened.git_writer.catch_up("default")
    beat(api.server.config.data_dir)

    found = health_of(api)

    assert list(found) == [
        "Database",
        "Disk space",
        "Git repository",
        "Keys",
        "Background worker",
        "File descriptors",
    ]
    assert {name: one["status"] for name, one in found.items()} == dict.fromkeys(found, "Ok")
    assert found["Git repository"]["msg"] == "The repository stands at the head of the log"
    assert found["Keys"]["msg"] == "All 4 keys can be read"


@pytest.mark.parametrize("version", [25])
@pytest.mark.parametrize(("late_s", "status"), [(10, "Ok"), (100, "Warning"), (1000, "Critical")])
def test_git_that_does_not_follow_is_told(api: Api, monkeypatch: pytest.MonkeyPatch, late_s: int, status: str) -> None:
    api.server.opened.git_writer.catch_up("default")
    submit(api.server.opened, Edit("rule", "r-1", "create", {"displayName": "One"}))
    later = now_ms() + late_s * 1000
    monkeypatch.setattr(health, "now_ms", lambda: later)

    found = health_of(api)["Git repository"]

    assert found["status"] == status
    assert found["msg"].startswith("The repository is behind the log since ")
    assert ("sternpost git sync" in found["msg"]) is (status != "Ok")


@pytest.mark.parametrize("version", [25])
def test_a_lost_key_is_told(api: Api) -> None:
    api("GET", "/system/status")
    ring = api.server.opened.committer.ring
    key = ring.folder / f"{min(ring.keys)}.key"
    kept = key.read_bytes()
    key.unlink()
    try:
        found = health_of(api)["Keys"]
    finally:
        key.write_bytes(kept)

    assert found["status"] == "Critical"
    assert key.stem in found["msg"]
    assert "STERNPOST_KEYS_DIR" in found["msg"]


@pytest.mark.parametrize("version", [25])
@pytest.mark.parametrize(("ago_s", "status"), [(5, "Ok"), (120, "Warning"), (4000, "Critical"), (None, "Warning")])
def test_a_worker_that_sleeps_is_told(api: Api, ago_s: int | None, status: str) -> None:
    data_dir = api.server.config.data_dir
    if ago_s is not None:
        beat(data_dir)
        then = (data_dir / "run" / "worker-beat").stat().st_mtime - ago_s
        os.utime(data_dir / "run" / "worker-beat", (then, then))

    found = health_of(api)["Background worker"]

    assert found["status"] == status
    assert ("start" in found["msg"]) is (status != "Ok")


@pytest.mark.parametrize("version", [25])
@pytest.mark.parametrize(("free", "status"), [(5 << 30, "Ok"), (500 << 20, "Warning"), (50 << 20, "Critical")])
def test_a_disk_that_fills_is_told(api: Api, monkeypatch: pytest.MonkeyPatch, free: int, status: str) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  what shutil gives
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10 << 30, 0, free))

    assert health_of(api)["Disk space"]["status"] == status


@pytest.mark.parametrize("version", [25])
def test_a_check_that_fails_itself_is_an_alarm_and_the_others_go_on(api: Api) -> None:
    api("GET", "/system/status")
    shutil.rmtree(api.server.config.data_dir)

    found = health_of(api)

    assert found["Disk space"]["status"] == "Critical"
    assert found["Keys"]["status"] == "Ok"
