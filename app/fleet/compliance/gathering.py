"""Gathers the lines of a tenant's nodes: what each was told, and its newest run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.fleet.compliance.lines import Expected, Line, Terms, lines_of
from app.fleet.fleet import Fleet
from app.fleet.policies.bundling import bundling
from app.fleet.policies.sources import SOURCES, Sources
from app.fleet.policies.telling import read_bundle
from app.store.nodes import Node, page_nodes, some_nodes
from app.store.policies import bundle_bodies, last_told_of
from app.store.reports import last_runs

PART = 500
"""Nodes that are looked at together."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """The compliance of one tenant as of one moment."""

    work: Work
    fleet: Fleet
    sources: Sources
    terms: Terms

    @classmethod
    def of(cls, work: Work) -> "Gathering":
        """Look at the caller's tenant now."""
        sources = work.derived(SOURCES)
        minutes = sources.settings["run_frequency"]
        frequency = minutes if isinstance(minutes, int) else 5
        terms = Terms(work.committer.clock(), frequency, str(sources.settings["reporting_mode"]))
        return cls(work, Fleet.of(work), sources, terms)

    def accepted(self, *, after: str = "", most: int = PART) -> Iterator[list[Node]]:
        """Give the accepted nodes by id, a part of `most` at a time, those behind `after` only."""
        while part := page_nodes(self.work.session, "accepted", after=after, most=most):
            yield part
            if len(part) < most:
                return
            after = part[-1].id

    def nodes(self, ids: Sequence[str]) -> Iterator[list[Node]]:
        """Give the accepted nodes among these, by id, a part at a time."""
        for start in range(0, len(ids), PART):
            found = some_nodes(self.work.session, ids[start : start + PART])
            yield [found[one] for one in sorted(found) if found[one].status == "accepted"]

    def lines(self, nodes: Sequence[Node]) -> dict[str, list[Line]]:
        """Give the lines of each of these nodes that has to report at all."""
        session = self.work.session
        ids = [node.id for node in nodes]
        told = last_told_of(session, ids)
        runs = last_runs(session, ids)
        bodies = {
            hashed: read_bundle(body)
            for hashed, body in bundle_bodies(session, {one.bundle for one in told.values()}).items()
        }
        found: dict[str, list[Line]] = {}
        for node in nodes:
            known = told.get(node.id)
            if known is not None:
                expected = Expected(known.bundle, bodies[known.bundle], known.time)
            elif node.is_policy_server:
                # The server's own node, on which no agent need run.
                continue
            else:
                with bundling(self.work) as bundler:
                    bundle = bundler.bundle(node)
                expected = Expected(bundle.hash, bundle.document, None)
            found[node.id] = list(lines_of(node.id, expected, runs.get(node.id), self.terms))
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
