"""Walks one tenant's log: the chain, each commit, and the documents that it leaves behind."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import field

from sqlalchemy import Connection

from app.core.values import dataclass
from app.verify.anchors import Anchors
from app.verify.bytes import indented, is_canonical, object_name, place, read
from app.verify.events import (
    ARCHIVES,
    CREATED,
    FOLDERS,
    NO_HASH,
    STEMS,
    Row,
    archive_fault,
    commit_content,
    event_hash,
    private_digest,
    tag_of,
)
from app.verify.fault import LOST, Fault
from app.verify.retired import Gap, gaps_of
from app.verify.rows import DOCUMENTS_AT, EVENTS, RETIREMENTS, rows
from app.verify.trees import Tree


@dataclass(frozen=True, slots=True)
class Known:
    """What the log says of a present document."""

    seq: int
    name: str
    body: bytes
    blob: str
    revision: int
    commit: str
    time: int


@dataclass(slots=True)
class Walk:
    """Where the walk stands; memory grows with the documents and archives, never with the other events.

    `tags` are the archives' annotated tags by name below refs/tags; `newest` the id of the last archive of a type.
    `gaps` are what the log says it retired, by first seq; `retired` counts the events that are not there any more.
    `tip` is the commit of the newest event that has one, also while that commit is not closed yet.
    """

    tenant: str
    seq: int = 0
    time: int = 0
    hash: str = NO_HASH
    head: str | None = None
    commits: int = 0
    documents: dict[tuple[str, str], Known] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)
    tags: dict[str, bytes] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    gaps: dict[int, Gap] = field(default_factory=dict)
    retired: int = 0
    tip: str | None = None
    anchors: Anchors = field(init=False)

    def __post_init__(self) -> None:
        self.anchors = Anchors(self.tenant, ())

    def go_on(self, row: Row) -> None:
        """Step to an event that was checked.

        Raises:
            Fault: a checkpoint says something else of it.
        """
        self.seq, self.time, self.hash = row["seq"], row["time"], row["hash"]
        self.tip = row["commit_id"] or self.tip
        self.anchors.compare(self.seq, self.hash, self.tip)

    def fault(self, seq: int, said: str) -> Fault:
        """Say what is wrong with an event."""
        return Fault(f"Event {seq} of tenant '{self.tenant}' {said}; {LOST}")


Commit = tuple[str, bytes]
"""A commit's id and its content."""


def walk_log(connection: Connection, walk: Walk, step: Callable[[int], object]) -> Iterator[Commit]:
    """Check every event in order, and give each commit as soon as its last event is checked.

    Raises:
        Fault: names the first event that is not what format 1 makes of it.
    """
    waiting: list[Row] = []
    with rows(connection, RETIREMENTS, tenant=walk.tenant) as told:
        walk.gaps = gaps_of(told)
    with rows(connection, EVENTS, tenant=walk.tenant) as found:
        for row in found:
            check_link(walk, row)
            if waiting and row["commit_id"] != waiting[0]["commit_id"]:
                yield _close(connection, walk, waiting)
                waiting = []
            if row["commit_id"] is not None:
                if waiting:
                    _check_same_change_set(walk, waiting[0], row)
                waiting.append(row)
            elif row["type"] != CREATED and (row["before"] is not None or row["after"] is not None):
                raise walk.fault(row["seq"], "changed a document and names no commit")
            if row["type"] in ARCHIVES:
                _take_archive(walk, row)
            walk.go_on(row)
            step(1)
        if waiting:
            yield _close(connection, walk, waiting)


def check_link(walk: Walk, row: Row) -> None:
    """Check that an event is what it was written as, and that it follows the one where the walk stands.

    Raises:
        Fault: it is not, or does not.
    """
    seq = row["seq"]
    _cross_gaps(walk, seq)
    if seq != walk.seq + 1:
        raise walk.fault(walk.seq + 1, f"is missing: event {seq} comes after event {walk.seq}")
    if row["format"] != 1:
        raise walk.fault(seq, f"is of format {row['format']}, and this program knows format 1")
    if row["prev_hash"] != walk.hash:
        raise walk.fault(
            seq, f"does not follow the one before: it follows hash {row['prev_hash'][:12]}..., not {walk.hash[:12]}..."
        )
    _check_content(walk, row)
    if row["time"] < walk.time:
        raise walk.fault(seq, "is earlier than the one before")
    # The log of the installation tells of other tenants' creation, which is no beginning of its own.
    begins = row["type"] == CREATED and row["object_id"] == walk.tenant
    if (seq == 1) != begins or (row["type"] == CREATED and not begins and row["commit_id"] is not None):
        raise walk.fault(
            seq, f"is a {row['type']}; TenantCreated of itself is the first event of a tenant and no other"
        )
    _check_private(walk, row)


def _cross_gaps(walk: Walk, seq: int) -> None:
    """Step over events that were retired, as a later event says, which is checked like all others when it comes."""
    while seq > walk.seq + 1 and (gap := walk.gaps.get(walk.seq + 1)) is not None and gap.last < seq:
        if gap.prev_hash != walk.hash:
            raise walk.fault(gap.told, f"retired events {gap.first} to {gap.last}, which followed another event")
        walk.retired += gap.last - gap.first + 1
        walk.seq, walk.hash = gap.last, gap.last_hash
        walk.anchors.compare(walk.seq, walk.hash, walk.tip)


def _check_content(walk: Walk, row: Row) -> None:
    for name in ("after", "data", "change_request", "on_behalf_of"):
        if row[name] is not None and not is_canonical(row[name]):
            raise walk.fault(row["seq"], f"was changed: its `{name}` is not canonical JSON")
    own, said = event_hash(row), row["hash"]
    if own != said:
        raise walk.fault(row["seq"], f"was changed: its content gives hash {own[:12]}..., the row says {said[:12]}...")


def _check_private(walk: Walk, row: Row) -> None:
    held = [row[f"private_{name}"] for name in ("salt", "ip", "name", "user_agent")]
    if held == [None] * len(held):
        return  # never there, or erased on request: the digest alone stays
    if row["private_salt"] is None or row["private_digest"] != private_digest(row):
        raise walk.fault(row["seq"], "has other personal data (address, name or user agent) than it was written with")


def _check_same_change_set(walk: Walk, first: Row, row: Row) -> None:
    for name in ("time", "actor_id", "actor_handle", "reason", "change_request"):
        if row[name] != first[name]:
            raise walk.fault(row["seq"], f"is of the same commit as event {first['seq']} and has another {name}")


def _close(connection: Connection, walk: Walk, events: list[Row]) -> Commit:
    first = events[0]
    logged = first["commit_id"]
    if first["type"] == CREATED:
        _take_copy(connection, walk, first)
    else:
        for row in events:
            _take(walk, row)
    tree = walk.tree.name()
    if first["type"] == CREATED and read(first["data"])["tree"] != tree:
        raise walk.fault(first["seq"], f"names another tree than the copied documents give ({tree})")
    content = commit_content(events, tree, walk.head)
    commit = object_name("commit", content)
    if commit != logged:
        raise walk.fault(first["seq"], f"names commit {logged}, but its content gives {commit}")
    walk.head, walk.commits = commit, walk.commits + 1
    return commit, content


def _take(walk: Walk, row: Row) -> None:
    kind, document_id, seq = row["object_kind"], row["object_id"], row["seq"]
    if kind not in FOLDERS:
        raise walk.fault(seq, f"names a commit, but kind '{kind}' is no kind of document")
    known = walk.documents.get((kind, document_id))
    past = "Deleted" if row["after"] is None else "Added" if known is None else "Modified"
    if row["type"] != STEMS[kind] + past:
        raise walk.fault(seq, f"is a {row['type']}, but what it does is {STEMS[kind]}{past}")
    if row["before"] != (known.body.hex() if known else None):
        raise walk.fault(seq, f"replaces another {kind} '{document_id}' than the log left there")
    where = place(FOLDERS[kind], document_id)
    if row["after"] is None:
        walk.documents.pop((kind, document_id), None)
        walk.tree.put(where, None)
        return
    revision = known.revision + 1 if known else 1
    if row["revision"] != revision:
        raise walk.fault(seq, f"makes revision {row['revision']} of {kind} '{document_id}', and {revision} is next")
    _keep(walk, row, seq, row["commit_id"])


def _take_archive(walk: Walk, row: Row) -> None:
    fault = archive_fault(row, walk.head, walk.newest.get(row["type"], ""))
    if fault is not None:
        raise walk.fault(row["seq"], fault)
    name, content = tag_of(row)
    walk.tags[name] = content
    walk.newest[row["type"]] = read(row["data"])["id"]


def _take_copy(connection: Connection, walk: Walk, created: Row) -> None:
    origin = read(created["data"])
    with rows(connection, DOCUMENTS_AT, tenant=origin["base"], seq=origin["seq"]) as found:
        for row in found:
            _keep(walk, row, 1, created["commit_id"])


def _keep(walk: Walk, row: Row, seq: int, commit: str) -> None:
    kind, document_id, body = row["object_kind"], row["object_id"], row["after"]
    blob = object_name("blob", indented(body))
    digest = hashlib.sha256(body.encode()).digest()
    walk.documents[kind, document_id] = Known(
        seq, row["object_name"], digest, blob, row["revision"], commit, row["time"]
    )
    walk.tree.put(place(FOLDERS[kind], document_id), blob)
