"""Writes what ansible-playbook runs: one play for each component, and all values as literal text."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.agent.tasks import FILE_ROLES, Task

INSTANCES = Path("/var/lib/sternpost-instances")
"""Where it is remembered which instances run."""
ROLES = Path(__file__).parent / "roles"
CALLBACKS = Path(__file__).parent / "callback"
MODULES = Path(__file__).parent / "modules"
MODULE_UTILS = Path(__file__).parent / "module_utils"
CONFIGURATION = """[defaults]
localhost_warning = False
stdout_callback = sternpost_results
retry_files_enabled = False
gathering = explicit
interpreter_python = {python}
roles_path = {roles}
callback_plugins = {callbacks}
library = {modules}
module_utils = {module_utils}
local_tmp = {folder}/local
remote_tmp = {folder}/remote
host_key_checking = True
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the policy is applied: the machine itself, or a folder that stands in for its root."""

    root: Path = Path("/")
    dry: bool = False
    instances: Path = INSTANCES

    @property
    def is_machine(self) -> bool:
        """Tell whether it is the machine itself."""
        return self.root == Path("/")

    def only_checks(self, task: Task) -> bool:
        """Tell whether a task is only checked: in audit mode, and what no folder can stand in for."""
        return self.dry or task.mode == "audit" or not (self.is_machine or task.technique in FILE_ROLES)


def write_playbook(folder: Path, tasks: Sequence[Task], place: Place, *, python: str) -> None:
    """Write `ansible.cfg`, `values.json` and `playbook.json` into a folder that nobody else can read."""
    values = {"components": [_literal(task.values) for task in tasks]}
    root = "" if place.is_machine else str(place.root)
    plays = [_play(number, task, place) for number, task in enumerate(tasks)]
    configuration = CONFIGURATION.format(
        python=python, roles=ROLES, callbacks=CALLBACKS, modules=MODULES, module_utils=MODULE_UTILS, folder=folder
    )
    _write(folder / "ansible.cfg", configuration.replace("%", "%%"))
    _write(
        folder / "values.json",
        json.dumps(
            {**values, "root": _literal(root), "is_machine": place.is_machine, "instances_root": str(place.instances)}
        ),
    )
    _write(folder / "playbook.json", json.dumps(plays))


def _play(number: int, task: Task, place: Place) -> dict[str, Any]:
    return {
        "name": str(number),
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "check_mode": place.only_checks(task),
        "diff": True,
        "no_log": task.has_secrets,
        # The one template here: it picks a value, and what it picks is never read as a template.
        "vars": {"want": f"{{{{ components[{number}] }}}}", "is_check": place.only_checks(task)},
        # A failure ends this component and no other.
        "tasks": [
            {
                "block": [{"ansible.builtin.include_role": {"name": task.technique}}],
                "rescue": [{"ansible.builtin.meta": "noop"}],
            }
        ],
    }


def _literal(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Mark every text as one that Ansible must not read as a template."""
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, dict):
        return {name: _literal(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_literal(one) for one in value]
    return value


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
