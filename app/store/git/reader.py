"""Reading a repository, with nothing of the caller's environment."""

from dataclasses import dataclass
from pathlib import Path

from app.core.errors import IntegrityError
from app.store.git.command import clean_environment, run_git
from app.store.git.manifest import read_lines
from app.store.git.repository import Repository


@dataclass(frozen=True, slots=True)
class CommitRead:
    """What git holds of one commit: SHA-1s in hex, identities as `handle <address>`."""

    tree: str
    parents: tuple[str, ...]
    author: str
    committer: str
    message: str


def read_commit(path: Path, commit: str) -> CommitRead:
    """Read a commit of a bare repository with GitPython.

    Raises:
        IntegrityError: it is not there, or does not read back.
    """
    from git import Repo  # noqa: PLC0415  GitPython takes a tenth of a start to load; only some starts read a commit
    from git.exc import BadName, BadObject  # noqa: PLC0415  the same

    with Repo(path) as repository:
        # GitPython starts git with the caller's environment; everything that could lead it elsewhere is laid over.
        elsewhere = {"GIT_DIR": str(path), "GIT_OBJECT_DIRECTORY": str(path / "objects")}
        repository.git.update_environment(
            **clean_environment(), **elsewhere, GIT_ALTERNATE_OBJECT_DIRECTORIES="", GIT_NAMESPACE=""
        )
        try:
            found = repository.commit(commit)
            return CommitRead(
                tree=found.tree.hexsha,
                parents=tuple(parent.hexsha for parent in found.parents),
                author=f"{found.author.name} <{found.author.email}>",
                committer=f"{found.committer.name} <{found.committer.email}>",
                message=str(found.message),
            )
        except (BadName, BadObject, ValueError, OSError) as error:
            raise IntegrityError(
                f"Commit {commit} of tenant '{path.stem}' does not read back; run `sternpost git rebuild`"
            ) from error


def find_damaged_packs(path: Path) -> list[str]:
    """Name the packs of a repository that are not what was written, reading every byte; changes nothing."""
    repository = Repository(path)
    damaged = []
    for line in read_lines(repository.manifest):
        file = repository.packs / f"{line.pack.name}.pack"
        try:
            whole = file.stat().st_size == line.pack.size
            run_git(repository.path, "verify-pack", str(file.with_suffix(".idx")))
        except (OSError, IntegrityError):
            whole = False
        if not whole:
            damaged.append(line.pack.name)
    return damaged
