"""Gathers the lines of a tenant's nodes: what each must do now, and its newest run."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, NamedTuple

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.bundles.compiling import Bundle
from app.fleet.compliance.lines import Demands, Expected, Reported, Terms, demands_of, lasts_until, lines_of, phase_of
from app.fleet.compliance.outcomes import Case, KnownOutcomes, Outcome
from app.fleet.fleet import Fleet
from app.fleet.policies.bundling import bundling
from app.fleet.policies.sources import SOURCES, Sources
from app.fleet.policies.telling import read_bundle
from app.store.hosts import Host, page_hosts, some_hosts
from app.store.nodes import some_nodes
from app.store.policies import bundle_bodies, last_told_of
from app.store.reports import Report, newest_reports

PART: Final = 1_000
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


class Judged(NamedTuple):
    """What became of a node, and what that depends on beside the node and the documents.

    `run` is its newest one, `serial` that of what it was told last, which counts only where `asks_what_was_told`;
    behind the time `until`, in milliseconds, it may be something else.
    """

    outcome: Outcome
    run: str | None
    serial: int | None
    asks_what_was_told: bool
    until: int


@dataclass(frozen=True, slots=True)
class Gathering:
    """The compliance of one tenant as of one moment."""

    work: Work
    fleet: Fleet
    sources: Sources
    terms: Terms
    known: KnownDemands = field(default_factory=KnownDemands)
    outcomes: KnownOutcomes = field(default_factory=KnownOutcomes)

    @classmethod
    def of(cls, work: Work) -> "Gathering":
        """Look at the caller's tenant now."""
        sources = work.derived(SOURCES)
        minutes = sources.settings["run_frequency"]
        frequency = minutes if isinstance(minutes, int) else 5
        terms = Terms(work.committer.clock(), frequency, str(sources.settings["reporting_mode"]))
        return cls(work, Fleet.of(work), sources, terms)

    def accepted(self) -> Iterator[list[Host]]:
        """Give the accepted nodes by id, a part at a time."""
        after = ""
        while part := page_hosts(self.work.session, after=after, most=PART):
            yield part
            after = part[-1].id

    def nodes(self, ids: Sequence[str]) -> Iterator[list[Host]]:
        """Give the accepted nodes among these sorted ids, a part at a time."""
        for start in range(0, len(ids), PART):
            yield some_hosts(self.work.session, ids[start : start + PART])

    def outcome_of(self, hosts: Sequence[Host]) -> dict[str, Outcome]:
        """Say, of those of these nodes that have to report at all, what became of what they must do."""
        return {node: judged.outcome for node, judged in self.judged(hosts).items()}

    def judged(self, hosts: Sequence[Host]) -> dict[str, Judged]:
        """Say the same, with what it depends on."""
        session = self.work.session
        ids = [host.id for host in hosts]
        told = last_told_of(session, ids)
        reports = newest_reports(session, ids)
        with bundling(self.work) as bundler:
            # On the server's own node no agent need run.
            demanded = [host for host in hosts if host.id in told or not host.is_policy_server]
            bundles = bundler.bundles(demanded, lambda some: some_nodes(session, some))
        demands = self._demands({bundle.hash: bundle for bundle in bundles.values()}, reports.values())
        found: dict[str, Judged] = {}
        for node, bundle in bundles.items():
            last, hashed = told.get(node), bundle.hash
            told_hash, since = (None, None) if last is None else (last.bundle, last.time)
            expected = Expected(hashed, demands[hashed], told_hash, since)
            found[node] = self._judged(expected, reports.get(node), None if last is None else last.serial, demands)
        return found

    def _judged(
        self, expected: Expected, report: Report | None, serial: int | None, demands: Mapping[str, Demands]
    ) -> Judged:
        phase = phase_of(expected, report, self.terms)
        reported, case = None, Case(expected.hash, "", "", phase)
        if report is not None and phase.blank is None:
            reported = Reported(report, demands.get(report.bundle, ()))
            case = Case(expected.hash, report.bundle, report.text, phase)
        return Judged(
            outcome=self.outcomes.get(case, lambda: lines_of("", expected, reported, phase)),
            run=None if report is None else report.run,
            serial=serial,
            asks_what_was_told=report is None or report.bundle != expected.hash,
            until=lasts_until(expected, report, self.terms),
        )

    def _demands(self, bundles: Mapping[str, Bundle], reports: Iterable[Report]) -> dict[str, Demands]:
        """Give what these bundles demand, and what those that were run did, as far as they are known."""
        wanted = {*bundles, *(report.bundle for report in reports)}
        found = {one: known for one in wanted if (known := self.known.find(one)) is not None}
        for hashed in bundles.keys() - found.keys():
            found[hashed] = self.known.keep(hashed, bundles[hashed].document)
        for hashed, body in bundle_bodies(self.work.session, wanted - found.keys()).items():
            found[hashed] = self.known.keep(hashed, read_bundle(body))
        return found

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
