"""The agent's run without Ansible: reports that wait, batches, reporting modes, when it runs, and its configuration."""

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.agent.faults import AgentError, ConfigurationError, DistrustError, ServerError
from app.agent.playbook import Place
from app.agent.running import Agent, seconds_to_next
from app.agent.server import Fetched
from app.agent.settings import Settings, read_settings
from app.agent.state import State
from app.agent.trust import canonical, refuse_older, verify
from app.core.canonical import canonical as servers_canonical
from app.store.signing import public_pem, sign

SEED = bytes(range(32))
HASH = "e" * 64


@dataclass
class Recorded:
    """Stands where the server is: gives a policy, and takes or refuses reports."""

    answer: Mapping[str, Any]
    refusals: list[ServerError] = field(default_factory=list)
    taken: list[list[str]] = field(default_factory=list)

    def fetch_policy(self, etag: str | None) -> Any:
        return Fetched(None, etag) if etag == "tag" else Fetched(self.answer, "tag")

    def send_reports(self, runs: list[Any]) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.taken.append([run["id"] for run in runs])


def signed(**more: Any) -> dict[str, Any]:
    """Sign a policy of no components as the server does."""
    schedule = {"reportingMode": more.pop("mode", "full-compliance")}
    bundle = {"format": 1, "schedule": schedule, "directives": [], "overridden": [], "faults": []}
    statement = {
        "format": "sternpost-policy-1",
        "tenant": "default",
        "node": "n-1",
        "bundle": hashlib.sha256(servers_canonical(bundle)).hexdigest(),
        "serial": 5,
        "secrets": hashlib.sha256(b"{}").hexdigest(),
        **more,
    }
    return {
        "statement": statement,
        "signature": sign(SEED, servers_canonical(statement)),
        "bundle": bundle,
        "secrets": {},
    }


def agent(folder: Path, server: Recorded) -> tuple[Agent, list[str]]:
    said: list[str] = []
    settings = Settings("https://x", "default", "n-1", "t", (public_pem(SEED),), None, 5)
    return Agent(settings, server, State.open(folder), Place(), said.append), said  # type: ignore[arg-type]  # a stand-in


def test_reports_wait_while_the_server_is_away_and_go_together_later(tmp_path: Path) -> None:
    server = Recorded(signed(), [ServerError("away"), ServerError("away")])
    mine, said = agent(tmp_path, server)

    reports = [mine.run()["id"] for _ in range(3)]

    assert said.count("away; the reports are kept and handed in later") == 2
    assert sorted(server.taken[0]) == sorted(reports)
    assert mine.state.waiting_reports() == {}


def test_a_report_that_is_never_taken_holds_up_no_other(tmp_path: Path) -> None:
    server = Recorded(signed(), [ServerError("away"), *(ServerError("bad", is_final=True) for _ in range(2))])
    mine, said = agent(tmp_path, server)

    mine.run()
    second = mine.run()["id"]

    assert said[-1] == "bad; a report that is never taken is dropped"
    assert server.taken == [[second]]
    assert mine.state.waiting_reports() == {}


def test_the_reporting_mode_says_what_is_sent(tmp_path: Path) -> None:
    quiet, changes = Recorded(signed(mode="reports-disabled")), Recorded(signed(mode="changes-only"))

    for server in (quiet, changes):
        mine, _ = agent(tmp_path / str(id(server)), server)
        mine.run()
        mine.run()

    assert quiet.taken == []
    assert len(changes.taken) == 1


def test_a_crash_before_the_policy_is_applied_does_not_bring_an_older_one_back(tmp_path: Path) -> None:
    mine, _ = agent(tmp_path, Recorded(signed(serial=7)))
    mine.run()
    older, _ = agent(tmp_path, Recorded(signed(serial=6)))
    (tmp_path / "policy.json").unlink()

    with pytest.raises(DistrustError, match="serial 6 is lower than 7"):
        older.run()
    (tmp_path / "seen.json").write_text("{", "utf-8")
    with pytest.raises(AgentError, match="is damaged"):
        older.run()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tenant": "other"}, "for tenant 'other'"),
        ({"node": "n-2"}, "for node 'n-2'"),
        ({"bundle": HASH}, "The bundle that came"),
        ({"secrets": HASH}, "The secrets that came"),
        ({"serial": "5"}, "serial is no integer"),
        ({"format": "sternpost-checkpoint-1"}, "is not of the form"),
    ],
)
def test_a_signed_statement_about_something_else_is_not_trusted(change: dict[str, Any], words: str) -> None:
    with pytest.raises(DistrustError, match=words):
        verify(signed(**change), tenant="default", node="n-1", public_keys=[public_pem(SEED)])


def test_only_a_pinned_key_counts_and_one_of_several_is_enough() -> None:
    other = Ed25519PrivateKey.generate().public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    with pytest.raises(DistrustError, match="was not made with a key that this node trusts"):
        verify(signed(), tenant="default", node="n-1", public_keys=[pem])
    policy = verify(signed(), tenant="default", node="n-1", public_keys=[pem, public_pem(SEED)])

    refuse_older(policy, 5, policy.hash)
    with pytest.raises(DistrustError, match="is another one than before"):
        refuse_older(policy, 5, HASH)


def test_agent_and_server_write_the_same_canonical_json() -> None:
    value = {"\U0001f600": 1, "\ufb33": [True, None, -5], 'é\n"\\': {"b": "\x7f\x01\u2028", "a": ""}}

    assert canonical(value) == servers_canonical(value)


def test_runs_are_spread_and_come_at_the_same_time_of_each_interval() -> None:
    schedule = {"runFrequency": 30, "splayTime": 10, "startHour": 1, "startMinute": 5}
    midnight = 1_700_006_400

    waits = [seconds_to_next(schedule, f"node-{number}", midnight + 3900) for number in range(200)]

    assert all(0 < wait <= 1800 for wait in waits)
    assert max(wait for wait in waits if wait < 1800) <= 600
    assert len(set(waits)) > 150
    assert seconds_to_next(schedule, "node-1", midnight + 3900 + waits[1]) == 1800
    assert seconds_to_next({}, "n", 0) == 300


@pytest.mark.parametrize(
    ("given", "mode", "words"),
    [
        ({"url": "http://example.com"}, 0o600, "must begin with https://"),
        ({"token": ""}, 0o600, "lacks token"),
        ({"extra": 1}, 0o600, "unknown members: extra"),
        ({}, 0o644, "open to others; run: chmod 600"),
        ({"timeoutSeconds": 0}, 0o600, "must be a number above 0"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, given: dict[str, Any], mode: int, words: str
) -> None:
    good = {"url": "https://x", "tenant": "default", "node": "n-1", "token": "t", "publicKey": "k"}
    file = tmp_path / "agent.json"
    file.write_text(json.dumps({**good, **given}), "utf-8")
    file.chmod(mode)

    with pytest.raises(ConfigurationError, match=words):
        read_settings(file)


def test_the_state_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    mine, _ = agent(tmp_path / "state", Recorded(signed()))
    mine.run()

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").rglob("*.json")}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_the_state_folder_may_be_named_from_where_the_agent_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine, _ = agent(Path("state"), Recorded(signed()))

    with mine.state.run_alone() as folder:
        monkeypatch.chdir("/")
        assert folder.is_dir()


def test_two_runs_at_once_do_not_get_in_each_others_way_and_leftovers_go(tmp_path: Path) -> None:
    mine, _ = agent(tmp_path, Recorded(signed()))
    left = tmp_path / "run-killed" / "values.json"
    left.parent.mkdir()
    left.write_text("secret", "utf-8")

    with mine.state.run_alone(), pytest.raises(AgentError, match="Another run is going on"):
        mine.run()
    mine.run()

    assert not left.exists()
    assert list(tmp_path.glob("run-*")) == []
