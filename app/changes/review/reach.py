"""Which nodes a change reaches: the interface; `app.fleet.reach` knows how."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import Final, Protocol

from app.changes.change import Change
from app.core.targets import ALL, EVERY_NODE, GROUP, SERVERS
from app.core.values import dataclass
from app.store.documents import Stored
from app.store.nodes import ROOT


class State(Protocol):
    """The documents of one tenant at one moment: before a change set, or after it."""

    def find(self, kind: str, document_id: str) -> Stored | None:
        """Read a document; None when it does not exist."""

    def all(self, kind: str) -> list[Stored]:
        """Read every document of a kind, by id."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Some nodes.

    Listed ids that are no nodes yet count as nodes. `unseen` are targets of which nobody can say which nodes they will
    be; `groups` are those that any of the nodes is in.
    """

    ids: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    groups: frozenset[str] = field(default=frozenset(), compare=False)

    def __or__(self, other: "Nodes") -> "Nodes":
        return Nodes(self.ids | other.ids, self.unseen | other.unseen, self.groups | other.groups)

    def __bool__(self) -> bool:
        return bool(self.named)

    @property
    def named(self) -> frozenset[str]:
        """Everything that is known of them by name."""
        return self.ids | self.unseen

    def are_in(self, group: str) -> bool:
        """Tell whether any of them is in a group; what cannot be seen may be in any."""
        return bool(self.unseen) or group in self.groups

    def are_supervised(self, unsupervised: Collection[str]) -> bool:
        """Tell whether any of them is in a supervised target; what cannot be seen counts as supervised."""
        if self.unseen or not self.ids:
            return bool(self.unseen)
        if not set(unsupervised) >= EVERY_NODE or (ROOT in self.ids and SERVERS not in unsupervised):
            return True
        return any(GROUP + group not in unsupervised for group in self.groups)


NOBODY: Final = Nodes()
EVERYTHING: Final = Nodes(unseen=frozenset({ALL}))


@dataclass(frozen=True, slots=True)
class Reached:
    """The nodes that one change reaches, before the change set and after it, and the rules through which."""

    before: Nodes = NOBODY
    after: Nodes = NOBODY
    rules: frozenset[str] = frozenset()

    @property
    def both(self) -> Nodes:
        """Every node that is or was reached."""
        return self.before | self.after


class Reach(Protocol):
    """Finds the nodes that changes reach."""

    def reached(
        self, tenant: str, changes: Sequence[Change], also: Mapping[tuple[str, str], Stored | None]
    ) -> list[Reached]:
        """Find what each change of a set reaches, in their order; `also` are documents that nobody committed yet."""


class NoReach:
    """Knows no nodes: changes reach something that nobody can see. For installations opened without a fleet."""

    def reached(
        self,
        tenant: str,  # noqa: ARG002  the interface's
        changes: Sequence[Change],
        also: Mapping[tuple[str, str], Stored | None],  # noqa: ARG002  the same
    ) -> list[Reached]:
        """Say of each change that it may reach everything."""
        return [Reached(EVERYTHING, EVERYTHING) for _ in changes]
