"""Which nodes a change reaches: the interface; `app.fleet.reach` knows how."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.changes.change import Change
from app.store.documents import Stored


class State(Protocol):
    """The documents of one tenant at one moment: before a change set, or after it."""

    def find(self, kind: str, document_id: str) -> Stored | None:
        """Read a document; None when it does not exist."""

    def holders(self, kind: str, field: str, value: str) -> list[Stored]:
        """Read the documents of a kind whose declared field has this value, by id."""

    def all(self, kind: str) -> list[Stored]:
        """Read every document of a kind, by id."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Some nodes: those that are known, and targets of which it cannot be seen which nodes they are."""

    ids: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()

    def __or__(self, other: "Nodes") -> "Nodes":
        return Nodes(self.ids | other.ids, self.unseen | other.unseen)

    def __bool__(self) -> bool:
        return bool(self.ids or self.unseen)


NOBODY = Nodes()


@dataclass(frozen=True, slots=True)
class Reached:
    """The nodes that one change reaches, before it and after it, and the rules through which."""

    before: Nodes = NOBODY
    after: Nodes = NOBODY
    rules: frozenset[str] = frozenset()

    @property
    def both(self) -> Nodes:
        """Every node that is or was reached."""
        return self.before | self.after


class Reach(Protocol):
    """Finds the nodes that changes reach."""

    def reached(self, changes: Sequence[Change], before: State, after: State) -> list[Reached]:
        """Find what each change reaches, in their order."""

    def is_supervised(self, nodes: Nodes, unsupervised: Collection[str], state: State) -> bool:
        """Tell whether any of the nodes is in a supervised target; what cannot be seen counts as supervised."""

    def touches_group(self, nodes: Nodes, group: str, state: State) -> bool:
        """Tell whether any of the nodes is in a group; what cannot be seen may be in any."""


class NoReach:
    """Knows no nodes: changes reach something that nobody can see. For installations opened without a fleet."""

    def reached(self, changes: Sequence[Change], before: State, after: State) -> list[Reached]:  # noqa: ARG002
        """Say of each change that it may reach everything."""
        everything = Nodes(unseen=frozenset({"special:all"}))
        return [Reached(everything, everything) for _ in changes]

    def is_supervised(self, nodes: Nodes, unsupervised: Collection[str], state: State) -> bool:  # noqa: ARG002
        """Count everything as supervised."""
        return bool(nodes)

    def touches_group(self, nodes: Nodes, group: str, state: State) -> bool:  # noqa: ARG002
        """Count everything as in every group."""
        return bool(nodes)
