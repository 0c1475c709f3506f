"""Servers killed with -9 at random moments under eight writers, and two servers on one database."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from app.config import Config
from tests.changes.batches import rule
from tests.crash.checks import check
from tests.crash.conftest import Serve
from tests.crash.serving import NoAnswerError, RealServer, repository
from tests.installations import configured, open_for_test, submit

WRITERS, KILLS = 8, 3


@dataclass
class Writers:
    """Eight clients that create, change and delete rules until the connection breaks."""

    kept: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    numbers: "count[int]" = field(default_factory=count)
    enough: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def write(self, server: RealServer) -> None:
        """Write until the server is gone, and keep book of what it acknowledged."""
        while True:
            rule = f"r-{next(self.numbers)}"
            try:
                assert server.create(rule).status == 200
                self.kept.add(rule)
                self.enough.release()
                if rule.endswith("0"):
                    self.unknown.add(rule)
                    assert server.ask("DELETE", f"/25/rules/{rule}").status == 200
                    self.unknown.discard(rule)
                    self.gone.add(rule)
            except NoAnswerError:
                self.unknown.add(rule)
                return


@pytest.mark.slow
def test_a_server_killed_at_random_under_eight_writers_loses_nothing(config: Config, serve: Serve) -> None:
    chance, writers = random.Random(20261125), Writers()
    for _ in range(KILLS):
        server = serve(config)
        with ThreadPoolExecutor(WRITERS) as pool:
            running = [pool.submit(writers.write, server) for _ in range(WRITERS)]
            for _ in range(chance.randint(5, 60)):
                assert writers.enough.acquire(timeout=60)
            server.kill()
        for one in running:
            one.result()
        present = check(config.database_url).ids
        sure = writers.kept - writers.gone - writers.unknown
        assert sure <= present, "every acknowledged rule is there"
        assert not writers.gone & present, "every acknowledged deletion stays done"

    server = serve(config, worker=False)
    assert server.create("after-all").status == 200
    with open_for_test(config) as opened:
        opened.git_writer.catch_up("default")
    assert "after-all" in check(config.database_url, repository(config)).ids


@pytest.mark.postgres
def test_two_servers_with_data_directories_of_their_own_serve_the_same_heads(
    migrated_postgres_url: str, template_keys: Path, tmp_path: Path, serve: Serve
) -> None:
    configs = [configured(migrated_postgres_url, template_keys, tmp_path / name / "data") for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        servers = list(pool.map(lambda one: serve(one, worker=False), configs))

    for turn in range(6):
        first, second = servers[turn % 2], servers[1 - turn % 2]
        assert first.create(f"r-{turn}").status == 200
        assert second.ask("POST", f"/25/rules/r-{turn}", {"longDescription": "by the other"}).status == 200
        shown = [server.ask("GET", f"/25/rules/r-{turn}") for server in servers]
        assert shown[0].body["data"] == shown[1].body["data"]
        assert shown[0].headers["ETag"] == shown[1].headers["ETag"]

    for one in configs:
        with open_for_test(one) as opened:
            opened.git_writer.catch_up("default")
    states = [check(one.database_url, repository(one)) for one in configs]
    assert states[0] == states[1]
    assert len(states[0].commits) == 1 + 12


def test_a_command_writes_beside_a_server(
    migrated_sqlite_url: str, template_keys: Path, tmp_path: Path, serve: Serve
) -> None:
    config = configured(migrated_sqlite_url, template_keys, tmp_path / "data")
    server = serve(config, worker=False)
    with open_for_test(config) as beside:
        for turn in range(4):
            assert server.create(f"s-{turn}").status == 200
            submit(beside, rule(f"c-{turn}"), rule(f"s-{turn}", "modify", longDescription="by the command"))
            shown = server.ask("GET", f"/25/rules/s-{turn}").body["data"]["rules"][0]
            assert shown["longDescription"] == "by the command"
        beside.git_writer.catch_up("default")

    assert len(check(config.database_url, repository(config)).commits) == 1 + 8


@pytest.mark.postgres
def test_two_servers_found_one_empty_database_together(postgres_url: str, tmp_path: Path, serve: Serve) -> None:
    keys = tmp_path / "keys"
    configs = [configured(postgres_url, keys, tmp_path / name / "data") for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        servers = list(pool.map(lambda one: serve(one, worker=False), configs))

    assert [server.create(f"r-{number}").status for number, server in enumerate(servers)] == [200, 200]
    assert {"r-0", "r-1"} <= check(postgres_url).ids
    check(postgres_url, tenant="public")
    assert len(list(keys.glob("*.key"))) == 4
