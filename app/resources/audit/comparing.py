"""What differs between two moments of the whole configuration, field by field."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import bindparam, select

from app.changes.history import document_at, list_at, moment
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.diff import field_diff
from app.core.errors import InvalidError
from app.store.documents import Stored
from app.store.tables import EventRecord

FEW = 20
"""Documents of a kind that are read one by one; more are read with all of their kind."""

_TOUCHED = (
    select(EventRecord.object_kind, EventRecord.object_id)
    .where(
        EventRecord.seq > bindparam("after"),
        EventRecord.seq <= bindparam("until"),
        EventRecord.commit_id.is_not(None),
        EventRecord.revision.is_not(None) | EventRecord.before.is_not(None),
    )
    .distinct()
)


def compare(work: Work, before: str, after: str | None, kind: str | None) -> Document:
    """Compare the configuration at two moments, whichever is the earlier.

    Raises:
        InvalidError: a moment cannot be read or has not come yet, or there is no such kind.
    """
    if kind is not None and kind not in work.committer.kinds:
        text = f"'{kind}' is no kind of document; use one of: {', '.join(work.committer.kinds)}"
        raise InvalidError(text, fields={"kind": [text]})
    first = _moment(work, before, "from")
    second = work.session.head().seq if after is None else _moment(work, after, "to")
    touched = _touched(work, min(first, second), max(first, second), kind)
    changes: list[JSON] = []
    for name in work.committer.kinds:
        ids = touched.get(name, set())
        changes.extend(_differences(work, name, ids, (first, second)))
    return {"from": {"seq": first}, "to": {"seq": second}, "changes": changes}


def _moment(work: Work, at: str, name: str) -> int:
    try:
        return moment(work.session, at)
    except InvalidError as fault:
        raise InvalidError(f"{name}: {fault.message}", fields={name: [fault.message]}) from fault


def _touched(work: Work, after: int, until: int, only: str | None) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for kind, document_id in work.session.rows(_TOUCHED, {"after": after, "until": until}):
        found[kind].add(document_id)
    if after == 0 < until:  # what came with the copy of another tenant has no event of its own
        for kind in work.committer.kinds:
            found[kind].update(one.id for one in list_at(work.session, kind, f"seq:{until}"))
    return found if only is None else {only: found.get(only, set())}


def _differences(work: Work, kind: str, ids: set[str], seqs: tuple[int, int]) -> Iterator[Document]:
    old, new = (_bodies(work, kind, ids, f"seq:{seq}") for seq in seqs)
    for document_id in sorted(ids):
        before, after = old.get(document_id), new.get(document_id)
        found = field_diff(before.document if before else None, after.document if after else None)
        shown = after or before
        if found and shown is not None:
            action = "create" if before is None else "delete" if after is None else "modify"
            changes: list[JSON] = [{"path": one.path, "old": one.old, "new": one.new} for one in found]
            yield {"kind": kind, "id": document_id, "name": shown.name, "action": action, "changes": changes}


def _bodies(work: Work, kind: str, ids: set[str], at: str) -> dict[str, Stored]:
    documents: Iterable[Stored | None]
    if len(ids) <= FEW:
        documents = (document_at(work.session, kind, document_id, at) for document_id in ids)
    else:
        documents = list_at(work.session, kind, at)
    return {one.id: one for one in documents if one is not None and one.id in ids}
