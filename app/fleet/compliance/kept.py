"""What a whole fleet comes to, kept in memory: of each node what it came to last, and what that depends on."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from app.changes.following import Derivation
from app.changes.work import Work
from app.core.deadline import present
from app.fleet.compliance.gathering import Gathering, Judged
from app.fleet.compliance.statuses import Counts
from app.store.hosts import Host
from app.store.nodes import changed_nodes, list_policy_servers
from app.store.policies import newest_told
from app.store.reports import newest_runs
from app.store.secrets import count_secrets

NOTHING_SEEN: Final = -1


class _Kept(NamedTuple):
    """One node: its components by status, and until what it holds (see `Judged`)."""

    counts: tuple[tuple[str, int], ...]
    run: str | None
    serial: int | None
    asks_what_was_told: bool
    until: int


class KeptCompliance:
    """The components of a tenant's nodes by status; each look at it first judges the nodes that may have changed.

    Everything that a node's outcome depends on is asked for: documents and secrets (all nodes anew), the node's own
    row, its newest run, what it was told where that counts, and the time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._nodes: dict[str, _Kept] = {}
        self._counts: Counts = Counter()
        self._alike: dict[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]] = {}
        self._documents: tuple[int, ...] = ()
        self._epoch = NOTHING_SEEN

    def counts(self, gathering: Gathering) -> Counts:
        """Count the components of all accepted nodes by status, as of now."""
        with self._lock:
            present().lift()  # cut short, it would begin anew at the next request
            try:
                self._follow(gathering)
            except BaseException:
                # Half of a fleet would be counted twice.
                self._forget()
                raise
            return Counter({status: number for status, number in self._counts.items() if number})

    def _follow(self, gathering: Gathering) -> None:
        fleet = gathering.fleet
        documents = (gathering.sources.changes, fleet.index.changes, count_secrets(gathering.work.session))
        if documents != self._documents:
            self._forget()
        if self._epoch == NOTHING_SEEN:
            for part in gathering.accepted():
                self._take(gathering, part)
        else:
            self._judge(gathering, sorted(self._stale(gathering)))
        self._documents, self._epoch = documents, max(fleet.epoch, self._epoch)

    def _forget(self) -> None:
        self._nodes.clear()
        self._alike.clear()
        self._counts = Counter()
        self._epoch = NOTHING_SEEN

    def _stale(self, gathering: Gathering) -> set[str]:
        """Name the nodes that may have come to something else."""
        session, now, known = gathering.work.session, gathering.terms.now, self._nodes
        stale = {node.id for node in changed_nodes(session, self._epoch)}
        # Whether anything is demanded of the server's own node depends on whether its agent ever asked.
        stale.update(list_policy_servers(session))
        stale.update(node for node, run in newest_runs(session) if node in known and known[node].run != run)
        stale.update(node for node, kept in known.items() if kept.until < now)
        waiting = {node for node, kept in known.items() if kept.asks_what_was_told and node not in stale}
        if waiting:
            told = newest_told(session)
            stale.update(node for node, serial in told if node in waiting and known[node].serial != serial)
        return stale

    def _judge(self, gathering: Gathering, ids: Sequence[str]) -> None:
        for node in ids:
            self._drop(node)
        for part in gathering.nodes(ids):
            self._take(gathering, part)

    def _take(self, gathering: Gathering, hosts: Sequence[Host]) -> None:
        for node, judged in gathering.judged(hosts).items():
            kept = self._kept(judged)
            self._nodes[node] = kept
            for status, number in kept.counts:
                self._counts[status] += number

    def _drop(self, node: str) -> None:
        kept = self._nodes.pop(node, None)
        for status, number in kept.counts if kept is not None else ():
            self._counts[status] -= number

    def _kept(self, judged: Judged) -> _Kept:
        counted = tuple(judged.outcome.tally.counts.items())
        _, run, serial, asks, until = judged
        return _Kept(self._alike.setdefault(counted, counted), run, serial, asks, until)


COMPLIANCE: Final = Derivation("compliance", (), KeptCompliance, lambda *_: None)
"""Follows no documents itself: it looks at what others made of them."""


def fleet_counts(work: Work) -> Counts:
    """Count the components of all accepted nodes of the caller's tenant by status, as of now."""
    return work.derived(COMPLIANCE).counts(Gathering.of(work))
