"""Compares a repository with the commits that the log gives, by what git itself reads."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from app.verify.bytes import object_name
from app.verify.fault import Fault, rebuild

_ENVIRONMENT = {
    "HOME": os.devnull,
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
MAIN = "refs/heads/main"
TAGS = "refs/tags/"


class GitCheck:
    """One tenant's repository."""

    def __init__(self, root: Path, tenant: str) -> None:
        self.path = root / f"{tenant}.git"
        self.tenant = tenant

    def fault(self, said: str) -> Fault:
        """Say what is wrong with the repository."""
        return Fault(f"Git of tenant '{self.tenant}': {said}; {rebuild(self.tenant)}")

    def check_objects(self) -> None:
        """Read every object, so that whatever is reachable is whole and is what its name says.

        Raises:
            Fault: names the damaged packs, or what git found first.
        """
        if not self.path.is_dir():
            raise self.fault("there is no repository")
        done = self._run("fsck", "--strict", "--full", "--no-dangling", "--no-progress")
        damaged = self._damaged_packs() if done.returncode else []
        if damaged:
            raise self.fault(f"pack {', '.join(damaged)} is damaged")
        if done.returncode:
            said = (done.stderr + done.stdout).strip().replace(f"{self.path}/", "").splitlines()
            raise self.fault(f"git fsck says: {said[0].removeprefix('error: ') if said else 'it failed'}")

    def check_ref(self, head: str | None, is_known: Callable[[str], bool]) -> None:
        """Check that `main` stands at the head, or at a later commit that the log got meanwhile.

        Raises:
            Fault: it stands elsewhere.
        """
        done = self._run("rev-list", "--max-count=1", MAIN)
        at = done.stdout.strip() if done.returncode == 0 else None
        if at == head:
            return
        behind = at is not None and is_known(at)
        if behind and at is not None and head is not None and self._holds(at, head):
            return
        where = f"main stands at {at or 'no commit'}"
        if behind:
            raise Fault(
                f"Git of tenant '{self.tenant}': {where}, and the log has come to {head}; run `sternpost git sync "
                f"--tenant {self.tenant}`"
            )
        raise self.fault(f"{where}, which is not the head {head or '(none)'} of the log")

    def check_tags(self, tags: Mapping[str, bytes], is_known: Callable[[str], bool]) -> None:
        """Check that the tags are those of the archives in the log, and maybe of later ones that it got meanwhile.

        Raises:
            Fault: names the first that is missing, moved or foreign.
        """
        done = self._run("for-each-ref", "--format=%(refname) %(objectname)", TAGS)
        found = dict(line.removeprefix(TAGS).split(" ") for line in done.stdout.splitlines())
        sync = f"run `sternpost git sync --tenant {self.tenant}`"
        for name, content in tags.items():
            at, expected = found.pop(name, None), object_name("tag", content)
            if at != expected:
                said = "is missing" if at is None else f"stands at {at}, and the log gives {expected}"
                raise Fault(f"Git of tenant '{self.tenant}': tag {name} {said}; {sync}")
        for name in found:
            if not is_known(name):
                raise Fault(f"Git of tenant '{self.tenant}': tag {name} is of no archive in the log; {sync}")

    @contextmanager
    def reading(self) -> Iterator["Objects"]:
        """Read objects of this repository, one after another."""
        command = self._command("cat-file", "--batch")
        with subprocess.Popen(  # noqa: S603  fixed argument list
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        ) as process:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("pipes were asked for")
            try:
                yield Objects(self, process.stdin, process.stdout)
            finally:
                process.kill()

    @contextmanager
    def commits(self, head: str) -> Iterator[Iterator[str]]:
        """List the commits up to the head, oldest first."""
        command = self._command("rev-list", "--reverse", "--topo-order", head)
        with subprocess.Popen(  # noqa: S603  fixed argument list
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=_environment()
        ) as process:
            try:
                yield (line.strip() for line in process.stdout or ())
            finally:
                process.kill()

    def _holds(self, ref: str, commit: str) -> bool:
        done = self._run("rev-list", "--max-count=1", commit, f"^{ref}")
        return done.returncode == 0 and not done.stdout.strip()

    def _damaged_packs(self) -> list[str]:
        packs = self.path / "objects" / "pack"
        names = sorted({path.stem for path in (*packs.glob("*.idx"), *packs.glob("*.pack"))} - {"multi-pack-index"})
        return [name for name in names if self._run("verify-pack", str(packs / f"{name}.idx")).returncode]

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603  fixed argument lists
            self._command(*arguments), capture_output=True, text=True, errors="replace", check=False, env=_environment()
        )

    def _command(self, *arguments: str) -> list[str]:
        return ["git", "-c", "safe.directory=*", f"--git-dir={self.path}", *arguments]


class Objects:
    """The answers of one `git cat-file --batch`."""

    def __init__(self, check: GitCheck, asks: IO[bytes], answers: IO[bytes]) -> None:
        self._check = check
        self._asks = asks
        self._answers = answers

    def compare(self, commits: Sequence[tuple[str, bytes]]) -> None:
        """Check that git has exactly these commits; a few hundred at once, which a pipe holds.

        Raises:
            Fault: names the first that it has not.
        """
        self._ask(*(name for name, _ in commits))
        for name, content in commits:
            if self._answer("commit", name) != content:
                raise self._check.fault(f"commit {name} is not what the log gives")

    def read(self, kind: str, name: str) -> bytes:
        """Read an object.

        Raises:
            Fault: it is missing, of another kind, or its content is not what its name says.
        """
        self._ask(name)
        return self._answer(kind, name)

    def _ask(self, *names: str) -> None:
        self._asks.write("".join(f"{name}\n" for name in names).encode())
        self._asks.flush()

    def _answer(self, kind: str, name: str) -> bytes:
        header = self._answers.readline().split()
        if len(header) != 3 or header[1].decode() != kind:  # noqa: PLR2004  name, kind, size
            raise self._check.fault(f"{kind} {name} is missing or cannot be read")
        content = self._answers.read(int(header[2]) + 1)[:-1]
        if object_name(kind, content) != name:
            raise self._check.fault(f"{kind} {name} was replaced: its content has another name")
        return content

    def files(self, tree: str, folder: str = "") -> Iterator[tuple[str, str]]:
        """List (path, blob) below a tree."""
        content = self.read("tree", tree)
        at = 0
        while at < len(content):
            end = content.index(b"\0", at)
            mode, _, name = content[at:end].decode().partition(" ")
            at = end + 21
            sha = content[end + 1 : at].hex()
            if mode == "40000":
                yield from self.files(sha, f"{folder}{name}/")
            else:
                yield f"{folder}{name}", sha


def _environment() -> dict[str, str]:
    return {**_ENVIRONMENT, "PATH": os.environ.get("PATH", os.defpath)}
