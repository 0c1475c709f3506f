"""Does the timed acts that are due in a process of its own, to be killed on the way; argument: ms ahead."""

import sys

from app.boot import installation
from app.config import load
from app.core.clock import now_ms
from app.worker import do_due


def main() -> None:
    """Do what is due as if the time were later."""
    with installation(load()) as opened:
        opened.committer.clock = lambda: now_ms() + int(sys.argv[1])
        do_due(opened)


main()
