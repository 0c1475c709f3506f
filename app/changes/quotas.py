"""How many documents of a kind a tenant may have, judged under the lock with every change set."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final

from sqlalchemy import Connection

from app.changes.change import Change
from app.core.errors import InvalidError
from app.core.tenancy import LIMITS
from app.core.values import dataclass
from app.store.documents import count_documents

QUOTAS: Final[Mapping[str, tuple[str, str]]] = {
    "parameter": ("maxVariables", "Too many variables"),
    "technique": ("maxModules", "Too many modules"),
}
"""By kind: the limit that counts its documents, and what is said first when there are too many."""


@dataclass(slots=True)
class Quotas:
    """The counts of one batch: what is there, and what its accepted change sets add.

    A tenant that is over a limit already (it was lowered) may change and delete, only not add.
    """

    connection: Connection
    tenant: str
    limits: Mapping[str, int]
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, changes: Sequence[Change]) -> None:
        """Count what a change set adds.

        Raises:
            InvalidError: it would add more than the tenant may have; nothing of it is counted.
        """
        added = _added(changes)
        self.refuse(changes)
        for kind, more in added.items():
            if kind in self.counts:
                self.counts[kind] += more

    def refuse(self, changes: Sequence[Change]) -> None:
        """Refuse a change set that would add too much, and count nothing of it.

        Raises:
            InvalidError: it would.
        """
        for kind, more in _added(changes).items():
            if more > 0:
                self._refuse_too_many(kind, more)

    def _refuse_too_many(self, kind: str, more: int) -> None:
        name, said = QUOTAS[kind]
        if kind not in self.counts:
            self.counts[kind] = count_documents(self.connection, self.tenant, kind)
        most, wanted = self.limits.get(name, LIMITS[name]), self.counts[kind] + more
        if wanted > most:
            text = f"{said}: the tenant may have {most} and would have {wanted} ({name}); delete some first"
            raise InvalidError(text, rudder=said)


def _added(changes: Sequence[Change]) -> Counter[str]:
    added: Counter[str] = Counter()
    for change in changes:
        if change.kind in QUOTAS:
            added[change.kind] += (change.after is not None) - (change.before is not None)
    return added
