"""Row-level security of PostgreSQL, which holds when the condition of the session is forgotten."""

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update

from app.boot import Installation
from app.changes.change import Edit
from app.config import Config
from app.core.errors import NotFoundError
from app.store.db import Database
from app.store.documents import find_document
from app.store.migrations import is_current
from app.store.prepared import Prepared
from app.store.rows import begin_again, everywhere, is_above_policies
from app.store.session import TenantSession
from app.store.tables import Base, DocumentRow
from tests.installations import configured, open_for_test, submit

pytestmark = pytest.mark.postgres

TENANTS = sorted(table.name for table in Base.metadata.tables.values() if "tenant" in table.c)
UNSCOPED = select(DocumentRow.tenant).distinct()


@pytest.fixture
def config(migrated_postgres_url: str, tmp_path: Path, template_keys: Path) -> Config:
    return configured(migrated_postgres_url, template_keys, tmp_path / "data")


@pytest.fixture
def database(installation: Installation) -> Database:
    submit(installation, Edit("parameter", "p", "create", {"value": "mine"}))
    return installation.database


def tenants_seen(database: Database, tenant: str | None) -> set[str]:
    with database.connect(tenant) as connection:
        return {row.tenant for row in connection.execute(UNSCOPED)}


def test_the_roles_of_the_tests_are_plain(database: Database, postgres_server: str) -> None:
    with database.connect() as connection:
        assert not is_above_policies(connection)
    admin = Database(postgres_server)
    with admin.connect() as connection:
        assert is_above_policies(connection)
    admin.close()


@pytest.mark.parametrize("table", TENANTS)
def test_every_table_of_tenants_forces_its_policy(database: Database, table: str) -> None:
    with database.connect() as connection:
        found = connection.execute(
            text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = CAST(:name AS regclass)"),
            {"name": table},
        ).one()

    assert tuple(found) == (True, True)


def test_a_statement_without_condition_sees_one_tenant_or_none(database: Database) -> None:
    assert tenants_seen(database, "default") == {"default"}
    assert tenants_seen(database, "public") == {"public"}
    assert tenants_seen(database, "nobody") == set()
    assert tenants_seen(database, None) == set()
    with database.everywhere("test") as connection:
        assert {row.tenant for row in connection.execute(UNSCOPED)} == {"default", "public"}


def test_a_connection_forgets_its_tenant_when_it_is_given_back(database: Database) -> None:
    for tenant in ("default", "public") * 5:
        assert tenants_seen(database, tenant) == {tenant}
        assert tenants_seen(database, None) == set()


def test_the_name_survives_a_rollback_and_a_repeated_statement(database: Database) -> None:
    with database.connect("default") as connection:
        begin_again(connection)
        assert {row.tenant for row in connection.execute(UNSCOPED)} == {"default"}
    broken = Prepared(select(DocumentRow.id).where(text("1 / (CASE WHEN body = '' THEN 1 ELSE 0 END) = 1")))
    session = TenantSession(database, "default")
    with pytest.raises(Exception, match="division by zero"):
        session.plain(broken, {})
    session.release()
    assert tenants_seen(database, "public") == {"public"}


def test_another_tenants_rows_are_neither_changed_nor_made(database: Database) -> None:
    with database.writing("public") as connection:
        for statement in (update(DocumentRow).values(name="taken"), delete(DocumentRow)):
            mine = statement.where(DocumentRow.tenant == "default")
            assert connection.execute(mine).rowcount == 0
    row = {"tenant": "default", "kind": "rule", "id": "x", "name": "x", "body": "{}", "blob": "", "revision": 1}
    with pytest.raises(Exception, match="row-level security"), database.writing("public") as connection:
        connection.execute(insert(DocumentRow), [{**row, "commit_id": "", "created": 1, "updated": 1}])


def test_a_part_of_a_transaction_may_see_every_tenant(database: Database) -> None:
    with database.connect("default") as connection:
        with everywhere(connection, "test"):
            assert len(connection.execute(UNSCOPED).fetchall()) == 2
        assert {row.tenant for row in connection.execute(UNSCOPED)} == {"default"}


def test_the_service_changes_no_table_and_a_server_of_its_role_starts(config: Config) -> None:
    with open_for_test(config) as opened:
        assert is_current(opened.database)
        with pytest.raises(Exception, match="must be owner"), opened.database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE documents DISABLE ROW LEVEL SECURITY")


def test_a_session_of_another_tenant_finds_nothing(database: Database) -> None:
    session = TenantSession(database, "public")
    assert find_document(session, "parameter", "p") is None
    session.release()
    with pytest.raises(NotFoundError):
        TenantSession(database, "nobody").head()
