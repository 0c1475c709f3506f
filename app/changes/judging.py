"""Judging a change set in memory: merge, references, secrets; the same for a commit and for a preview."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.changes.change import Change, Edit
from app.changes.kinds import Kind, title
from app.changes.secrecy import AnyTag, Sealer
from app.changes.view import BatchView
from app.changes.watching import Refusals, Watch
from app.core.canonical import Document, pretty
from app.core.errors import AlreadyExistsError, InvalidError, StaleError, SternpostError
from app.core.ids import check_id
from app.core.values import dataclass
from app.store.documents import Stored
from app.store.git.objects import blob_sha

MAX_CASCADE = 100_000
"""More edits than this that came with others are a loop in a cascade."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An accepted change set: the documents that were asked about, and all that change."""

    asked: tuple[Change, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Laws:
    """What edits are judged by: the kinds in their order, and by kind the ids that no document may have."""

    kinds: Mapping[str, Kind]
    reserved: Mapping[str, frozenset[str]]


def judge(
    view: BatchView, edits: Sequence[Edit], laws: Laws, sealer: Sealer, now: int, watch: Watch | None = None
) -> Judged:
    """Merge the edits over the stored documents and check the result as a whole; with `watch` all refusals are told.

    Raises:
        SternpostError: the change set is refused; the caller undoes the view.
    """
    return _Judgement(view, laws, sealer, now, watch or Watch(), Refusals(watch is not None)).judge(edits)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """One change set under judgement."""

    view: BatchView
    laws: Laws
    sealer: Sealer
    now: int
    watch: Watch
    refusals: Refusals

    def judge(self, edits: Sequence[Edit]) -> Judged:
        self._merge_all(edits)
        changes = tuple(_changes(self.view))
        self._check_all(changes, edits)
        self.refusals.raise_if_any()
        by_key = {(change.kind, change.id): change for change in changes}
        asked = tuple(
            by_key.get((edit.kind, edit.id)) or _unchanged(edit, self.view.get(edit.kind, edit.id)) for edit in edits
        )
        return Judged(asked, changes)

    def _merge_all(self, edits: Sequence[Edit]) -> None:
        kinds = self.laws.kinds
        order = {name: position for position, name in enumerate(kinds)}
        waiting = deque(sorted(edits, key=lambda edit: order[edit.kind]))
        seen = 0
        while waiting:
            seen += 1
            if seen > len(edits) + MAX_CASCADE:
                raise RuntimeError("A cascade does not end")
            edit = waiting.popleft()
            change = self._merged(edit)
            if change is not None and change.after is not change.before:
                cascade = [replace(one, cascaded=True) for one in kinds[edit.kind].cascade(change, self.view)]
                waiting.extendleft(reversed(cascade))
            self.watch.progress("judging", seen, seen + len(waiting))

    def _merged(self, edit: Edit) -> Change | None:
        try:
            return _merge(self.view, edit, self.laws, self.sealer, self.now, keeps_tags=self.watch.keeps_tags)
        except SternpostError as error:
            self.refusals.take(edit, error, self.laws.kinds[edit.kind].needs(edit))
            return None

    def _check_all(self, changes: Sequence[Change], edits: Sequence[Edit]) -> None:
        asked = {(edit.kind, edit.id): edit for edit in edits} if self.refusals.collects else {}
        for number, change in enumerate(changes, 1):
            kind = self.laws.kinds[change.kind]
            try:
                kind.check(change, self.view)
            except SternpostError as error:
                edit = asked.get((change.kind, change.id)) or Edit(change.kind, change.id, change.action)
                self.refusals.take(edit, error, kind.needs(edit))
            self.watch.progress("checking", number, len(changes))


def needed(edits: Iterable[Edit], kinds: Mapping[str, Kind]) -> set[tuple[str, str]]:
    """Name the documents that judging these edits will read."""
    keys: set[tuple[str, str]] = set()
    for edit in edits:
        keys.add((edit.kind, edit.id))
        if edit.source is not None:
            keys.add((edit.kind, edit.source))
        keys.update(kinds[edit.kind].needs(edit))
    return keys


def _merge(view: BatchView, edit: Edit, laws: Laws, sealer: Sealer, now: int, *, keeps_tags: bool) -> Change:
    key, kind = (edit.kind, edit.id), laws.kinds[edit.kind]
    if edit.action == "create":
        _check_new_id(edit.id, kind, laws.reserved.get(edit.kind, frozenset()))
    present = view.find(*key)
    _refuse_impossible(edit, kind, present)
    if present is not None:
        kind.guard(present, edit, view)
    if edit.action == "delete":
        view.put(key, None)
        return Change(edit.kind, edit.id, present, None, force=edit.force)
    document = kind.judge(present, edit, view)
    held = AnyTag() if keeps_tags else present and present.document
    document, content = sealer.seal(document, tuple(kind.secret_paths(document, view)), held=held)
    after = _stored(kind, edit.id, document, content, view.before(key), now)
    if present is not None and after.body == present.body:
        return Change(edit.kind, edit.id, present, present)
    view.put(key, after)
    return Change(edit.kind, edit.id, present, after)


def _check_new_id(document_id: str, kind: Kind, reserved: frozenset[str]) -> None:
    check_id(document_id, what=kind.label)
    segment = kind.segment(document_id)
    if segment in reserved and kind.default(document_id) is None:  # a path of the kind's own is no collision
        text = f"{kind.label} id '{segment}' is reserved, because a path of the API has that name; choose another id"
        raise InvalidError(text, fields={"id": [text]})


def _refuse_impossible(edit: Edit, kind: Kind, present: Stored | None) -> None:
    if edit.action == "create":
        if present is not None:
            rudder = kind.rudder_exists.format(id=edit.id) if kind.rudder_exists else None
            raise AlreadyExistsError(
                f"{kind.label} '{edit.id}' already exists; choose another id, or change it with POST", rudder=rudder
            )
        return
    if present is None:
        if edit.action != "modify" or kind.default(edit.id) is None:
            raise kind.missing(edit.id, edit.action)
        if edit.expected_revision is not None:
            raise StaleError(f"{kind.label} '{edit.id}' was never set, so it has no revision; send no If-Match")
        return
    if edit.expected_revision is not None and edit.expected_revision != present.revision:
        raise StaleError(
            f"{kind.label} '{edit.id}' was changed since it was read: you expect revision {edit.expected_revision}, "
            f"it is at revision {present.revision}; read it again"
        )


def _stored(kind: Kind, document_id: str, document: Document, content: bytes, start: Stored | None, now: int) -> Stored:
    body = content.decode()
    if start is not None and start.body == body:
        return start
    return Stored(
        kind=kind.name,
        id=document_id,
        name=title(kind, document, document_id),
        body=body,
        blob=blob_sha(pretty(document, content)),
        revision=1 if start is None else start.revision + 1,
        commit="",
        created=now if start is None else start.created,
        updated=now,
    )


def _changes(view: BatchView) -> Iterable[Change]:
    for (kind, document_id), before, after in view.touched():
        if before is not after:
            yield Change(kind, document_id, before, after)


def _unchanged(edit: Edit, present: Stored) -> Change:
    return Change(edit.kind, edit.id, present, present)
