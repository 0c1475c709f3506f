"""Gathers the lines of a tenant's nodes: what each must do now, and its newest run."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.bundles.compiling import Bundle
from app.fleet.compliance.lines import Demands, Expected, Line, Reported, Terms, demands_of, lines_of
from app.fleet.compliance.statuses import Counts
from app.fleet.fleet import Fleet
from app.fleet.policies.bundling import bundling
from app.fleet.policies.sources import SOURCES, Sources
from app.fleet.policies.telling import read_bundle
from app.store.nodes import Node, page_nodes, some_nodes
from app.store.policies import bundle_bodies, last_told_of
from app.store.reports import Run, last_runs

PART: Final = 250
"""Nodes that are looked at together; the fleet is locked while their bundles are made."""
MOST_DEMANDS: Final = 200_000
"""Demanded components that are remembered while nodes are looked at."""


class KnownDemands:
    """What bundles demand, by hash; nodes that follow each other often share one."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Demands] = OrderedDict()
        self._count = 0

    def find(self, hashed: str) -> Demands | None:
        """Give what a bundle demands, if it is known."""
        return self._known.get(hashed)

    def keep(self, hashed: str, bundle: Document) -> Demands:
        """Give what a bundle demands, and remember it."""
        found = self._known[hashed] = demands_of(bundle)
        self._count += len(found)
        while self._count > MOST_DEMANDS and len(self._known) > 1:
            self._count -= len(self._known.popitem(last=False)[1])
        return found


@dataclass(frozen=True, slots=True)
class Gathering:
    """The compliance of one tenant as of one moment."""

    work: Work
    fleet: Fleet
    sources: Sources
    terms: Terms
    known: KnownDemands = field(default_factory=KnownDemands)

    @classmethod
    def of(cls, work: Work) -> "Gathering":
        """Look at the caller's tenant now."""
        sources = work.derived(SOURCES)
        minutes = sources.settings["run_frequency"]
        frequency = minutes if isinstance(minutes, int) else 5
        terms = Terms(work.committer.clock(), frequency, str(sources.settings["reporting_mode"]))
        return cls(work, Fleet.of(work), sources, terms)

    def accepted(self) -> Iterator[list[Node]]:
        """Give the accepted nodes by id, a part at a time."""
        after = ""
        while part := page_nodes(self.work.session, "accepted", after=after, most=PART):
            yield part
            after = part[-1].id

    def nodes(self, ids: Sequence[str]) -> Iterator[list[Node]]:
        """Give the accepted nodes among these, by id, a part at a time."""
        for start in range(0, len(ids), PART):
            found = some_nodes(self.work.session, ids[start : start + PART])
            yield [found[one] for one in sorted(found) if found[one].status == "accepted"]

    def lines(self, nodes: Sequence[Node]) -> dict[str, list[Line]]:
        """Give, by node, the lines of those that have to report at all: what they must do, and what became of it."""
        session = self.work.session
        ids = [node.id for node in nodes]
        told = last_told_of(session, ids)
        runs = last_runs(session, ids)
        with bundling(self.work) as bundler:
            # On the server's own node no agent need run.
            bundles = bundler.bundles([node for node in nodes if node.id in told or not node.is_policy_server])
        demands = self._demands({bundle.hash: bundle for bundle in bundles.values()}, runs.values())
        found: dict[str, list[Line]] = {}
        for node, bundle in bundles.items():
            last, run = told.get(node), runs.get(node)
            hashed, since = (None, None) if last is None else (last.bundle, last.time)
            expected = Expected(bundle.hash, demands[bundle.hash], hashed, since)
            reported = None if run is None else Reported(run, demands.get(run.bundle, ()))
            found[node] = list(lines_of(node, expected, reported, self.terms))
        return found

    def _demands(self, bundles: Mapping[str, Bundle], runs: Iterable[Run]) -> dict[str, Demands]:
        """Give what these bundles demand, and what those that were run did, as far as they are known."""
        wanted = {*bundles, *(run.bundle for run in runs)}
        found = {one: known for one in wanted if (known := self.known.find(one)) is not None}
        for hashed in bundles.keys() - found.keys():
            found[hashed] = self.known.keep(hashed, bundles[hashed].document)
        for hashed, body in bundle_bodies(self.work.session, wanted - found.keys()).items():
            found[hashed] = self.known.keep(hashed, read_bundle(body))
        return found

    def counts(self) -> Counts:
        """Count the components of all accepted nodes by status."""
        counted: Counts = Counts()
        for part in self.accepted():
            for lines in self.lines(part).values():
                counted.update(line.status for line in lines)
        return counted

    def names(self) -> dict[tuple[str, str], str]:
        """Give the names of rules and directives, by kind and id."""
        with self.sources.reading() as sources:
            both: tuple[tuple[str, dict[str, Document]], ...] = (
                ("rule", dict(sources.rules)),
                ("directive", dict(sources.directives)),
            )
            return {
                (kind, one): _name(document["displayName"]) for kind, known in both for one, document in known.items()
            }


def _name(value: JSON) -> str:
    return str(value)
