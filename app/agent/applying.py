"""Applies tasks with ansible-playbook as a separate process, and reads what became of each."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.agent.faults import ApplyError
from app.agent.playbook import Place, write_playbook
from app.agent.tasks import Outcome, Task

MAX_RUN_S = 3600
_SYSTEM_PYTHON = "/usr/bin/python3"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CHECKS = "Check "
"""The names of tasks begin so that only look: their failure says that the node is not as it must be."""


def apply_tasks(tasks: Sequence[Task], place: Place) -> list[dict[str, Any]]:
    """Apply the tasks in order and give their reports; those that this agent does not know are reported as errors.

    Raises:
        ApplyError: Ansible is not there, or did not run at all.
    """
    known = [task for task in tasks if task.is_known]
    lines = _run(known, place) if known else {}
    numbers = {id(task): number for number, task in enumerate(known)}
    return [
        _report(task, lines.get(str(numbers[id(task)]), []), place) if task.is_known else _unknown(task)
        for task in tasks
    ]


def _unknown(task: Task) -> dict[str, Any]:
    text = f"This agent does not carry out technique '{task.technique}' {task.version}; upgrade it"
    return task.report("failed", text)


def _run(tasks: Sequence[Task], place: Place) -> Mapping[str, list[Mapping[str, str]]]:
    # Under /tmp only root reads a folder with mode 700; it goes, with the secrets in it, whatever happens.
    with tempfile.TemporaryDirectory(prefix="sternpost-agent-") as name:
        folder = Path(name)
        results = folder / "results.jsonl"
        results.touch(mode=0o600)
        python = _SYSTEM_PYTHON if Path(_SYSTEM_PYTHON).exists() else sys.executable
        write_playbook(folder, tasks, place, python=python)
        ended = _ansible(folder, results)
        lines: dict[str, list[Mapping[str, str]]] = {}
        for line in _read(results):
            lines.setdefault(line["component"], []).append(line)
        if not lines:
            raise ApplyError(f"ansible-playbook ended with {ended.returncode} and ran nothing: {ended.stderr[-1000:]}")
        return lines


def _ansible(folder: Path, results: Path) -> "subprocess.CompletedProcess[str]":
    command = [_program(), "-i", "localhost,", "-e", f"@{folder / 'values.json'}", str(folder / "playbook.json")]
    environment = {
        "PATH": os.pathsep.join([os.environ.get("PATH", ""), _PATH]),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "STERNPOST_AGENT_RESULTS": str(results),
        "DEBIAN_FRONTEND": "noninteractive",
    }
    try:
        return subprocess.run(  # noqa: S603  our own program and files
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=MAX_RUN_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ApplyError(f"ansible-playbook did not end within {MAX_RUN_S} s and was stopped") from error
    except OSError as error:
        raise ApplyError(f"ansible-playbook cannot be started: {error}") from error


def _program() -> str:
    """Find ansible-playbook: beside this Python first, then where the machine has it."""
    beside = Path(sys.executable).parent / "ansible-playbook"
    found = str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if found is None:
        raise ApplyError("ansible-playbook is not installed; install sternpost[agent], or the package ansible-core")
    return found


def _read(results: Path) -> Iterator[dict[str, str]]:
    for line in results.read_text("utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            # The last line of a run that was stopped; its component then has no end and is an error.
            return


def _report(task: Task, lines: Sequence[Mapping[str, str]], place: Place) -> dict[str, Any]:
    outcome, message = _outcome(lines)
    if outcome == "changed" and task.mode == "enforce" and place.only_checks(task):
        why = "a dry run changes nothing" if place.dry else "with --root only files are changed"
        return task.report("failed", f"Would be changed, but {why}. {message}".strip())
    return task.report(outcome, message)


def _outcome(lines: Sequence[Mapping[str, str]]) -> tuple[Outcome, str]:
    if not lines:
        return "failed", "It was not run; Ansible ended before"
    for line in lines:
        if line["status"] == "failed":
            kind: Outcome = "noncompliant" if line["task"].startswith(_CHECKS) else "failed"
            return kind, f"{line['task']}: {line['said']}".strip()
    changed = [line for line in lines if line["status"] == "changed"]
    if not changed:
        return "ok", ""
    return "changed", "\n".join(_told(line) for line in changed)


def _told(line: Mapping[str, str]) -> str:
    return "\n".join(text for text in (line["task"], line["diff"].rstrip()) if text)
