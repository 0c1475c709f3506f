"""The second lock on tenants' rows: PostgreSQL shows and takes only those of the tenant that a transaction names.

The first lock is the condition that `session.scoped` adds to each statement. SQLite has the first alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

EVERY: Final = "*"
"""Named instead of a tenant by the few jobs of the whole installation; no tenant can have this id."""
OPTION: Final = "sternpost_tenant"

_CONFINE: Final = "SELECT set_config('sternpost.tenant', %s, true)"
_UNSECURED: Final = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped
WHERE c.relkind = 'r' AND n.nspname = current_schema() AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
ORDER BY c.relname
"""
# As a subselect the setting is read once a statement and not once a row.
_RULE: Final = (
    "tenant = (SELECT current_setting('sternpost.tenant', true))"
    f" OR (SELECT current_setting('sternpost.tenant', true)) = '{EVERY}'"
)
_FREE_OF_RULES: Final = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def is_guarded(connection: Connection) -> bool:
    """Tell whether the database has this lock at all."""
    return connection.dialect.name == "postgresql"


def begin_confined(connection: Connection, tenant: str | None) -> None:
    """Begin a transaction that sees the rows of one tenant, of every one (`EVERY`), or of none."""
    if is_guarded(connection):
        connection.execution_options(**{OPTION: tenant})
        connection.begin()
        confine_again(connection)


def confine_again(connection: Connection) -> None:
    """Name the tenant of a connection to a transaction that has just begun on it."""
    tenant = connection.get_execution_options().get(OPTION)
    if tenant is not None and is_guarded(connection):
        _name(connection, tenant)


def begin_again(connection: Connection) -> None:
    """Leave a transaction that failed and begin another for the same tenant, below SQLAlchemy."""
    # On a connection that is gone both fail too; the next statement then says so.
    with suppress(connection.dialect.loaded_dbapi.Error, DBAPIError):
        connection.connection.rollback()
        confine_again(connection)


@contextmanager
def everywhere(connection: Connection, why: str) -> Iterator[None]:  # noqa: ARG001  `why` is what to search the code for
    """See the rows of every tenant for a part of a transaction; a failure inside ends the transaction anyway."""
    if not is_guarded(connection):
        yield
        return
    before = connection.get_execution_options().get(OPTION)
    _name(connection, EVERY)
    yield
    _name(connection, before or "")


def secure(connection: Connection) -> None:
    """Give every table of tenants its policy, forced on the owner too; run by the owner after each migration."""
    if not is_guarded(connection):
        return
    quote = connection.dialect.identifier_preparer.quote
    for (name,) in connection.exec_driver_sql(_UNSECURED).fetchall():
        table = quote(name)
        connection.exec_driver_sql(f"CREATE POLICY tenant_rows ON {table} USING ({_RULE}) WITH CHECK ({_RULE})")
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def is_above_policies(connection: Connection) -> bool:
    """Tell whether the role of this connection is one on which no policy counts."""
    return is_guarded(connection) and bool(connection.exec_driver_sql(_FREE_OF_RULES).scalar_one())


def _name(connection: Connection, tenant: str) -> None:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_CONFINE, (tenant,))
        cursor.fetchall()
    except connection.dialect.loaded_dbapi.Error as failure:
        raise DBAPIError.instance(_CONFINE, None, failure, connection.dialect.loaded_dbapi.Error) from failure
    finally:
        cursor.close()
