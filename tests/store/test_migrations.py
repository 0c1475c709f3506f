"""Migrations bring an empty database to exactly what the tables say, and back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.store.db import Database
from app.store.migrating import alembic_config
from app.store.migrations import is_current, newest_revision, upgrade
from app.store.tables import Base


@pytest.fixture
def database(database_url: str) -> Database:
    return Database(database_url)


def test_an_empty_database_is_not_current_until_it_is_upgraded(database: Database) -> None:
    assert not is_current(database)
    upgrade(database)
    assert is_current(database)
    database.close()


def test_the_migrations_give_what_the_tables_say(database: Database) -> None:
    upgrade(database)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_the_first_migration_brings_the_three_tenants(database: Database) -> None:
    upgrade(database)
    with database.connect() as connection:
        rows = connection.execute(text("SELECT id, read_only, seq FROM tenants ORDER BY id")).fetchall()
    database.close()

    assert [tuple(row) for row in rows] == [("default", False, 0), ("public", True, 0), ("system", True, 0)]


def test_tenants_that_were_there_before_get_their_root(database: Database) -> None:
    acme = "INSERT INTO tenants VALUES ('acme', 'Acme', 'ACTIVE', false, 7, 0, 0, NULL, '')"
    with database.writing() as connection:
        command.upgrade(alembic_config(connection), "lean_event_indexes")
        connection.execute(text(acme))
    upgrade(database)
    with database.everywhere("test") as connection:
        rows = connection.execute(
            text("SELECT tenant, id, status, is_policy_server, created FROM nodes ORDER BY tenant")
        ).fetchall()
    database.close()

    assert [tuple(row) for row in rows] == [
        ("acme", "root", "accepted", True, 7),
        ("default", "root", "accepted", True, 0),
    ]


def test_a_downgrade_leaves_nothing_and_can_be_upgraded_again(database: Database) -> None:
    upgrade(database)
    with database.writing() as connection:
        command.downgrade(alembic_config(connection), "base")
    with database.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(database)
    assert is_current(database)
    database.close()


def test_several_processes_may_upgrade_at_once(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(upgrade, databases))

    assert all(is_current(one) for one in databases)
    for one in databases:
        one.close()


def test_the_newest_migration_is_the_one_that_alembic_calls_its_head(database: Database) -> None:
    with database.connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
    assert newest_revision() == scripts.get_current_head()
    database.close()
