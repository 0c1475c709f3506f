"""A tenant that begins as a copy of another is one snapshot of it, whole or not there."""

import subprocess
import sys
import threading

import pytest
from sqlalchemy import insert

from app.boot import Installation
from app.changes.tenants import copy_tenant
from app.config import Config
from app.core.clock import now_ms
from app.core.context import Context
from app.core.errors import NotFoundError
from app.store.log import NO_HASH
from app.store.nodes import find_node, list_policy_servers
from app.store.session import TenantSession
from app.store.tables import Tenant
from tests.changes.batches import rule
from tests.crash.checks import check
from tests.crash.serving import environment_of, fault_log
from tests.installations import submit

PUBLIC = Context.system("public", "test")


@pytest.fixture
def acme(installation: Installation) -> str:
    """Make a tenant that has not begun."""
    row = {"id": "acme", "name": "Acme", "state": "active", "read_only": False, "created": 1}
    with installation.database.writing() as connection:
        connection.execute(insert(Tenant), [{**row, "seq": 0, "time": 0, "head": None, "hash": NO_HASH}])
    return "acme"


def copy(opened: Installation) -> None:
    copy_tenant(opened.database, Context.system("acme", "test"), "public", now_ms)


def test_a_copy_has_the_documents_revisions_and_git_of_its_base(
    config: Config, installation: Installation, acme: str
) -> None:
    submit(installation, rule("a"), rule("b"), ctx=PUBLIC)
    submit(installation, rule("a", "modify", longDescription="new"), rule("b", "delete"), ctx=PUBLIC)
    copy(installation)
    installation.git_writer.catch_up(acme)

    state = check(config.database_url, installation.git_writer.path(acme), acme)
    assert state.documents == check(config.database_url, tenant="public").documents
    assert (state.seq, len(state.commits)) == (1, 1)


def policy_servers(opened: Installation, tenant: str) -> list[str]:
    session = TenantSession(opened.database, tenant)
    found = list_policy_servers(session)
    session.release()
    return found


def test_a_copy_has_a_root_of_its_own(installation: Installation, acme: str) -> None:
    before = policy_servers(installation, acme)
    copy(installation)
    session = TenantSession(installation.database, acme)
    root = find_node(session, "root")
    session.release()

    assert before == []
    assert policy_servers(installation, acme) == ["root"]
    assert root is not None
    assert (root.hostname, root.status, root.is_policy_server) == ("root", "accepted", True)


def test_root_is_in_every_tenant_that_has_machines(installation: Installation) -> None:
    found = {tenant: policy_servers(installation, tenant) for tenant in ("default", "public", "system")}

    assert found == {"default": ["root"], "public": [], "system": []}


def test_a_second_copy_does_nothing(config: Config, installation: Installation, acme: str) -> None:
    copy(installation)
    first = check(config.database_url, tenant=acme)
    submit(installation, rule("later"), ctx=PUBLIC)
    copy(installation)

    assert check(config.database_url, tenant=acme) == first


def test_a_copy_of_nothing_is_refused(installation: Installation, acme: str) -> None:
    with pytest.raises(NotFoundError, match="Tenant 'nobody' was not found"):
        copy_tenant(installation.database, Context.system(acme, "test"), "nobody", now_ms)


def test_a_copy_taken_while_its_base_changes_is_one_snapshot(
    config: Config, installation: Installation, acme: str
) -> None:
    submit(installation, rule("left"), rule("right"), ctx=PUBLIC)
    under_way, copied = threading.Event(), threading.Event()

    def change() -> None:
        turn = 0
        while not copied.is_set():
            both = [rule(name, "modify", longDescription=str(turn)) for name in ("left", "right")]
            submit(installation, *both, ctx=PUBLIC)
            turn += 1
            if turn == 3:
                under_way.set()

    writer = threading.Thread(target=change)
    writer.start()
    assert under_way.wait(30)
    copy(installation)
    copied.set()
    writer.join(30)

    state = check(config.database_url, tenant=acme)  # which replays base up to the event that the copy names
    left, right = (state.documents["rule", name]["longDescription"] for name in ("left", "right"))
    assert left == right


def test_writers_that_knew_the_tenant_before_its_copy_build_on_it(
    config: Config, installation: Installation, acme: str
) -> None:
    ctx = Context.system(acme, "test")
    with pytest.raises(NotFoundError):
        submit(installation, rule("none", "modify"), ctx=ctx)
    copy(installation)
    submit(installation, rule("own"), ctx=ctx)
    installation.git_writer.catch_up(acme)

    assert "own" in check(config.database_url, installation.git_writer.path(acme), acme).ids


@pytest.mark.parametrize("point", ["tenant.begun", "tenant.copied"])
def test_a_copy_killed_on_the_way_leaves_nothing(
    point: str, config: Config, installation: Installation, acme: str
) -> None:
    command = [sys.executable, "-m", "tests.crash.copying_process"]
    killed = subprocess.run(command, env=environment_of(config, point), check=False, capture_output=True, text=True)

    assert killed.returncode == -9, killed.stderr
    assert fault_log(config).read_text().split() == [point]
    nothing = check(config.database_url, tenant=acme)
    assert (nothing.head, nothing.seq, nothing.documents) == (None, 0, {})
    assert policy_servers(installation, acme) == []
    copy(installation)
    assert check(config.database_url, tenant=acme).seq == 1
