"""Replays events into packs: the one way by which anything gets into a tenant's repository."""

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from app.core.canonical import load, pretty
from app.core.errors import IntegrityError
from app.core.faults import fault_point
from app.store.format1 import FOLDERS, commit_bytes, json_object
from app.store.git.manifest import Line, write_lines
from app.store.git.objects import EMPTY_TREE
from app.store.git.packs import PackWriter
from app.store.git.repository import Repository
from app.store.git.trees import ChangedTree, Trees
from app.store.log import Event


class LogSource(Protocol):
    """The log as the git writer reads it."""

    def head(self, tenant: str) -> tuple[str | None, int]:
        """Name the newest commit (None when there is none) and the newest seq."""

    def seq_of(self, tenant: str, commit: str) -> int | None:
        """Find the last seq of a commit; None when it is no commit of this log."""

    def commits_after(self, tenant: str, seq: int, limit: int) -> list[tuple[Event, ...]]:
        """Read the next whole commits in order; events without a commit are left out."""

    def archives(self, tenant: str, after: int, until: int) -> list[Event]:
        """Read the events of archives with seqs over `after` and up to `until`, in order."""

    def documents_at(self, tenant: str, seq: int) -> Iterable[tuple[str, str, str]]:
        """Give `(kind, id, body)` of every document as of an event, for what a copied tenant starts from."""


class Position(NamedTuple):
    """How far a repository has come: its newest commit and the last seq of it."""

    commit: str | None
    seq: int


START = Position(None, 0)


class Replay:
    """Turns commits of the log into one or more packs, on top of what the manifest's `lines` hold.

    Use as a context; `seal` keeps what was added, and leaving without it keeps nothing.
    """

    def __init__(self, log: LogSource, repository: Repository, trees: Trees, lines: list[Line]) -> None:
        """Start at the position that `trees` stands for; `lines` grows with every sealed pack."""
        self._log = log
        self._repository = repository
        self._trees = trees
        self._lines = lines
        self._pack = PackWriter(repository.packs)

    def __enter__(self) -> Self:
        """Give back the replay itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not sealed."""
        self._pack.__exit__(kind, error, trace)

    def add(self, events: Sequence[Event], position: Position) -> Position:
        """Write the objects of one commit.

        Raises:
            IntegrityError: what the events say makes another commit than the one that the log names.
        """
        first, last = events[0], events[-1]
        if first.type == "TenantCreated":
            self._copy_base(first)
        else:
            for event in events:
                self._put(str(event.object_kind), str(event.object_id), event.after)
        tree = self._trees.root()
        for changed in self._trees.take_changed():
            self._pack.add_tree(changed)
        if tree == EMPTY_TREE:
            self._pack.add_tree(ChangedTree(bytes.fromhex(tree), b"", None))
        if first.type == "TenantCreated":
            _compare(first, "tree", str(json_object(first.data)["tree"]), tree)
        commit = self._pack.add("commit", commit_bytes(events, tree=tree, parent=position.commit)).hex()
        _compare(first, "commit", str(first.commit), commit)
        return Position(commit, last.seq)

    def seal(self, head: str | None) -> None:
        """Finish the pack and enter it in the manifest; `head` is None within a commit too long for one pack."""
        if self._pack.is_empty:
            return
        self._lines.append(Line(self._pack.finish(), head))
        write_lines(self._repository.manifest, self._lines)
        fault_point("git.manifest_written")

    def _put(self, kind: str, document_id: str, body: str | None) -> None:
        sha = None
        if body is not None:
            sha = self._pack.add("blob", pretty(load(body))).hex()
        self._trees.put(FOLDERS[kind], document_id, sha)
        if self._pack.is_full:
            self.seal(None)
            self._pack = PackWriter(self._repository.packs)

    def _copy_base(self, created: Event) -> None:
        origin = json_object(created.data)
        for kind, document_id, body in self._log.documents_at(str(origin["base"]), int(str(origin["seq"]))):
            self._put(kind, document_id, body)


def _compare(event: Event, what: str, logged: str, computed: str) -> None:
    if logged != computed:
        raise IntegrityError(
            f"The {what} of event {event.seq} of tenant '{event.tenant}' is {logged} in the log, but its content gives "
            f"{computed}; run `sternpost verify` to find what was altered"
        )
