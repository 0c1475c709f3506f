"""Which nodes the changes under judgement reach, by the index: the shape that reviews ask for."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.changes.change import Change
from app.changes.following import Followers
from app.changes.view import DocumentKey
from app.fleet.fleet import Fleet
from app.fleet.index.fleet import FLEET
from app.fleet.index.reach import Reached, Touched, touched
from app.fleet.index.sight import Sight
from app.fleet.targets import GROUP, SPECIAL
from app.store.db import Database
from app.store.documents import Stored
from app.store.session import TenantSession


class State(Protocol):
    """The documents of one tenant at one moment: before a change set, or after it."""

    def find(self, kind: str, document_id: str) -> Stored | None:
        """Read a document; None when it does not exist."""


class JudgedState(State, Protocol):
    """The documents as a batch has changed them so far; `BatchView` is one."""

    @property
    def tenant(self) -> str:
        """Whose they are."""

    @property
    def keys(self) -> Collection[DocumentKey]:
        """Name what the batch changed, other change sets included."""


@dataclass(slots=True)
class _Weighed(threading.local):
    """What this thread weighed last: a change set is asked about on the thread that judges it."""

    sides: tuple[tuple[object, Sight], ...] = ()


@dataclass(frozen=True, slots=True)
class FleetReach:
    """Finds the nodes that changes reach; states that were not weighed here last count as supervised."""

    database: Database
    followers: Followers
    _last: _Weighed = field(default_factory=_Weighed)

    def reached(self, changes: Sequence[Change], before: State, after: JudgedState) -> list[Touched]:
        """Find what each change reaches, in their order."""
        keys = {*after.keys, *((change.kind, change.id) for change in changes)}
        session = TenantSession(self.database, after.tenant)
        try:
            fleet = Fleet.seen_by(session, self.followers.get(session, FLEET))
            old, new = ({key: state.find(*key) for key in keys} for state in (before, after))
            with fleet.weighing(old, new) as (one, other):
                self._last.sides = ((before, one), (after, other))
                return touched(changes, one, other)
        finally:
            session.release()

    def is_supervised(self, nodes: Reached, unsupervised: Collection[str], state: State) -> bool:
        """Tell whether any of the nodes is in a supervised target; what cannot be seen counts as supervised."""
        sight = self._sight(state)
        if nodes.unseen or not nodes.ids or sight is None:
            return bool(nodes)
        numbers = sight.nodes.numbers_of(nodes.ids)
        targets = {*SPECIAL.values(), *(GROUP + group for group in sight.groups)}
        return any(numbers.intersect(sight.target(one)) for one in targets.difference(unsupervised))

    def touches_group(self, nodes: Reached, group: str, state: State) -> bool:
        """Tell whether any of the nodes is in a group; what cannot be seen may be in any that exists."""
        sight = self._sight(state)
        if sight is None:
            return bool(nodes)
        known = sight.groups.get(group)
        if known is None:
            return False
        members = sight.members_of(group)
        # A listed id that is no node yet is one that may become one.
        return bool(nodes.unseen) or known.is_unreadable or sight.nodes.numbers_of(nodes.ids).intersect(members)

    def _sight(self, state: State) -> Sight | None:
        return next((sight for weighed, sight in self._last.sides if weighed is state), None)
