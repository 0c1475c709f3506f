"""Writes change sets of several documents in a process of its own, to be killed on the way."""

import sys

from app.boot import installation
from app.config import load
from tests.changes.batches import rule
from tests.installations import submit


def main() -> None:
    """Make two rules, then in one change set change one of them, remove the other and make a third."""
    with installation(load()) as opened:
        submit(opened, rule("a"), rule("b"))
        sys.stdout.write("acknowledged 1\n")
        sys.stdout.flush()
        submit(opened, rule("b", "modify", displayName="Changed"), rule("a", "delete"), rule("c"))
        sys.stdout.write("acknowledged 2\n")


main()
