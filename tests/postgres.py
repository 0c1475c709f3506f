"""Databases of tests on a PostgreSQL server: plain roles, copies of a template, and one that is refilled."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

_KEEP = """
CREATE SCHEMA kept;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name);
  END LOOP;
END $$;
CREATE FUNCTION kept.refill() RETURNS void LANGUAGE plpgsql AS $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
    IF pg_relation_size(format('public.%I', name)::regclass) > 4000000 THEN
      EXECUTE format('TRUNCATE public.%I CASCADE', name);
    ELSE
      EXECUTE format('DELETE FROM public.%I', name);
    END IF;
  END LOOP;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
    EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', name, name);
  END LOOP;
END $$;
"""
"""The rows that the template has are kept beside the tables; large tables are truncated, for they were a test's."""

_ALONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Roles:
    """Two plain roles of this session, neither above row-level security: the owner migrates, the service serves."""

    server: str
    password: str
    suffix: str

    @property
    def owner(self) -> str:
        return f"sternpost_owner_{self.suffix}"

    @property
    def service(self) -> str:
        return f"sternpost_service_{self.suffix}"

    def url(self, role: str, database: str) -> str:
        """Give the URL with which a role reaches a database."""
        place = urlsplit(self.server)
        return f"postgresql://{role}:{self.password}@{place.hostname}:{place.port or 5432}/{database}"


@contextmanager
def new_postgres_roles(server: str) -> Iterator[Roles]:
    """Make the roles, as docs/operations.md says, and drop them afterwards."""
    roles = Roles(server, uuid.uuid4().hex, uuid.uuid4().hex[:8])
    names = [sql.Identifier(name) for name in (roles.owner, roles.service)]
    with psycopg.connect(server, autocommit=True) as admin:
        for name in names:
            made = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}").format(name, roles.password)
            admin.execute(made)
    yield roles
    with psycopg.connect(server, autocommit=True) as admin:
        for name in names:
            admin.execute(sql.SQL("DROP ROLE {}").format(name))


@contextmanager
def new_postgres_database(server: str, roles: Roles, *, template: str = "template1") -> Iterator[str]:
    """Make a database of its own name, a copy of `template` that nobody uses now, and drop it afterwards."""
    database = f"sternpost_test_{uuid.uuid4().hex}"
    name = sql.Identifier(database)
    with psycopg.connect(server, autocommit=True) as admin:
        owner, base = sql.Identifier(roles.owner), sql.Identifier(template)
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(name, owner, base))
    yield roles.url(roles.owner, database)
    with psycopg.connect(server, autocommit=True) as admin:
        # FORCE ends the connections of pools and servers that the test left open.
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


class Refilled:
    """A database for many tests, one after the other: `refill` gives it the rows again that it began with.

    Copying a database costs several times what most tests do with it.
    """

    def __init__(self, server: str, name: str) -> None:
        place = urlsplit(server)
        self.name = name
        self._as_superuser = place._replace(path=f"/{name}").geturl()
        with psycopg.connect(self._as_superuser, autocommit=True) as admin:
            admin.execute(_KEEP)

    def refill(self) -> None:
        """End whoever is still connected, and put the first rows in the place of all that are there."""
        with psycopg.connect(self._as_superuser) as admin:
            admin.execute(_ALONE)
            admin.execute("SET LOCAL session_replication_role = replica")  # foreign keys are right at the end
            admin.execute("SELECT kept.refill()")
