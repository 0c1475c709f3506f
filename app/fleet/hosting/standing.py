"""How instances stand: what their nodes reported last, and when."""

from dataclasses import field
from typing import Final, Literal, NamedTuple

from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import rfc3339
from app.core.values import dataclass
from app.fleet.compliance.gathering import Gathering
from app.fleet.compliance.lines import CHANGES_ONLY, DISABLED, Terms
from app.fleet.hosting.hosted import DIRECTIVE
from app.fleet.policies.sources import SOURCES, Sources
from app.store.documents import Stored
from app.store.reports import Run, last_runs, stamp_of_runs
from app.store.session import TenantSession

State = Literal["pending", "running", "suspended", "failed", "unknown"]

_GOOD: Final = ("successAlreadyOK", "successRepaired", "success", "auditCompliant", "auditSuccess")
_FEW: Final = 8
"""Nodes whose reports are read one by one; after them those of all nodes are read at once."""


class Stand(NamedTuple):
    """A state, and the time of the report that it is known from; None where there is none."""

    state: State
    at: int | None

    def to_json(self) -> Document:
        """Show it."""
        return {"state": self.state, **({} if self.at is None else {"stateAt": rfc3339(self.at)})}


@dataclass(slots=True)
class Standing:
    """The reports of one tenant's nodes as of one moment."""

    session: TenantSession
    sources: Sources
    terms: Terms
    runs: dict[str, Run | None] = field(default_factory=dict)
    is_whole: bool = False

    @property
    def stamp(self) -> str:
        """Name what the states depend on beside the documents: the reports, and the minute."""
        return f"{stamp_of_runs(self.session)} {self.terms.now // 60_000}"

    def state(self, stored: Stored) -> Stand:
        """Say how an instance stands."""
        document = stored.document
        run = self._run(str(document["nodeId"]))
        if run is None or stored.commit == "":
            return Stand("pending", None)
        if self.terms.reporting == DISABLED:
            return Stand("unknown", run.received)
        if self.terms.reporting != CHANGES_ONLY and self.terms.now - run.received > self.terms.lasts_ms:
            return Stand("unknown", run.received)
        return self._reported(stored, run)

    def _reported(self, stored: Stored, run: Run) -> Stand:
        with self.sources.reading():
            component = self.sources.hosted.component(stored.id)
        if component is None:
            return Stand("unknown", run.received)
        found = next(
            (one for one in run.results if one.directive == DIRECTIVE and one.value == component["value"]), None
        )
        if found is None:
            return Stand("pending", run.received)
        if found.status == "auditNonCompliant":
            return Stand("pending", run.received)
        if found.status not in _GOOD:
            return Stand("failed", run.received)
        return Stand("suspended" if stored.document["suspended"] is True else "running", run.received)

    def _run(self, node_id: str) -> Run | None:
        if node_id not in self.runs and not self.is_whole:
            if len(self.runs) < _FEW:
                self.runs[node_id] = last_runs(self.session, [node_id]).get(node_id)
            else:
                nodes = sorted(self._hosts())
                self.runs.update(last_runs(self.session, nodes))
                self.is_whole = True
        return self.runs.get(node_id)

    def _hosts(self) -> list[str]:
        with self.sources.reading():
            return [*self.sources.hosted.by_node]


def standing_of(work: Work) -> Standing:
    """Look at the caller's tenant now."""
    gathering = Gathering.of(work)
    return Standing(work.session, work.derived(SOURCES), gathering.terms)


def instances_by_access(work: Work) -> dict[str, list[str]]:
    """Name, by user, the instances that are shared with them."""
    sources = work.derived(SOURCES)
    found: dict[str, list[str]] = {}
    with sources.reading():
        for instance_id, document in sorted(sources.hosted.instances.items()):
            access = document["access"]
            for user in access if isinstance(access, list) else ():
                found.setdefault(str(user), []).append(instance_id)
    return found
