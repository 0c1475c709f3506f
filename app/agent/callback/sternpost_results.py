"""Ansible's side of the agent: writes what each task came to, one JSON line a task, where the agent reads it."""

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: sternpost_results
type: stdout
short_description: results for sternpost-agent
description: One JSON line for each task, written to the file that STERNPOST_AGENT_RESULTS names.
"""
MAX_TEXT_LENGTH = 4000
_TEXTS = ("msg", "stderr", "stdout")


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible is not typed
    """The play's name is the number of the component; everything is flushed at once, so that a crash loses nothing."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "sternpost_results"

    def __init__(self) -> None:
        super().__init__()
        self._file = open(os.environ["STERNPOST_AGENT_RESULTS"], "a", encoding="utf-8")  # noqa: PTH123, SIM115  kept open
        self._component = ""

    def v2_playbook_on_play_start(self, play: Any) -> None:  # noqa: ANN401  Ansible's own object
        """Note which component comes."""
        self._component = play.get_name()
        self._write({"component": self._component, "status": "start"})

    def v2_runner_on_ok(self, result: Any) -> None:  # noqa: ANN401  the same
        """Note a task that went well."""
        if not result.task.action.endswith("include_role"):
            self._note(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ANN401, FBT001, FBT002  the same
        """Note a task that failed."""
        self._note(result, "ok" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:  # noqa: ANN401  the same
        """Note a task that had nothing to do."""
        self._note(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:  # noqa: ANN401  the same
        """Note that the machine could not reach itself."""
        self._note(result, "failed")

    def _note(self, result: Any, status: str) -> None:  # noqa: ANN401  the same
        values = result.result
        said = next((str(values[name]) for name in _TEXTS if values.get(name)), "")
        diff = values.get("diff") if not values.get("censored") else None
        line = {"component": self._component, "task": result.task_name, "status": status, "said": said, "diff": ""}
        if diff and status == "changed":
            line["diff"] = self._get_diff(diff)
        self._write({key: value[:MAX_TEXT_LENGTH] for key, value in line.items()})

    def _write(self, line: dict[str, str]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
