"""What every table shares: the metadata, the names of constraints, the type of ids."""

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Connection, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Ids and cursors compare bytewise on both databases; PostgreSQL needs to be told.
Key = String().with_variant(String(collation="C"), "postgresql")


class Base(DeclarativeBase):
    """What every table shares: constraint names that migrations can rely on."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {int: BigInteger, str: Text}  # noqa: RUF012  SQLAlchemy reads this class attribute


def upsert(connection: Connection, table: type[Base]) -> "PostgresInsert | SqliteInsert":
    """Begin an insert that may say what happens when the row is there."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: type[Base]) -> "PostgresInsert | SqliteInsert":
    """Begin such an insert in the words of a database; only the dialect of the database in use is ever loaded."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgres_insert  # noqa: PLC0415  see above

        return postgres_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415  see above

    return sqlite_insert(table)
