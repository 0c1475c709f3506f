"""Runs one call of the git writer in a process of its own, on the history that `a_history` makes."""

import sys
from pathlib import Path

from app.store.git.writer import GitWriter
from tests.git.memory_log import a_history


def main() -> None:
    act, commits, directory = sys.argv[1:4]
    writer = GitWriter(a_history(int(commits)), Path(directory))
    if act == "rebuild":
        head = writer.rebuild("default")
    elif act == "maintain":
        writer.maintain("default", most_packs=1)
        head = writer.catch_up("default")
    else:
        head = writer.catch_up("default")
    sys.stdout.write(f"{head}\n")


main()
