"""Long lists and single objects written from rows: what follows a stored body is kept as long as it stays true."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.core.canonical import JSON
from app.http.answers import closing
from app.http.endpoint import Answer
from app.store.documents import Stored

Computed = Callable[[Stored], Mapping[str, JSON]]

MOST_KEPT = 10_000
"""Texts that are kept for one tenant, about 600 bytes each."""


class Text(NamedTuple):
    """What follows the body of a document in the state that `commit` names; `tag` is made when first asked for."""

    commit: str
    closing: bytes
    tag: str | None = None


Texts = dict[str, tuple[str, bytes, str | None]]
"""By document id, the fields of a `Text`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Computed members whose texts are kept.

    Within a tenant a document's commit names its whole state. `texts` is another mapping whenever what the members are
    computed from has changed.
    """

    computed: Computed
    texts: Texts

    def __call__(self, stored: Stored) -> Mapping[str, JSON]:
        """Compute the members of one object."""
        return self.computed(stored)

    def closing(self, stored: Stored) -> bytes:
        """Write what follows a stored body, or find it written."""
        known = self.texts.get(stored.id)
        if known is None or known[0] != stored.commit:
            known = self._keep(stored.id, Text(stored.commit, closing(stored, self.computed(stored)).encode()))
        return known[1]

    def answer(self, stored: Stored) -> Answer:
        """Show one object, with its tag."""
        known = self.texts.get(stored.id)
        if known is None or known[0] != stored.commit or known[2] is None:
            computed = self.computed(stored)
            made = Text(stored.commit, closing(stored, computed).encode(), tag_of(stored, computed))
            known = self._keep(stored.id, made)
        return Answer(written=((stored.body[:-1].encode() + known[1],),), id=stored.id, revision=known[2])

    def _keep(self, document_id: str, text: Text) -> Text:
        if len(self.texts) < MOST_KEPT or document_id in self.texts:
            self.texts[document_id] = text
        return text


def tag_of(stored: Stored, computed: Mapping[str, JSON]) -> str:
    """Tag an object; the tag names the computed members too, because they change while the revision stays."""
    if not computed:
        return str(stored.revision)
    digest = hashlib.sha256(json.dumps(computed, sort_keys=True).encode()).hexdigest()
    return f"{stored.revision}-{digest[:12]}"


def written(parts: Iterable[list[tuple[Any, ...]]], kind: str, computed: Computed) -> Iterator[list[bytes]]:
    """Write the objects of a list from the rows of `document_parts`; only what is not kept is made a document first."""
    kept = computed if isinstance(computed, Kept) else Kept(computed, {})
    find = kept.texts.get
    for rows in parts:
        texts = []
        for document_id, commit, body, revision, created, updated in rows:
            known = find(document_id)
            if known is not None and known[0] == commit:
                texts.append(body[:-1] + known[1])
            else:
                stored = Stored(kind, document_id, "", body.decode(), "", revision, commit, created, updated)
                texts.append(body[:-1] + kept.closing(stored))
        yield texts
