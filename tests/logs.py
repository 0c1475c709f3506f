"""What the process under test says in its log."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.core.logs import LOG, Line


@contextmanager
def said() -> Iterator[list[Line]]:
    """Keep the lines that are logged meanwhile, instead of writing them."""
    lines: list[Line] = []
    before, LOG.tell = LOG.tell, lines.append
    try:
        yield lines
    finally:
        LOG.tell = before
