"""The demonstration: a whole tenant by one command, proved like any other."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import COMMANDS, LazyGroup
from app.core.clock import now_ms, parse_rfc3339
from app.demo.story import DAY_MS, Size
from app.verify import verify_installation
from tests.installations import Server
from tests.search.test_facts import ask

Sternpost = Callable[..., Result]


@pytest.fixture
def sternpost(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sternpost:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STERNPOST_DATABASE_URL", server.config.database_url)
    monkeypatch.setenv("STERNPOST_KEYS_DIR", str(server.config.keys_dir))
    monkeypatch.setenv("STERNPOST_DATA_DIR", str(server.config.data_dir))
    small = Size(nodes=6, rules=8, directives=30)
    monkeypatch.setattr("app.commands.demo.Size", lambda: small)
    group = LazyGroup(COMMANDS, help_text="test")
    return lambda *words: CliRunner().invoke(group, words)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_demonstration_is_made_once_is_whole_and_is_proved(server: Server, sternpost: Sternpost) -> None:
    made = sternpost("demo", "--tenant", "show")
    again = sternpost("demo", "--tenant", "show")

    assert made.exit_code == 0, made.output
    assert again.exit_code == 1
    assert "Tenant 'show' exists, or existed" in again.output
    password = made.stdout.split("password")[1].split()[0]
    login = {"email": "administrator", "password": password, "client": "show"}
    access = server.client.post("/auth/login", json=login).json["access"]
    seen = {"Authorization": f"Bearer {access}"}

    def total(path: str, body: object = None) -> int:
        answer = server.client.post(f"/api/25/{path}/search", json=body or {}, headers=seen)
        assert answer.status_code == 200, answer.text
        return int(answer.json["meta"]["total"])

    assert (total("rules"), total("directives"), total("groups", {"filters": {"system": [False]}})) == (8, 30, 10)
    accepted = {"filters": {"status": ["accepted"]}}
    assert (total("nodes", accepted), total("nodes", {"filters": {"status": ["pending"]}})) == (7, 1)
    states = ("applied", "rejected", "withdrawn", "inReview", "approved", "draft")
    assert all(total("changeRequests", {"filters": {"state": [state]}}) for state in states)
    events = server.client.get("/api/25/events?limit=1000", headers=seen).json["data"]["events"]
    times = [parse_rfc3339(event["time"]) for event in events][::-1]
    assert times == sorted(times)
    assert times[-1] <= now_ms()
    assert times[-1] - times[0] > 89 * DAY_MS
    compliance = server.client.get("/api/25/compliance", headers=seen).json["data"]["globalCompliance"]
    assert 80 < compliance["compliance"] < 100
    days = server.client.get("/api/25/compliance/history", headers=seen).json["data"]
    assert len(next(iter(days.values()))) >= 5, "the plot of compliance has something to show"
    proof = verify_installation(server.opened.database, server.opened.git_root, tenant="show")
    assert proof.fault is None
    assert ask(server, {}, path="rules")["meta"]["total"] == 0


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_an_id_that_no_tenant_can_have_is_refused(sternpost: Sternpost) -> None:
    refused = sternpost("demo", "--tenant", "No such/id")

    assert refused.exit_code == 1
    assert "'No such/id' is no id of a tenant; use 1 to 63 of a-z" in refused.output
