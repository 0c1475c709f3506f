"""One tenant's bare repository on disk: its layout and its only branch, mended without asking."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from app.core.errors import InvalidError, StaleError
from app.core.faults import fault_point
from app.store.git.durable import replace_file, sync_directory

_TENANT = re.compile(r"[a-z0-9_-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_TAGS_HEADER = "# pack-refs with: peeled fully-peeled sorted \n"
_TAG_LINES = re.compile(
    re.escape(_TAGS_HEADER) + r"(?:[0-9a-f]{40} refs/tags/archives/[a-z-]+/[0-9_.-]+\n\^[0-9a-f]{40}\n)*"
)
_HEAD = b"ref: refs/heads/main\n"
# Pushes are refused (every ref is hidden from receive-pack); git never collects on its own: `maintain` does.
_CONFIG = b"""[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogAllRefUpdates = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\thideRefs = refs
"""


class Signature(NamedTuple):
    """What changes whenever packs come or go; equal signatures mean that nothing did."""

    packs: tuple[int, int]
    manifest: tuple[int, int]
    tags: tuple[int, int]


class Repository:
    """Paths and small files of a bare repository that is a replay of the log: whatever is foreign in it is removed."""

    def __init__(self, path: Path) -> None:
        """Describe the repository at `path`, which need not exist."""
        self.path = path
        self.packs = path / "objects" / "pack"
        self.manifest = path / "sternpost-packs"
        self.ref = path / "refs" / "heads" / "main"
        self.tags = path / "packed-refs"

    def is_unchanged(self, head: str | None, signature: Signature) -> bool:
        """Say whether ref, HEAD, configuration and the list of packs are as they were left at `head`."""
        try:
            return (
                self.stands_at(head)
                and (self.path / "HEAD").read_bytes() == _HEAD
                and (self.path / "config").read_bytes() == _CONFIG
                and self.signature() == signature
            )
        except OSError:
            return False

    def signature(self) -> Signature:
        """Read the present signature."""
        packs, manifest = self.packs.stat(), self.manifest.stat()
        try:
            tags = self.tags.stat()
            named = (tags.st_ino, tags.st_mtime_ns)
        except FileNotFoundError:
            named = (0, 0)
        return Signature((packs.st_ino, packs.st_mtime_ns), (manifest.st_ino, manifest.st_mtime_ns), named)

    def mend(self) -> None:
        """Make what is missing and remove what does not belong; under the lock every other lock file is a leftover."""
        for directory in (self.packs, self.ref.parent, self.path / "objects" / "info"):
            directory.mkdir(parents=True, exist_ok=True)
        for stale in (*self.path.glob("*.lock"), *self.path.glob("objects/**/*.lock")):
            stale.unlink(missing_ok=True)
        if not _TAG_LINES.fullmatch(self._read_tags()):
            self.tags.unlink(missing_ok=True)
        (self.path / "objects" / "info" / "alternates").unlink(missing_ok=True)
        for loose in self.path.glob("objects/[0-9a-f][0-9a-f]"):
            shutil.rmtree(loose)
        self._drop_foreign_refs()
        for name, content in (("HEAD", _HEAD), ("config", _CONFIG)):
            file = self.path / name
            if not file.is_file() or file.read_bytes() != content:
                replace_file(file, content)

    def _drop_foreign_refs(self) -> None:
        for ref in [path for path in (self.path / "refs").rglob("*") if path != self.ref and not path.is_dir()]:
            ref.unlink()
        if self.ref.is_dir():
            shutil.rmtree(self.ref)

    def name_tags(self, tags: Mapping[str, tuple[str, str]]) -> None:
        """Make the file that names all tags say exactly these, by name: (tag object, commit).

        One file, because it is swapped whole: a reader sees all archives or those of before.

        Source: git-pack-refs(1), and the header that git itself writes.
        """
        lines = (f"{sha} refs/tags/{name}\n^{commit}\n" for name, (sha, commit) in sorted(tags.items()))
        text = _TAGS_HEADER + "".join(lines) if tags else ""
        if text == self._read_tags():
            return
        fault_point("git.before_tags")
        if tags:
            replace_file(self.tags, text.encode())
        else:
            self.tags.unlink(missing_ok=True)
        fault_point("git.after_tags")

    def _read_tags(self) -> str:
        try:
            return self.tags.read_text("ascii")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            return "damaged"

    def read_ref(self) -> str | None:
        """Read where `main` stands; None when there is no ref or it holds no commit id."""
        try:
            text = self.ref.read_text("ascii").removesuffix("\n")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, UnicodeDecodeError):
            return None
        return text if _COMMIT.fullmatch(text) else None

    def stands_at(self, commit: str | None) -> bool:
        """Say whether `main` is exactly at a commit, or absent for None."""
        return self.read_ref() == commit if commit else not self.ref.exists()

    def move_ref(self, new: str | None, expected: str | None) -> None:
        """Move `main` to a commit already written, or remove it.

        Raises:
            StaleError: `main` is not where the caller believes; nothing was changed.

        Source: git-update-ref(1), three-argument form, and git's own lock file.
        """
        lock = self.ref.with_name("main.lock")
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            if self.read_ref() != expected:
                raise StaleError(f"The git ref of '{self.path.stem}' was moved meanwhile; try again")
            os.write(handle, f"{new}\n".encode())
            os.fsync(handle)
            if new is None:
                self.ref.unlink(missing_ok=True)
            else:
                lock.replace(self.ref)
        finally:
            os.close(handle)
            lock.unlink(missing_ok=True)
        sync_directory(self.ref.parent)

    def drop_derived(self) -> None:
        """Remove the files by which git finds objects quicker; they may name packs or commits that go away."""
        for found in (*self.packs.glob("multi-pack-index*"), *self.path.glob("objects/info/commit-graph*")):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink()


def repository_path(git_dir: Path, tenant: str) -> Path:
    """Build the path of a tenant's repository from a checked id.

    Raises:
        InvalidError: the id is not one that may become a file name.
    """
    if not _TENANT.fullmatch(tenant):
        raise InvalidError(f"Tenant id '{tenant[:100]}' is not valid; use 1 to 100 of a-z, 0-9, '_' and '-'")
    return git_dir / f"{tenant}.git"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file against other threads and processes; waits for them, and ends with the process.

    It lies beside the repository, which may be deleted or swapped.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_at(path, handle):
                yield
                return
        finally:
            os.close(handle)


def _is_at(path: Path, handle: int) -> bool:
    # Somebody may have deleted the file (with the whole directory) while we waited for it.
    try:
        return path.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False
