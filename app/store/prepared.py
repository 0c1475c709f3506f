"""Constant selects on the driver's own cursor: a look-up by key costs less than SQLAlchemy's layers around it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Executable, LargeBinary, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.core.deadline import refuse_overdue
from app.store.rows import begin_again

_MOST_TEXTS = 64


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


class InTransaction:
    """A statement of the write path, compiled once for each dialect and run on the driver's own cursor.

    What SQLAlchemy does around a statement costs more than most of these; errors are SQLAlchemy's all the same, and
    nothing is repeated.
    """

    def __init__(self, statement: Executable | Callable[[str], Executable], *columns: str) -> None:
        """Prepare a statement, or how it is made for a dialect; `columns` are what an INSERT fills."""
        self._statement = statement
        self._columns = columns
        self._compiled: dict[tuple[str, tuple[int, ...]], tuple[str, Sequence[str] | None]] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> Iterator[Sequence[Any]]:
        """Run it for each row of values, and give what a select finds as plain tuples."""
        text, names = self._compiled.get((connection.dialect.name, ())) or self._compile(connection, (), {})
        return run_text(connection, text, rows if names is None else [_in_order(row, names) for row in rows])

    def run_for(
        self, connection: Connection, values: Mapping[str, object], lists: Mapping[str, Sequence[str]]
    ) -> Iterator[Sequence[Any]]:
        """Run a select with lists among its parameters, one text for each combination of their lengths."""
        lengths = tuple(map(len, lists.values()))
        if sum(lengths) > _MOST_TEXTS:
            return iter(connection.execute(self._made(connection), {**values, **lists}))
        known = self._compiled.get((connection.dialect.name, lengths))
        text, names = known or self._compile(connection, lengths, {**values, **lists})
        flat = {f"{name}_{place}": item for name, items in lists.items() for place, item in enumerate(items, 1)}
        named = {**values, **flat}
        return run_text(connection, text, [named if names is None else _in_order(named, names)])

    def _made(self, connection: Connection) -> Executable:
        return self._statement(connection.dialect.name) if callable(self._statement) else self._statement

    def _compile(
        self, connection: Connection, lengths: tuple[int, ...], sample: Mapping[str, object]
    ) -> tuple[str, Sequence[str] | None]:
        statement: Any = self._made(connection)
        compiled = (statement.params(**sample) if sample else statement).compile(
            dialect=connection.dialect,
            column_keys=list(self._columns) or None,
            compile_kwargs={"render_postcompile": bool(sample)},
        )
        known = (str(compiled), getattr(compiled, "positiontup", None))
        self._compiled[connection.dialect.name, lengths] = known
        return known


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Send the statements inside without waiting for each answer, where the driver can; they only write.

    Raises:
        DBAPIError: one of them failed; those after it were not run.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as failure:
        raise _as_sqlalchemy(connection, "a batch", failure) from failure


def run_text(
    connection: Connection, text: str, rows: Sequence[Sequence[Any] | Mapping[str, Any]] = ((),)
) -> Iterator[Sequence[Any]]:
    """Run a statement's text on the driver's own cursor, for each row of values."""
    cursor: Any = connection.connection.cursor()
    try:
        if len(rows) == 1:
            cursor.execute(text, rows[0])
        else:
            cursor.executemany(text, rows)
        return iter(cursor.fetchall() if cursor.description else ())
    except connection.dialect.loaded_dbapi.Error as failure:
        raise _as_sqlalchemy(connection, text, failure) from failure
    finally:
        cursor.close()


def _as_sqlalchemy(connection: Connection, text: str, failure: Exception) -> BaseException:
    """Make a driver's error what SQLAlchemy would, but without the values: they are bodies, which no log may hold."""
    return DBAPIError.instance(text, None, failure, connection.dialect.loaded_dbapi.Error)


def _in_order(row: Mapping[str, object], names: Sequence[str]) -> tuple[object, ...]:
    return tuple([row[name] for name in names])


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
            refuse_overdue()
            begin_again(connection)
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
