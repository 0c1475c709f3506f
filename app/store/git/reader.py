"""What readers of git use: a repository that is never behind the head that the last answer named."""

from pathlib import Path

from app.core.errors import IntegrityError
from app.store.git.command import run_git
from app.store.git.manifest import read_lines
from app.store.git.repository import Repository
from app.store.git.writer import GitWriter


class Repositories:
    """Opens repositories for reading; each call waits until git has what the log names (milliseconds)."""

    def __init__(self, writer: GitWriter) -> None:
        """Read what `writer` writes."""
        self._writer = writer

    def path(self, tenant: str) -> Path:
        """Catch up and say where the repository is.

        Raises:
            IntegrityError: the repository needs an operator.
        """
        self._writer.catch_up(tenant)
        return self._writer.path(tenant)

    def git(self, tenant: str, *arguments: str) -> bytes:
        """Catch up, run git on the repository in a clean environment, and return what it printed.

        Raises:
            IntegrityError: git failed, or the repository needs an operator.
        """
        return run_git(self.path(tenant), *arguments, tenant=tenant)

    def find_damaged_packs(self, tenant: str) -> list[str]:
        """Name the packs that are not what was written, reading every byte; changes nothing."""
        repository = Repository(self._writer.path(tenant))
        damaged = []
        for line in read_lines(repository.manifest):
            file = repository.packs / f"{line.pack.name}.pack"
            try:
                whole = file.stat().st_size == line.pack.size
                run_git(repository.path, "verify-pack", str(file.with_suffix(".idx")), tenant=tenant)
            except (OSError, IntegrityError):
                whole = False
            if not whole:
                damaged.append(line.pack.name)
        return damaged
