"""Writes change sets of several documents in a process of its own, to be killed on the way."""

import sys

from app.boot import installation
from app.changes.change import Edit
from app.config import load
from tests.installations import submit


def rule(document_id: str, action: str = "create", **fields: str) -> Edit:
    """Write an edit of a rule."""
    return Edit("rule", document_id, action, {"displayName": f"Rule {document_id}", **fields})  # type: ignore[arg-type]


def main() -> None:
    """Make two rules, then in one change set change one of them, remove the other and make a third."""
    with installation(load()) as opened:
        submit(opened, rule("a"), rule("b"))
        sys.stdout.write("acknowledged 1\n")
        sys.stdout.flush()
        submit(opened, rule("b", "modify", displayName="Changed"), Edit("rule", "a", "delete"), rule("c"))
        sys.stdout.write("acknowledged 2\n")


main()
