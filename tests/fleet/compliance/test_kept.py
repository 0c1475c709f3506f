"""What is kept of a fleet's compliance against what is gathered anew, after each of many changes of all that counts."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from app.boot import DEFAULT
from app.core.clock import now_ms
from app.core.context import Context
from app.fleet.compliance.gathering import Gathering
from app.fleet.compliance.kept import KeptCompliance
from app.store.nodes import lock_node, put_node
from tests.installations import Server
from tests.resources.fleet_samples import directive, node_token, policy, report, rule

NODES = [f"n-{number}" for number in range(5)]
STATUSES = ["successAlreadyOK", "successRepaired", "error", "auditCompliant"]
MINUTE = 60_000


class Walk:
    """A fleet that changes at random, and what is kept of it all the while."""

    def __init__(self, server: Server, seed: int) -> None:
        self.server, self.random = server, random.Random(seed)
        self.kept = KeptCompliance()
        self.ahead = 0
        self.steps = 0
        directive(server, "d-a", "/etc/a", '/etc/${node.properties[site] | default = "none"}')
        directive(server, "d-b", "/etc/b")
        rule(server, "r-1", "d-a")
        rule(server, "r-2", "d-b", targets=("group:g",))
        group = {"id": "g", "displayName": "Group", "dynamic": False, "nodeIds": ["n-1", "n-2"]}
        assert server.put("/api/25/groups", json=group).status_code == 200
        self.tokens = {name: node_token(server, name) for name in NODES}

    def step(self) -> None:
        self.steps += 1
        acts = (self._report, self._tell, self._node, self._document, self._wait)
        (act,) = self.random.choices(acts, (5, 2, 2, 1, 1))
        act(self.random.choice(NODES))

    def _report(self, node: str) -> None:
        if self._is_accepted(node):
            statuses = {f"/etc/{name}": self.random.choice(STATUSES) for name in ("a", "b", "none", "lyon")}
            report(self.server, node, self.tokens[node], statuses, id=f"run-{self.steps}")

    def _tell(self, node: str) -> None:
        if self._is_accepted(node):
            policy(self.server, node, self.tokens[node])

    def _node(self, node: str) -> None:
        with self.server.opened.database.writing(DEFAULT) as connection:
            known = lock_node(connection, DEFAULT, node)
            assert known is not None
            changes: list[dict[str, Any]] = [
                {"status": "deleted" if known.status == "accepted" else "accepted"},
                {"properties": ({"name": "site", "value": self.random.choice(["lyon", "none"])},)},
                {"policy_mode": self.random.choice(["audit", "default"])},
                {"state": self.random.choice(["enabled", "ignored"])},
            ]
            put_node(connection, DEFAULT, replace(known, **self.random.choice(changes)), is_new=False, now_ms=now_ms())

    def _document(self, node: str) -> None:
        path, body = self.random.choice(
            [
                ("/groups/g", {"nodeIds": [node]}),
                ("/rules/r-2", {"enabled": self.random.choice([True, False])}),
                ("/directives/d-b", {"priority": self.random.randrange(9)}),
            ]
        )
        assert self.server.post(f"/api/25{path}", json=body).status_code == 200

    def _wait(self, _node: str) -> None:
        self.ahead += self.random.choice([3, 8, 11]) * MINUTE

    def _is_accepted(self, node: str) -> bool:
        return bool(self.server.get(f"/api/25/nodes/{node}").status_code == 200)

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Give what is kept, and the lines of each node counted one by one."""
        work = self.server.opened.work(Context.system(DEFAULT, "test"))
        gathering = Gathering.of(work)
        gathering = replace(gathering, terms=replace(gathering.terms, now=now_ms() + self.ahead))
        kept = self.kept.counts(gathering)
        lines = [
            line
            for part in gathering.accepted()
            for outcome in gathering.outcome_of(part).values()
            for line in outcome.lines
        ]
        work.release()
        return kept, Counter(line.status for line in lines)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_kept_is_what_a_look_at_every_node_gives(server: Server, seed: int) -> None:
    walk, seen = Walk(server, seed), set[str]()

    for _ in range(60):
        walk.step()
        kept, gathered = walk.counts()
        assert kept == gathered, walk.steps
        seen |= kept.keys()

    assert seen >= {"noReport", "error"}


def test_what_a_node_is_told_counts_at_once(server: Server) -> None:
    walk = Walk(server, 0)
    before, _ = walk.counts()

    policy(server, "n-0", walk.tokens["n-0"])

    kept, gathered = walk.counts()
    assert before.keys() == {"noReport"}
    assert kept == gathered
    assert kept["applying"] == 2
