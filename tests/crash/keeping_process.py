"""Retires events, or rotates the encryption key, in a process of its own, to be killed on the way; argument: which."""

import sys

from app.boot import installation
from app.changes import retiring
from app.changes.rotation import rotate
from app.config import load
from app.core.clock import now_ms
from app.store import resealing


def main() -> None:
    """Do it in parts of two, so that a kill finds it in the middle."""
    retiring.AT_ONCE = resealing.PART = 2
    with installation(load()) as opened:
        if sys.argv[1] == "retire":
            retiring.retire(opened.committer, "default", before_ms=now_ms() + 1)
        else:
            rotate(opened.database, opened.committer.ring, "encryption", now_ms)


main()
