"""Constant selects on the driver's own cursor: a look-up by key costs less than SQLAlchemy's layers around it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, LargeBinary, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Utf8(FunctionElement[bytes]):
    """A text column as the bytes that will be sent, so that nobody decodes and encodes them."""

    name = "utf8"
    inherit_cache = True
    type = LargeBinary()


@compiles(Utf8)
def _on_sqlite(element: Utf8, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    return f"CAST({compiler.process(element.clauses, **more)} AS BLOB)"


@compiles(Utf8, "postgresql")
def _on_postgresql(element: Utf8, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    return f"convert_to({compiler.process(element.clauses, **more)}, 'UTF8')"


class Prepared:
    """A select without lists among its parameters, compiled once for each dialect; its rows are plain tuples.

    Values come as the driver gives them: on SQLite a boolean is 0 or 1.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[str] | None, Mapping[str, Any]]] = {}

    def rows(self, connection: Connection, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run it and fetch all it finds."""
        text, parameters = self._ready(connection, values)
        try:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(text, parameters)
                return cursor.fetchall()  # type: ignore[return-value]  # lists of tuples, from both drivers
            finally:
                cursor.close()
        except connection.dialect.loaded_dbapi.Error:
            # A select may run twice; SQLAlchemy then wraps the error and drops a connection that is gone.
            connection.connection.rollback()
            return [tuple(row) for row in connection.execute(self._statement, dict(values))]

    def parts(self, connection: Connection, values: Mapping[str, object], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Run it and fetch `size` rows at a time, never holding all of them."""
        text, parameters = self._ready(connection, values)
        # PostgreSQL sends the whole result at once unless the cursor lives in the server, for which it has a name.
        named = {} if connection.dialect.name == "sqlite" else {"name": "parts"}
        cursor: Any = connection.connection.cursor(**named)
        try:
            cursor.execute(text, parameters)
            while rows := cursor.fetchmany(size):
                yield rows
        finally:
            cursor.close()

    def _ready(self, connection: Connection, values: Mapping[str, object]) -> tuple[str, Any]:
        text, names, constants = self._compiled.get(connection.dialect.name) or self._compile(connection)
        named = {**constants, **values} if constants else values
        return text, named if names is None else [named[name] for name in names]

    def _compile(self, connection: Connection) -> tuple[str, Sequence[str] | None, Mapping[str, Any]]:
        compiled = self._statement.compile(dialect=connection.dialect)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        positions = getattr(compiled, "positiontup", None)
        known = (str(compiled), positions, constants)
        self._compiled[connection.dialect.name] = known
        return known
