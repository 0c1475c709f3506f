"""Runs git itself, with nothing of the caller's environment or configuration."""

import errno
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO

from app.core.errors import IntegrityError, StorageFullError, UnavailableError


def clean_environment() -> dict[str, str]:
    """Give what a git process may see: no GIT_* variable, no identity, no user or system configuration."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ATTR_NOSYSTEM": "1",
    }


def forget_git_environment() -> None:
    """Take every GIT_* variable out of this process: libraries that start git pass on what they find."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]


def git_command(repository: Path, *arguments: str) -> list[str]:
    """Write the argument list of a git call on a bare repository, for callers that stream."""
    # An explicit directory and `safe.directory` because a volume may belong to another user than the server's.
    return ["git", "-c", "safe.directory=*", f"--git-dir={repository}", *arguments]


def run_git(
    repository: Path,
    *arguments: str,
    stdin: bytes = b"",
    tenant: str = "",
    environment: Mapping[str, str] = MappingProxyType({}),
    into: IO[bytes] | None = None,
) -> bytes:
    """Run git on a bare repository and return what it printed, or write it to the file `into`.

    `environment` is added to the clean one.

    Raises:
        IntegrityError: git could not read or write the repository.
        StorageFullError: git found no room to write.
        UnavailableError: git is not installed.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed argument list
            git_command(repository, *arguments),
            input=stdin,
            stdout=subprocess.PIPE if into is None else into,
            stderr=subprocess.PIPE,
            check=True,
            env=clean_environment() | dict(environment),
        )
    except FileNotFoundError as error:
        raise UnavailableError("git is not installed; install it (apt install git)", retry_after_s=60) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().replace(str(repository), "the repository")
        tenant = tenant or repository.stem
        if os.strerror(errno.ENOSPC) in said:
            raise StorageFullError(
                f"The disk is full: git could not write for tenant '{tenant}'; make room", retry_after_s=30
            ) from error
        raise IntegrityError(
            f"git {arguments[0]} failed for tenant '{tenant}' ({said}); run `sternpost git rebuild`"
        ) from error
    return done.stdout or b""
