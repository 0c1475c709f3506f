"""Whom changes reach, for reviews: the interface of `app.changes.review.reach` over the fleet's index."""

from collections.abc import Mapping, Sequence

from app.changes.change import Change
from app.changes.following import Followers
from app.changes.review.reach import Reached
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
            return Fleet.seen_by(session, self._followers.get(session, FLEET)).touched(changes, also)
        finally:
            session.release()
