"""Texts that are compared without case, as Python's casefold does, on both databases."""

from typing import Any, Final

from sqlalchemy import ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LONGEST_PATTERN: Final = 10_000
"""Letters of a part that SQLite's LIKE looks for; it refuses patterns of 50,000 bytes."""

# Letters of other forms (long s, final sigma ...), and those that become several (sharp s, ligatures).
_FORMS: Final = "\u00b5\u017f\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1e9b"
_PLAIN: Final = _FORMS.casefold()
_SEVERAL: Final = [(one, one.casefold()) for one in "\u00df\ufb03\ufb04\ufb00\ufb01\ufb02\ufb05\ufb06"]
_ESCAPED: Final = str.maketrans({letter: f"!{letter}" for letter in "!%_"})


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Demand a part of a column's text, in any case; nothing in it is a wildcard."""
    return _within(column, Folded(column), Folded(literal(text)), text)


def contains_kept(column: ColumnElement[Any], folded: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Demand a part of a column's text that is kept in Python's folded form too."""
    return _within(column, folded, literal(text.casefold()), text)


class Folded(FunctionElement[str]):
    """A text in the form that is compared without case."""

    name = "folded"
    inherit_cache = True


class Position(FunctionElement[int]):
    """Where a text stands in another, from 1; 0 when nowhere. Nothing in it is a wildcard."""

    name = "position"
    inherit_cache = True


class Contains(FunctionElement[bool]):
    """Whether a part is in a text: the column, its folded form, the folded part, and the pattern of LIKE for it.

    It has no type, because of a Boolean SQLAlchemy asks SQLite whether it `= 1`, and then SQLite works out all of it.
    """

    name = "contains"
    inherit_cache = True


def _within(
    column: ColumnElement[Any], folded: ColumnElement[Any], part: ColumnElement[Any], text: str
) -> ColumnElement[bool]:
    if "\0" in text or len(text) > LONGEST_PATTERN:
        position: ColumnElement[bool] = Position(folded, part) > 0
        return position
    return Contains(column, folded, part, literal(f"%{text.casefold().translate(_ESCAPED)}%"))


@compiles(Folded)
def _folded_on_sqlite(element: Folded, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    return f"casefold({compiler.process(element.clauses, **more)})"  # made by store.db for each connection


@compiles(Folded, "postgresql")
def _folded_on_postgresql(element: Folded, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    """Fold as Python does where that is more than lower case: letters of one form, and those that become several."""
    folded = f"translate(lower({compiler.process(element.clauses, **more)}), '{_FORMS}', '{_PLAIN}')"
    for letter, letters in _SEVERAL:
        folded = f"replace({folded}, '{letter}', '{letters}')"
    return folded


@compiles(Position)
def _position_on_sqlite(element: Position, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    return f"instr({compiler.process(element.clauses, **more)})"


@compiles(Position, "postgresql")
def _position_on_postgresql(element: Position, compiler: Any, **more: Any) -> str:  # noqa: ANN401  the same
    return f"strpos({compiler.process(element.clauses, **more)})"


@compiles(Contains)
def _contains_on_sqlite(element: Contains, compiler: Any, **more: Any) -> str:  # noqa: ANN401  SQLAlchemy's signature
    """Leave texts in ASCII to LIKE, which knows no other case and needs no row beside the index, nor Python."""
    column, _folded, part, pattern = element.clauses
    text, like = compiler.process(column, **more), compiler.process(pattern, **more)
    others = f"length({text}) <> length(CAST({text} AS BLOB)) AND instr(casefold({text}), "
    return f"({text} LIKE {like} ESCAPE '!' OR {others}{compiler.process(part, **more)}) > 0)"


@compiles(Contains, "postgresql")
def _contains_on_postgresql(element: Contains, compiler: Any, **more: Any) -> str:  # noqa: ANN401  the same
    _column, folded, part, _pattern = element.clauses
    return f"(strpos({compiler.process(folded, **more)}, {compiler.process(part, **more)}) > 0)"
