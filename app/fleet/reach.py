"""Which nodes the changes under judgement reach, by the index of the fleet."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.changes.change import Change
from app.changes.following import Followers
from app.changes.review.reach import Nodes, Reached, State
from app.changes.view import DocumentKey
from app.fleet.fleet import Fleet
from app.fleet.index.fleet import FLEET
from app.fleet.index.reach import EVERY_NODE, touched
from app.fleet.index.sight import Sight
from app.fleet.targets import GROUP, SPECIAL
from app.store.db import Database
from app.store.documents import Stored
from app.store.session import TenantSession


class _Weighed(threading.local):
    """What this thread weighed last: whoever judges a change set asks about it next, on the same thread."""

    sides: tuple[tuple[State, Sight], ...] = ()


@dataclass(frozen=True, slots=True)
class FleetReach:
    """Finds the nodes that changes reach."""

    database: Database
    followers: Followers
    _last: _Weighed = field(default_factory=_Weighed)

    def reached(self, changes: Sequence[Change], before: State, after: State) -> list[Reached]:
        """Find what each change reaches, in their order."""
        keys = {*after.keys, *((change.kind, change.id) for change in changes)}
        old, new = self._sights(after.tenant, _documents(before, keys), _documents(after, keys))
        self._last.sides = ((before, old), (after, new))
        return touched(changes, old, new)

    def is_supervised(self, nodes: Nodes, unsupervised: Collection[str], state: State) -> bool:
        """Tell whether any of the nodes is in a supervised target; what cannot be seen counts as supervised."""
        if nodes.unseen or not nodes.ids:
            return bool(nodes.unseen)
        sight = self._sight(state)
        supervised = {*SPECIAL.values(), *(GROUP + group for group in sight.groups)}.difference(unsupervised)
        return any(_touches(nodes.ids, target, sight) for target in supervised)

    def touches_group(self, nodes: Nodes, group: str, state: State) -> bool:
        """Tell whether any of the nodes is in a group; what cannot be seen may be in any that exists."""
        sight = self._sight(state)
        known = sight.groups.get(group)
        if known is None or not nodes:
            return False
        return bool(nodes.unseen) or known.is_unreadable or _touches(nodes.ids, GROUP + group, sight)

    def _sight(self, state: State) -> Sight:
        for weighed, sight in self._last.sides:
            if weighed is state:
                return sight
        documents = _documents(state, state.keys)
        return self._sights(state.tenant, documents, documents)[1]

    def _sights(
        self, tenant: str, old: Mapping[DocumentKey, Stored | None], new: Mapping[DocumentKey, Stored | None]
    ) -> tuple[Sight, Sight]:
        session = TenantSession(self.database, tenant)
        try:
            fleet = Fleet.seen_by(session, self.followers.get(session, FLEET))
            with fleet.weighing(old, new) as sights:
                return sights
        finally:
            session.release()


def _touches(ids: Collection[str], target: str, sight: Sight) -> bool:
    """Tell whether any of the nodes, some of which may not be there yet, is in a simple target."""
    if sight.nodes.numbers_of(ids).intersect(sight.target(target)):
        return True
    if target.startswith(GROUP):
        return not sight.groups[target.removeprefix(GROUP)].listed.isdisjoint(ids)
    return target in EVERY_NODE and any(sight.nodes.number_of(one) is None for one in ids)


def _documents(state: State, keys: Iterable[DocumentKey]) -> dict[DocumentKey, Stored | None]:
    return {key: state.find(*key) for key in keys}
