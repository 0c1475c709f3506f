"""Files that go out a piece at a time."""

from collections.abc import Iterator
from typing import IO, Final

PIECE_BYTES: Final = 1 << 16


class Pieces(Iterator[bytes]):
    """A file a piece at a time; it is closed at its end, and also where nobody reads so far."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __next__(self) -> bytes:
        """Give the next piece."""
        piece = b"" if self._file.closed else self._file.read(PIECE_BYTES)
        if not piece:
            self._file.close()
            raise StopIteration
        return piece

    def __del__(self) -> None:
        """Close the file of an answer that was never sent."""
        self._file.close()
