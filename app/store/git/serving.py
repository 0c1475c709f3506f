"""Serves one repository to git clients by git's own `upload-pack`, read-only, whole, partial or shallow."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from app.core.errors import IntegrityError, UnavailableError
from app.store.git.command import clean_environment, git_command

PIECE_BYTES: Final = 1 << 16
# Partial clones fetch what they lack later, by its name; all that is in a repository may be read by who may read any.
_OPTIONS: Final = ("-c", "uploadpack.allowFilter=true", "-c", "uploadpack.allowAnySHA1InWant=true")
_PROTOCOL: Final = re.compile(r"version=[0-2](?::[a-z-]+(?:=[A-Za-z0-9._-]+)?)*")


def advertise(repository: Path, protocol: str | None) -> bytes:
    """Say what the repository has, as the first answer to a client.

    Raises:
        IntegrityError: git cannot read it.
        UnavailableError: git is not installed.
    """
    process = _start(repository, protocol, "--advertise-refs", None)
    said, complaint = process.communicate()
    if process.returncode:
        raise IntegrityError(f"git cannot read {repository.name} ({complaint.decode(errors='replace').strip()})")
    # Version 2 begins without it, as git's own server does; what is not understood is version 0.
    is_second = protocol is not None and _PROTOCOL.fullmatch(protocol) is not None and "version=2" in protocol
    return said if is_second else b"001e# service=git-upload-pack\n0000" + said


class Pack(Iterator[bytes]):
    """The answer to one request of a client, a piece at a time; `close` ends git wherever it is."""

    def __init__(self, repository: Path, protocol: str | None, asked: IO[bytes]) -> None:
        """Start git on what the client asks, a file that is closed at the end.

        Raises:
            UnavailableError: git is not installed.
        """
        self._asked = asked
        self._process = _start(repository, protocol, "", asked)

    def __next__(self) -> bytes:
        """Give the next piece."""
        out = self._process.stdout
        piece = b"" if out is None or out.closed else out.read1(PIECE_BYTES)  # type: ignore[attr-defined]  # it is buffered
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """End git, at its end or before."""
        for stream in (self._process.stdout, self._process.stderr, self._asked):
            if stream is not None:
                stream.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def _start(repository: Path, protocol: str | None, option: str, asked: IO[bytes] | None) -> "subprocess.Popen[bytes]":
    command = git_command(repository, "upload-pack", "--stateless-rpc", *([option] if option else []), str(repository))
    command[1:1] = _OPTIONS
    environment = clean_environment()
    if protocol is not None and _PROTOCOL.fullmatch(protocol):
        environment["GIT_PROTOCOL"] = protocol
    try:
        return subprocess.Popen(  # noqa: S603  fixed argument list
            command,
            stdin=asked if asked is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if asked is None else subprocess.DEVNULL,
            env=environment,
        )
    except FileNotFoundError as error:
        raise UnavailableError("git is not installed; install it (apt install git)", retry_after_s=60) from error
