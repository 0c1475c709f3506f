"""A log in memory with real events of format 1, as the git writer reads it from SQL."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from app.core.canonical import JSON, canonical, load, pretty
from app.store.format1 import FOLDERS, commit_bytes, event_type
from app.store.git.objects import blob_sha, commit_sha
from app.store.git.trees import Trees
from app.store.log import Event, Party

ACTOR = Party("automation", "a-1", "account")
START_MS = 1_767_312_000_000

Edit = tuple[str, str, JSON]  # kind, id, document (None deletes)


@dataclass
class TenantLog:
    """One tenant: its commits in order, its documents and its tree."""

    trees: Trees = field(default_factory=Trees)
    commits: list[tuple[Event, ...]] = field(default_factory=list)
    documents: dict[tuple[str, str], str] = field(default_factory=dict)
    archives: list[Event] = field(default_factory=list)
    seq: int = 1


class MemoryLog:
    """Implements `LogSource`; `change` appends a commit as the committer does."""

    def __init__(self) -> None:
        self.tenants: dict[str, TenantLog] = {}

    def tenant(self, tenant: str) -> TenantLog:
        return self.tenants.setdefault(tenant, TenantLog())

    def change(self, tenant: str, edits: Sequence[Edit], *, reason: str = "") -> str:
        log = self.tenant(tenant)
        made: list[Event] = []
        for kind, document_id, document in edits:
            log.seq += 1
            existed = (kind, document_id) in log.documents
            action = "delete" if document is None else "modify" if existed else "create"
            after = None if document is None else canonical(document).decode()
            made.append(
                Event(
                    tenant=tenant,
                    seq=log.seq,
                    time=START_MS + log.seq * 500,
                    type=event_type(kind, action),
                    actor=ACTOR,
                    object_kind=kind,
                    object_id=document_id,
                    after=after,
                    reason=reason,
                )
            )
            if after is None:
                del log.documents[kind, document_id]
            else:
                log.documents[kind, document_id] = after
            log.trees.put(FOLDERS[kind], document_id, blob_sha(pretty(load(after))) if after else None)
        return self._append(log, made)

    def other_event(self, tenant: str) -> None:
        """Number an event that changes no configuration."""
        self.tenant(tenant).seq += 1

    def archive(self, tenant: str, name: str, type_: str = "ExportRules") -> Event:
        """Archive the head under a name."""
        log = self.tenant(tenant)
        log.seq += 1
        data = canonical({"commit": self.head(tenant)[0], "id": name}).decode()
        made = Event(tenant=tenant, seq=log.seq, time=START_MS + log.seq * 500, type=type_, actor=ACTOR, data=data)
        log.archives.append(made)
        return made

    def copy(self, tenant: str, base: str) -> str:
        log, origin = self.tenant(tenant), self.tenant(base)
        log.documents = dict(origin.documents)
        for (kind, document_id), body in log.documents.items():
            log.trees.put(FOLDERS[kind], document_id, blob_sha(pretty(load(body))))
        data = canonical({"base": base, "seq": origin.seq, "tree": log.trees.root()}).decode()
        return self._append(
            log, [Event(tenant=tenant, seq=1, time=START_MS, type="TenantCreated", actor=ACTOR, data=data)]
        )

    def truncated(self, tenant: str, commits: int) -> "MemoryLog":
        """Give the log as a backup from earlier holds it; only for reading."""
        shorter = MemoryLog()
        kept = self.tenants[tenant].commits[:commits]
        shorter.tenants[tenant] = TenantLog(commits=kept, seq=kept[-1][-1].seq)
        return shorter

    def head(self, tenant: str) -> tuple[str | None, int]:
        log = self.tenant(tenant)
        return (log.commits[-1][0].commit if log.commits else None), log.seq

    def seq_of(self, tenant: str, commit: str) -> int | None:
        return next((events[-1].seq for events in self.tenant(tenant).commits if events[0].commit == commit), None)

    def commits_after(self, tenant: str, seq: int, limit: int) -> list[tuple[Event, ...]]:
        return [events for events in self.tenant(tenant).commits if events[0].seq > seq][:limit]

    def archives(self, tenant: str, after: int, until: int) -> list[Event]:
        return [event for event in self.tenant(tenant).archives if after < event.seq <= until]

    def documents_at(self, tenant: str, seq: int) -> Iterable[tuple[str, str, str]]:
        state: dict[tuple[str, str], str] = {}
        for event in self._events(tenant, seq):
            key = (str(event.object_kind), str(event.object_id))
            if event.after is None:
                state.pop(key)
            else:
                state[key] = event.after
        return [(kind, document_id, body) for (kind, document_id), body in state.items()]

    def _events(self, tenant: str, seq: int) -> Iterator[Event]:
        return (event for events in self.tenant(tenant).commits for event in events if event.seq <= seq)

    @staticmethod
    def _append(log: TenantLog, made: Sequence[Event]) -> str:
        time = made[0].time
        same_time = [event._replace(time=time) for event in made]
        parent = log.commits[-1][0].commit if log.commits else None
        commit = commit_sha(commit_bytes(same_time, tree=log.trees.root(), parent=parent))
        log.commits.append(tuple(event._replace(commit=commit) for event in same_time))
        return commit


def a_rule(number: int, text: str = "first") -> Edit:
    """Make an edit of the rule with this number; the id is a UUID made from it."""
    document_id = str(UUID(int=Random(number).getrandbits(128), version=4))
    return "rule", document_id, {"id": document_id, "displayName": f"Rule {number}", "longDescription": text}


def a_history(commits: int = 40, tenant: str = "default") -> MemoryLog:
    """Make a log with creations, changes, deletions, larger change sets and events without a commit."""
    log = MemoryLog()
    for number in range(commits):
        kind, document_id, document = a_rule(number)
        log.change(tenant, [(kind, document_id, document)], reason="First line\nEvent: 1")
        if number % 5 == 4:
            log.other_event(tenant)
            log.change(tenant, [a_rule(number - 1, "second"), ("setting", f"Name {number}/é", {"value": number})])
        if number % 7 == 6:
            log.change(tenant, [(kind, document_id, None)])
    return log
