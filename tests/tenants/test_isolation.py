"""Nothing of one tenant reaches another, and each of the two locks holds by itself."""

import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.config import Config
from app.core.clock import now_ms
from app.store.accounts import Account, insert_account, token_hash
from tests.crash.serving import environment_of
from tests.installations import Server, configured, open_for_test
from tests.tenants.isolation import Tenant, leaks, reads, writes
from tests.tenants.registering import registered

READ_BY_NO_TENANT = {"checkpoints", "mails"}
"""Only the worker reads them, for all tenants at once; nothing of them is in any answer."""


def two(server: Server) -> tuple[Tenant, Tenant]:
    """Make two tenants with an account of the same name in each."""
    ids = [registered(server, f"{name}@example.com").id for name in ("one", "other")]
    one, other = (Tenant(server, tenant, _account(server, tenant)) for tenant in ids)
    return one, other


def _account(server: Server, tenant: str) -> str:
    token = f"stp{tenant:x<29}"
    account = Account(tenant=tenant, id="ci", name="ci", created=now_ms(), token_hash=token_hash(token),
                      authorization="rw")  # fmt: skip
    with server.opened.database.writing(tenant) as connection:
        insert_account(connection, account)
    return token


def test_the_lists_of_endpoints_are_not_empty() -> None:
    assert len(list(reads())) > 60
    assert len(list(writes())) > 30


def test_nothing_of_one_tenant_reaches_another(server: Server) -> None:
    assert leaks(*two(server)) == []


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_without_the_condition_on_any_one_table_the_other_tenant_is_seen(config: Config) -> None:
    said = _mutant(config, "each")
    leaks = said["leaks"]

    assert leaks.pop("") == ""
    assert {table for table, leak in leaks.items() if not leak} == READ_BY_NO_TENANT
    assert set(leaks) == set(said["read"]) | READ_BY_NO_TENANT


@pytest.mark.postgres
@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_row_level_security_holds_without_any_condition(config: Config) -> None:
    assert _mutant(config, "none")["leaks"] == []


def _mutant(config: Config, mode: str) -> Any:
    """Run the comparison in a process whose statements can lack the condition."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.tenants.mutant", mode],
        env=environment_of(config),
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_requirement_8_interleaved_requests_over_a_small_pool_read_no_other_tenant(
    config: Config, server: Server
) -> None:
    tenants = two(server)
    for tenant in tenants:
        tenant.made("PUT", "/parameters", {"id": "mine", "value": tenant.id})
    small = configured(config.database_url, config.keys_dir, config.data_dir, threads=1)
    got: Counter[tuple[str, int, str]] = Counter()
    mutex = threading.Lock()

    def ask(client: Any, tenant: Tenant) -> None:
        for number in range(100):
            # Every fifth fails in the middle of its work.
            path = "/api/25/parameters/mine" if number % 5 else "/api/25/rules?at=seq:999999"
            answer = client.get(path, headers={"X-API-Token": tenant.token})
            value = answer.json["data"]["parameters"][0]["value"] if answer.status_code == 200 else ""
            with mutex:
                got[tenant.id, answer.status_code, value] += 1

    with open_for_test(small) as opened:
        served = Server(small, opened)
        client = served.client
        threads = [threading.Thread(target=ask, args=(client.application.test_client(), each)) for each in tenants * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)

    assert {key: count for key, count in got.items() if key[1] == 200} == {
        (tenant.id, 200, tenant.id): 160 for tenant in tenants
    }
    assert sum(count for key, count in got.items() if key[1] != 200) == 80
