"""Reading a repository, with nothing of the caller's environment."""

from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from app.core.errors import IntegrityError
from app.core.values import dataclass
from app.store.git.command import clean_environment, run_git
from app.store.git.manifest import read_lines
from app.store.git.objects import blob_sha
from app.store.git.repository import Repository

_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
"""An end of central directory and nothing else, which is what git itself would not write."""


_KEEPS_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(128 << 20), "MALLOC_MMAP_THRESHOLD_": str(64 << 20)}
"""For each file of a zip glibc gave memory back and got it again, which took up to half of git's time (measured)."""


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


def files_at(path: Path, commit: str, folders: Sequence[str]) -> dict[str, str]:
    """List the files below some folders of a commit: blob by path; a folder that is not there has none.

    Raises:
        IntegrityError: the commit does not read back.
    """
    listed = run_git(path, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *folders)
    rows = (row.partition("\t") for row in listed.decode().split("\0") if row)
    return {name: about.rpartition(" ")[2] for about, _, name in rows}


def contents(path: Path, blobs: Collection[str]) -> dict[str, bytes]:
    """Read blobs, whatever their number, in one call of git.

    Raises:
        IntegrityError: one of them is missing, or is not what its name says.
    """
    if not blobs:
        return {}
    answers = run_git(path, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode())
    found, at = {}, 0
    for blob in blobs:
        end = answers.find(b"\n", at)
        header = answers[at:end].split()
        size = int(header[2]) if len(header) == 3 else 0  # noqa: PLR2004  name, kind, size
        content = answers[end + 1 : end + 1 + size]
        if blob_sha(content) != blob:
            raise IntegrityError(f"Blob {blob} of tenant '{path.stem}' does not read back; run `sternpost git rebuild`")
        found[blob] = content
        at = end + 1 + size + 1
    return found


def zip_of(path: Path, commit: str, folders: Sequence[str]) -> IO[bytes]:
    """Write a commit's folders into a zip in a temporary file, which is the caller's to close.

    It is whole when this returns, so that a failure is an error and never half a file.

    Raises:
        IntegrityError: the commit does not read back.
    """
    there = run_git(path, "ls-tree", "-z", "--name-only", "--full-tree", commit).decode().split("\0")
    wanted = sorted(set(folders) & set(there))
    file = TemporaryFile()  # noqa: SIM115  it is the caller's to close
    try:
        if wanted:
            run_git(path, "archive", "--format=zip", commit, "--", *wanted, environment=_KEEPS_MEMORY, into=file)
        else:
            file.write(_EMPTY_ZIP)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


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
