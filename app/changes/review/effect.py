"""The effective diff: its hash, the three-way merge of what is asked for over what is there now, conflicts."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Literal

from app.changes.change import Edit
from app.changes.review.matching import Effect
from app.changes.review.model import Wanted
from app.core.canonical import JSON, Document, canonical
from app.core.diff import FieldChange, apply_changes, field_diff, unescape
from app.core.errors import ConflictError
from app.core.values import dataclass
from app.store.documents import Stored


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else changed since: what it was, is now, and was to become here.

    `path` is None where the whole document is in the way: it was made, or deleted, by somebody else.
    """

    kind: str
    id: str
    path: str | None
    base: JSON
    now: JSON
    mine: JSON
    set_by: Document | None = None

    def to_json(self) -> Document:
        """Show it; `setBy` says whose event made it what it is now, where the log still tells."""
        shown: Document = {"kind": self.kind, "id": self.id, "path": self.path or ""}
        return {**shown, "base": self.base, "now": self.now, "mine": self.mine, "setBy": self.set_by}

    @property
    def text(self) -> str:
        """Name it in a sentence."""
        return f"{self.kind} {self.id}{self.path or ''}"


@dataclass(slots=True)
class Merge:
    """What is asked for, laid over what is there now: the edits that do it, and what stands in the way."""

    edits: list[Edit] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def diff_hash(effects: Iterable[Effect]) -> str:
    """Identify an effective diff: what changes from what to what, in whatever order it was asked for."""
    listed: list[list[JSON]] = []
    for effect in effects:
        kind, document_id = effect.change.kind, effect.change.id
        if effect.change.action != "modify":
            listed.append([kind, document_id, "", effect.change.action, None])
        for one in effect.fields:
            old: JSON = [one.old] if one.old_present else []
            new: JSON = [one.new] if one.new_present else []
            listed.append([kind, document_id, one.path, old, new])
    listed.sort(key=lambda row: (str(row[0]), str(row[1]), str(row[2])))
    return hashlib.sha256(canonical([*listed])).hexdigest()


Side = Literal["mine", "now"]


def merged(wanted: Sequence[Wanted], present: Sequence[Stored | None], prefer: Side | None = None) -> Merge:
    """Lay each wanted change over the document as it is now; what follows by itself is left to follow.

    With `prefer` what clashes is settled: what is asked for here wins, or what is there now.
    """
    merge = Merge()
    for one, now in zip(wanted, present, strict=True):
        if one.cascaded:
            continue
        part = Merge()
        _merge_one(part, one, None if now is None else now.document)
        if part.conflicts and prefer is not None:
            part = _settled(one, now, prefer, part)
        merge.edits.extend(part.edits)
        merge.conflicts.extend(part.conflicts)
    return merge


def _settled(one: Wanted, now: Stored | None, prefer: Side, part: Merge) -> Merge:
    if prefer == "now":
        return Merge([] if one.after is None else part.edits)
    if one.after is None:
        return Merge(part.edits)
    if now is None:
        return Merge([Edit(one.kind, one.id, "create", _fields(one.after), strict=False)])
    after = one.after
    if one.before is not None:
        try:
            after = apply_changes(now.document, field_diff(one.before, one.after))
        except ConflictError:
            after = one.after
    return Merge([Edit(one.kind, one.id, "modify", _fields(after), strict=False)])


def _merge_one(merge: Merge, one: Wanted, now: Document | None) -> None:
    if one.after is None:
        _delete(merge, one, now)
    elif now is None:
        if one.before is None:
            merge.edits.append(Edit(one.kind, one.id, "create", _fields(one.after), strict=False))
        else:
            merge.conflicts.append(Conflict(one.kind, one.id, None, one.before, None, one.after))
    elif one.before is None:
        if field_diff(now, one.after):
            merge.conflicts.append(Conflict(one.kind, one.id, None, None, now, one.after))
    else:
        _modify(merge, one, one.before, now)


def _delete(merge: Merge, one: Wanted, now: Document | None) -> None:
    if now is None:
        return
    others = field_diff(one.before, now)
    merge.conflicts.extend(Conflict(one.kind, one.id, other.path, other.old, other.new, None) for other in others)
    merge.edits.append(Edit(one.kind, one.id, "delete", force=one.force))


def _modify(merge: Merge, one: Wanted, before: Document, now: Document) -> None:
    mine, theirs = field_diff(before, one.after), field_diff(before, now)
    clean: list[FieldChange] = []
    for change in mine:
        clashing = [other for other in theirs if _overlap(change.path, other.path)]
        if not clashing:
            clean.append(change)
        elif not all(_is_same(change, other) for other in clashing):
            other = clashing[0]
            merge.conflicts.append(Conflict(one.kind, one.id, change.path, change.old, other.new, change.new))
    try:
        after = apply_changes(now, clean)
    except ConflictError:
        merge.conflicts.append(Conflict(one.kind, one.id, None, before, now, one.after))
        return
    touched = {unescape(change.path.split("/")[1]) for change in clean}
    if touched:
        fields = {name: value for name, value in _fields(after).items() if name in touched}
        merge.edits.append(Edit(one.kind, one.id, "modify", fields, strict=False))


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _is_same(mine: FieldChange, theirs: FieldChange) -> bool:
    """Two who made the very same change do not contradict each other."""
    same = mine.path == theirs.path and mine.new_present == theirs.new_present
    return same and not field_diff({"v": mine.new}, {"v": theirs.new})


def _fields(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "id"}
