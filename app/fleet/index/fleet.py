"""The fleet of one tenant in this process: follows log and fleet, and answers one caller at a time."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from pyroaring import BitMap

from app.changes.following import Derivation
from app.core.canonical import Document
from app.core.deadline import present
from app.fleet.criteria.compiling import Facet
from app.fleet.index.keeping import ONE_BY_ONE, Keeper
from app.fleet.index.nodes import Nodes, Told
from app.fleet.index.sight import Sight
from app.fleet.keeping import kept_of
from app.store.documents import Stored
from app.store.nodes import Node, changed_nodes
from app.store.session import TenantSession

NOTHING_SEEN: Final = -1


class FleetIndex:
    """What one tenant's fleet comes to, current up to what each reader saw of the database."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._inbox: deque[tuple[str, Callable[[], None]]] = deque()
        self._sight = Sight(Nodes())
        self._keeper = Keeper(self._sight)
        self._epoch = NOTHING_SEEN
        self._unsettled: set[str] = set()
        """Kinds of the documents that were taken and not yet settled."""
        self._inhabited: set[str] = set()
        self._seen = [BitMap()] * 4
        self.changes = 0
        """How many documents were taken; another number means that groups and rules may be others."""
        self.texts: dict[str, tuple[str, bytes]] = {}
        """Texts of rules' computed members; another mapping whenever what they are computed from has changed."""

    def note(self, kind: str, document_id: str, stored: Stored | None) -> None:
        """Take a changed document; who reads next works it in."""
        self.changes += 1
        if kind == "rule":
            # At the first look these are all rules: their texts must not wait in memory.
            kept = None if stored is None else kept_of(stored.document)
            self._inbox.append((kind, partial(self._take_rule, document_id, kept)))
        else:
            self._inbox.append((kind, partial(self._keeper.take, kind, document_id, stored)))

    def _take_rule(self, document_id: str, kept: Document | None) -> None:
        self._keeper.take_rule(document_id, kept)
        if kept is None:
            self.texts.pop(document_id, None)

    @contextmanager
    def reading(self, session: TenantSession, epoch: int) -> Iterator[Sight]:
        """Give the sight, at least as new as this number of the fleet; nobody else reads or changes it meanwhile."""
        with self._lock:
            self._follow(session, epoch)
            yield self._sight

    def present_texts(self, session: TenantSession, epoch: int) -> dict[str, tuple[str, bytes]]:
        """Give the kept texts, at least as new as this number of the fleet."""
        with self._lock:
            self._follow(session, epoch)
            return self.texts

    def look_at(self, session: TenantSession, facets: Iterable[Facet]) -> None:
        """Look at more facets of all nodes; for whoever reads the sight and has a query of their own."""
        nodes = self._sight.nodes
        new = set(facets) - nodes.facets
        if not new:
            return
        present().lift()
        nodes.watch(new)
        try:
            for node in changed_nodes(session, NOTHING_SEEN):
                nodes.put(node, new)
        except BaseException:
            # Half of the nodes would be taken for all of them.
            nodes.forget(new)
            raise

    def _follow(self, session: TenantSession, epoch: int) -> None:
        self._take_inbox()
        if not self._unsettled and epoch <= self._epoch:
            return
        first = self._epoch == NOTHING_SEEN
        if first:
            # Cut short it would begin anew at the next request, and never end in a fleet that is large enough.
            present().lift()
        wanted = self._facets()
        if not first:
            self.look_at(session, wanted)
        self._sight.nodes.watch(wanted)
        touched: dict[int, Told] = {}
        changed_many = first
        if epoch > self._epoch:
            # Also those that changed since: a node whose change was left out would be missing meanwhile.
            for node in changed_nodes(session, self._epoch):
                changed_many = self._put(node, touched) or changed_many
        changed = self._keeper.settle(None if changed_many else touched)
        self._epoch = max(epoch, self._epoch)
        # A rule's text is kept with the state of the rule; no other rule's says anything of it.
        self._settle_texts(changed, documents=not self._unsettled <= {"rule"})
        self._unsettled = set()

    def _put(self, node: Node, touched: dict[int, Told]) -> bool:
        """Take a changed node; tell whether they are too many to be remembered one by one."""
        number, told = self._sight.nodes.put(node)
        if len(touched) > ONE_BY_ONE:
            return True
        touched[number] = told
        return len(touched) > ONE_BY_ONE

    def _take_inbox(self) -> None:
        while self._inbox:
            kind, take = self._inbox.popleft()
            self._unsettled.add(kind)
            take()

    def _facets(self) -> set[Facet]:
        groups = self._sight.groups.values()
        return set().union(*(group.query.facets for group in groups if group.query is not None))

    def _settle_texts(self, changed: set[str], *, documents: bool) -> None:
        inhabited = {group for group in changed if self._sight.members_of(group)}
        if self._settle_modes(changed) or documents or inhabited != self._inhabited & changed:
            self.texts = {}
        self._inhabited = self._inhabited - changed | inhabited

    def _settle_modes(self, changed: set[str]) -> bool:
        """Tell whether the modes of the nodes of any rule may be others now."""
        nodes = self._sight.nodes
        seen = [*nodes.in_mode.values(), nodes.accepted, nodes.servers]
        moved = any(old is not new for old, new in zip(self._seen, seen, strict=True))
        counts = any(self._seen[:-2]) or any(seen[:-2])
        self._seen = seen
        return counts and (moved or bool(changed))


FLEET = Derivation("fleet", ("group", "rule", "directive", "technique", "setting"), FleetIndex, FleetIndex.note)
