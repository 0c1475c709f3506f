"""Members of an answer that are computed, not stored: what shows them, keeps their texts, and tags the answer."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from app.core.canonical import JSON
from app.core.values import dataclass
from app.http.answers import closing
from app.http.endpoint import Answer, Shown
from app.store.documents import Listed, Stored

MOST_KEPT = 10_000
"""Texts that are kept for one tenant, about 600 bytes each."""

Computed = Callable[[Stored], Mapping[str, JSON]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Computed members whose texts are kept.

    `texts` holds (commit, text) by id, because within a tenant a document's commit names its whole state. It is another
    mapping whenever what the members are computed from has changed.
    """

    computed: Computed
    texts: dict[str, tuple[str, bytes]]

    def __call__(self, stored: Stored) -> Mapping[str, JSON]:
        """Compute the members of one object."""
        return self.computed(stored)

    def closing(self, stored: Stored) -> bytes:
        """Write what follows a stored body, or find it written."""
        known = self.texts.get(stored.id)
        if known is None or known[0] != stored.commit:
            known = (stored.commit, closing(stored, self.computed(stored)).encode())
            if len(self.texts) < MOST_KEPT or stored.id in self.texts:
                self.texts[stored.id] = known
        return known[1]


def answer_one(stored: Stored, computed: Mapping[str, JSON], *, action: str | None = None) -> Answer:
    """Show a document; its tag names the computed members too, because they change while the revision stays."""
    answer = Answer.one(Shown(stored, computed), action=action)
    if not computed:
        return answer
    return replace(answer, revision=tag_of(stored, closing(stored, computed).encode()))


def tag_of(stored: Stored, end: bytes) -> str:
    """Name a revision and what follows the stored body in the answer."""
    return f"{stored.revision}-{_digest(end)}"


@lru_cache(maxsize=4096)
def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:12]


def written_list(parts: Iterable[Sequence[Listed]], kind: str, computed: Computed) -> Iterator[bytes]:
    """Write the objects of a long list from their rows; only what is not kept is made a document first."""
    kept = computed if isinstance(computed, Kept) else Kept(computed, {})
    find = kept.texts.get
    first = True
    for rows in parts:
        texts: list[bytes] = []
        for document_id, commit, cut, revision, created, updated in rows:
            known = find(document_id)
            if known is not None and known[0] == commit:
                end = known[1]
            else:
                body = cut.decode() + "}"
                end = kept.closing(Stored(kind, document_id, "", body, "", revision, commit, created, updated))
            texts += (b",", cut, end)
        yield b"".join(texts[1:] if first else texts)
        first = False
