"""One run of the agent: fetch, verify, apply, report; and the wait until the next one."""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.agent.applying import apply_tasks
from app.agent.faults import ServerError
from app.agent.hosting import removals
from app.agent.playbook import Place
from app.agent.server import Server
from app.agent.settings import Settings
from app.agent.state import Seen, State
from app.agent.tasks import fault_reports, tasks_of
from app.agent.trust import Policy, refuse_older, verify

USUAL_MINUTES = 5
MOST_REPORTS = 50
"""Reports that are handed in with one call."""

_CHANGES_ONLY = "changes-only"
_NO_REPORTS = "reports-disabled"


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent of one node; `say` is told, in a line each, what happens."""

    settings: Settings
    server: Server
    state: State
    place: Place
    say: Callable[[str], None]

    def run(self) -> dict[str, Any]:
        """Run once and give the report. Where the server cannot be reached, the last policy is applied again.

        Raises:
            DistrustError: the policy is not to be trusted; nothing was applied.
            ServerError: the server cannot be reached, and there is no policy yet.
            ApplyError: Ansible did not run.
            AgentError: another run is going on.
        """
        with self.state.run_alone() as folder:
            return self._run(folder)

    def wait_s(self) -> float:
        """Say how long to wait: to the next tick of the run frequency, moved by this node's share of the splay."""
        known = self.state.policy() or {}
        schedule: Mapping[str, Any] = (known.get("bundle") or {}).get("schedule") or {}
        return seconds_to_next(schedule, self.settings.node, time.time())

    def _run(self, folder: Path) -> dict[str, Any]:
        policy = self._policy()
        started = _now_ms()
        tasks = tasks_of(policy.bundle, policy.secrets)
        if self.place.is_machine:
            tasks.extend(removals(policy.bundle, self.place.instances))
        self.say(f"Policy {policy.serial} ({policy.hash[:12]}): {len(tasks)} components")
        results = [*apply_tasks(tasks, self.place, folder), *fault_reports(policy.bundle)]
        report = {
            "id": str(uuid.uuid4()),
            "serial": policy.serial,
            "bundle": policy.hash,
            "start": started,
            "end": _now_ms(),
            "results": results,
        }
        if not self.place.dry:
            self._report(report, str(policy.bundle.get("schedule", {}).get("reportingMode", "")))
        return report

    def _policy(self) -> Policy:
        seen = self.state.seen()
        kept = self.state.policy()
        try:
            fetched = self.server.fetch_policy(seen.etag if kept is not None else None)
        except ServerError as error:
            if kept is None:
                raise
            self.say(f"{error}; the policy of the last run is applied again")
            return self._verified(kept, seen)
        if fetched.policy is None and kept is not None:
            return self._verified(kept, seen)
        answer = fetched.policy or {}
        policy = self._verified(answer, seen)
        # Before anything of it is applied, so that no crash brings an older policy back.
        self.state.accept(answer, Seen(policy.serial, policy.hash, fetched.etag))
        return policy

    def _verified(self, answer: Mapping[str, Any], seen: Seen) -> Policy:
        keys, tenant, node = self.settings.public_keys, self.settings.tenant, self.settings.node
        policy = verify(answer, tenant=tenant, node=node, public_keys=keys)
        refuse_older(policy, seen.serial, seen.hash)
        return policy

    def _report(self, report: Mapping[str, Any], mode: str) -> None:
        if mode == _NO_REPORTS:
            return
        digest = hashlib.sha256(json.dumps([report["serial"], report["results"]]).encode()).hexdigest()
        if mode == _CHANGES_ONLY and digest == self.state.last_report():
            return
        self.state.keep_report(report, digest)
        waiting = self.state.waiting_reports()
        files = list(waiting)
        for start in range(0, len(files), MOST_REPORTS):
            if not self._hand_in({file: waiting[file] for file in files[start : start + MOST_REPORTS]}):
                return

    def _hand_in(self, reports: Mapping[Path, Any]) -> bool:
        """Hand in some reports; tell whether it is worth going on with others."""
        try:
            self.server.send_reports(list(reports.values()))
        except ServerError as error:
            if error.is_final and len(reports) > 1:
                return all(self._hand_in({file: report}) for file, report in reports.items())
            if not error.is_final:
                self.say(f"{error}; the reports are kept and handed in later")
                return False
            self.say(f"{error}; a report that is never taken is dropped")
        self.state.drop_reports(list(reports))
        return True


def seconds_to_next(schedule: Mapping[str, Any], node: str, now_s: float) -> float:
    """Say how long it is to the node's next run: runs are every `runFrequency` minutes, counted from `startHour`."""
    minutes = _number(schedule, "runFrequency", USUAL_MINUTES) or USUAL_MINUTES
    splay_s = 60 * min(_number(schedule, "splayTime", 0), minutes)
    first_s = 3600 * _number(schedule, "startHour", 0) + 60 * _number(schedule, "startMinute", 0)
    share = int.from_bytes(hashlib.sha256(node.encode()).digest()[:4], "big") / 2**32
    return 60 * minutes - (now_s - first_s - share * splay_s) % (60 * minutes)


def _number(schedule: Mapping[str, Any], name: str, usual: int) -> int:
    value = schedule.get(name, usual)
    return value if isinstance(value, int) and value >= 0 else usual


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
