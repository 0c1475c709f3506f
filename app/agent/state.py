"""What the agent remembers between runs: the newest serial, the policy that was verified, reports not yet taken."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.agent.faults import AgentError

MOST_KEPT = 200
"""Reports that are kept while the server does not take them; then the oldest go."""
_SCRATCH = "run-"


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest policy that was accepted."""

    serial: int = 0
    hash: str | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A folder that only root can read; files are replaced whole, so that a crash leaves the old one."""

    folder: Path

    @classmethod
    def open(cls, folder: Path) -> "State":
        """Make the folder where it is missing."""
        # Ansible runs in a folder of its own, from which a relative path would lead elsewhere.
        folder = folder.absolute()
        (folder / "reports").mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        return cls(folder)

    @contextmanager
    def run_alone(self) -> Iterator[Path]:
        """Keep other runs of this node out, and give a folder for files with secrets; it goes afterwards.

        Raises:
            AgentError: another run is going on.
        """
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                text = f"Another run is going on with {self.folder}; wait for it, or name another folder with --state"
                raise AgentError(text) from None
            # What a run that was killed has left behind.
            for left in self.folder.glob(f"{_SCRATCH}*"):
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=self.folder) as scratch:
                yield Path(scratch)

    def seen(self) -> Seen:
        """Say which policy was accepted last.

        Raises:
            AgentError: the file is damaged. It is not taken as empty, because old policies would be accepted again.
        """
        given = self._load("seen.json")
        try:
            return Seen() if given is None else Seen(int(given["serial"]), str(given["hash"]), given.get("etag"))
        except (KeyError, TypeError, ValueError) as error:
            text = f"{self.folder / 'seen.json'} is damaged; remove it only if you trust the server's next policy"
            raise AgentError(text) from error

    def accept(self, answer: Mapping[str, Any], seen: Seen) -> None:
        """Keep a verified policy, before anything of it is applied."""
        self._write("policy.json", answer)
        self._write("seen.json", {"serial": seen.serial, "hash": seen.hash, "etag": seen.etag})

    def policy(self) -> Mapping[str, Any] | None:
        """Give the policy that was kept, to be verified again."""
        known: Mapping[str, Any] | None = self._load("policy.json")
        return known

    def last_report(self) -> str | None:
        """Give the digest of what was reported last."""
        known = self._load("last-report.json")
        return known.get("digest") if isinstance(known, dict) else None

    def keep_report(self, report: Mapping[str, Any], digest: str) -> None:
        """Keep a report until it is handed in."""
        self._write(f"reports/{report['start']}-{report['id']}.json", report)
        self._write("last-report.json", {"digest": digest})
        for old in self._reports()[:-MOST_KEPT]:
            old.unlink(missing_ok=True)

    def waiting_reports(self) -> dict[Path, Any]:
        """Give the reports that wait, oldest first."""
        return {file: loaded for file in self._reports() if (loaded := self._load(f"reports/{file.name}")) is not None}

    def drop_reports(self, files: list[Path]) -> None:
        """Forget reports that were handed in."""
        for file in files:
            file.unlink(missing_ok=True)

    def _reports(self) -> list[Path]:
        return sorted((self.folder / "reports").glob("*.json"))

    def _load(self, name: str) -> Any:  # noqa: ANN401  parsed JSON
        try:
            return json.loads((self.folder / name).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise AgentError(f"{self.folder / name} is damaged: {error}") from error

    def _write(self, name: str, value: object) -> None:
        path = self.folder / name
        fresh = path.with_name(f".{path.name}.new")
        with suppress(FileNotFoundError):
            fresh.unlink()
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
