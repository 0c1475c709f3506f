"""Applying migrations with alembic, which only the start that has some to apply has to load."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from app.store.migrations import MIGRATIONS
from app.store.rows import secure

_LOCK = 7310215


def apply_migrations(connection: Connection, revision: str) -> None:
    """Apply the migrations up to one, as part of the caller's transaction; only one process at a time does."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    command.upgrade(alembic_config(connection), revision)
    secure(connection)


def alembic_config(connection: Connection) -> Config:
    """Tell alembic where the migrations are and what they run on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
