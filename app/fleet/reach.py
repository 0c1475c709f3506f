"""Whom changes reach, for reviews: the interface of `app.changes.review.reach` over the fleet's index."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.changes.change import Change
from app.changes.following import Followers
from app.changes.review.reach import EVERYTHING, Nodes, Reached
from app.fleet.fleet import Fleet
from app.fleet.index.fleet import FLEET
from app.store.db import Database
from app.store.documents import Stored
from app.store.session import TenantSession


class FleetReach:
    """Looks at the fleet as it is now, whoever holds the tenant's lock."""

    def __init__(self, database: Database, followers: Followers) -> None:
        self._database = database
        self._followers = followers

    def reached(
        self, tenant: str, changes: Sequence[Change], also: Mapping[tuple[str, str], Stored | None]
    ) -> list[Reached]:
        """Find what each change of a set reaches, in their order."""
        session = TenantSession(self._database, tenant)
        try:
            fleet = Fleet.seen_by(session, self._followers.get(session, FLEET))
            touched = fleet.touched(changes, also)
            return [_reached(change, one, fleet) for change, one in zip(changes, touched, strict=True)]
        finally:
            session.release()


def _reached(change: Change, found: Reached, fleet: Fleet) -> Reached:
    """Add what no rule brings: any node may use a parameter, and an instance is on its node."""
    if change.kind == "parameter":
        return replace(found, before=EVERYTHING if change.before else found.before, after=EVERYTHING)
    if change.kind == "instance":
        return replace(found, before=_node_of(change.before, fleet), after=_node_of(change.after, fleet))
    return found


def _node_of(instance: Stored | None, fleet: Fleet) -> Nodes:
    if instance is None:
        return Nodes()
    node = instance.document.get("nodeId")
    if not isinstance(node, str) or not node:
        return EVERYTHING
    return Nodes(frozenset({node}), groups=frozenset(fleet.groups_of(node)))
