"""Which migrations this program has, and whether a database has them all."""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

from app.store.db import Database

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_DECLARED = re.compile(r'^(revision|down_revision)\b[^=]*= (?:"(\w+)"|None)$', re.MULTILINE)


@cache
def _revisions() -> dict[str, str | None]:
    """Read each migration's name and that of the one before, as alembic does but without running the files."""
    found: dict[str, str | None] = {}
    for file in (MIGRATIONS / "versions").glob("*.py"):
        declared = {match[1]: match[2] for match in _DECLARED.finditer(file.read_text("utf-8"))}
        found[declared["revision"]] = declared["down_revision"]
    return found


def newest_revision() -> str:
    """Name the newest migration of this program."""
    known = _revisions()
    (newest,) = known.keys() - known.values()
    return newest


def knows_revision(revision: str) -> bool:
    """Tell whether this program has a migration of that name."""
    return revision in _revisions()


def is_current(database: Database) -> bool:
    """Tell whether the database has every migration of this program."""
    with database.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchall()
    return [row[0] for row in rows] == [newest_revision()]


def upgrade(database: Database) -> None:
    """Apply every pending migration; several processes may call it at once."""
    if is_current(database):
        return
    with database.writing_everywhere("migrations") as connection:
        upgrade_within(connection, "head")


def upgrade_within(connection: Connection, revision: str) -> None:
    """Apply the migrations up to one, as part of the caller's transaction."""
    from app.store.migrating import apply_migrations  # noqa: PLC0415  alembic takes a tenth of a start to load

    apply_migrations(connection, revision)
