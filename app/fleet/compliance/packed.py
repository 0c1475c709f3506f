"""Lines by the million: columns of numbers, and each text once."""

from array import array
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from app.fleet.compliance.lines import Line

_NUMBER: Final = "I"
_NAMES: Final = Line._fields
Numbers: TypeAlias = "array[int]"
"""Some of the lines, by number."""
NO_LINES: Final = array(_NUMBER)


class PackedLines:
    """Lines, in the order in which they were added; a fleet of 100,000 nodes has some millions."""

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self._columns = [array(_NUMBER) for _ in _NAMES]
        self._numbers: list[dict[str, int]] = [{} for _ in _NAMES]
        self._texts: list[list[str]] = [[] for _ in _NAMES]
        self.extend(lines)

    def __len__(self) -> int:
        return len(self._columns[0])

    def extend(self, lines: Iterable[Line]) -> None:
        """Add lines."""
        parts = list(zip(self._columns, self._numbers, self._texts, strict=True))
        for line in lines:
            for text, (column, numbers, texts) in zip(line, parts, strict=True):
                number = numbers.get(text)
                if number is None:
                    number = numbers[text] = len(texts)
                    texts.append(text)
                column.append(number)

    def all(self) -> Numbers:
        """Number every line."""
        return array(_NUMBER, range(len(self)))

    def lines(self, among: Iterable[int]) -> Iterator[Line]:
        """Give lines by number."""
        columns = list(zip(self._columns, self._texts, strict=True))
        for number in among:
            yield Line(*(texts[column[number]] for column, texts in columns))

    def grouped(self, name: str, among: Iterable[int]) -> dict[str, Numbers]:
        """Part lines by what they have in one column."""
        place = _NAMES.index(name)
        column, texts = self._columns[place], self._texts[place]
        found: dict[int, Numbers] = {}
        for number in among:
            key = column[number]
            known = found.get(key)
            if known is None:
                known = found[key] = array(_NUMBER)
            known.append(number)
        return {texts[key]: numbers for key, numbers in found.items()}

    def counted(self, name: str, among: Iterable[int]) -> dict[str, int]:
        """Count lines by what they have in one column."""
        place = _NAMES.index(name)
        column, texts = self._columns[place], self._texts[place]
        found: dict[int, int] = {}
        for number in among:
            key = column[number]
            found[key] = found.get(key, 0) + 1
        return {texts[key]: count for key, count in found.items()}
