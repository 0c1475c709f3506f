"""The git writer: brings a tenant's repository to the head that the log names, from whatever state it finds."""

import errno
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from app.core.errors import IntegrityError, StorageFullError
from app.core.faults import fault_point
from app.store.git.command import run_git
from app.store.git.durable import sync_directory
from app.store.git.maintenance import adopt_merge, prepare_merge
from app.store.git.manifest import Line, remove_leftovers, sound_lines, write_lines
from app.store.git.reader import read_commit
from app.store.git.replay import START, LogSource, Position, Replay
from app.store.git.repository import Repository, Signature, locked, repository_path
from app.store.git.tags import NO_TAGS, Tags, write_tags
from app.store.git.trees import Trees

COMMITS_PER_PACK = 256
_FILES_IN_MEMORY = 250_000
_RETRY_AFTER_S = 30

Progress = Callable[[int], None]
"""Told the seq that has been reached, after each pack."""


class _State(NamedTuple):
    """What is known of a repository as we left it, so that the next call need not read it."""

    position: Position
    trees: Trees
    signature: Signature
    tags: Tags


class GitWriter:
    """The only one that writes repositories; any number of threads and processes may call it at once."""

    def __init__(self, log: LogSource, git_dir: Path) -> None:
        """Write below `git_dir`, which is made when it is first needed."""
        self._log = log
        self._git_dir = git_dir
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._guard = Lock()

    def path(self, tenant: str) -> Path:
        """Say where a tenant's repository lies."""
        return repository_path(self._git_dir, tenant)

    def position(self, tenant: str) -> str | None:
        """Name the commit that the repository stands at now; None when it has none."""
        return Repository(self.path(tenant)).read_ref()

    def catch_up(self, tenant: str, progress: Progress | None = None) -> str | None:
        """Bring the repository to the head and the archives that the log has now; return that head.

        Heals a damaged ref, HEAD or configuration, leftovers of a killed writer and a deleted repository.

        Raises:
            IntegrityError: a finished pack is damaged, or the log does not give the commits that it names.
            StorageFullError: there is no room; nothing is lost, since the log has it all.
        """
        repository = Repository(self.path(tenant))
        head, seq = self._log.head(tenant)
        state = self._recall(tenant)
        untouched = state and state.position.commit == head and repository.is_unchanged(head, state.signature)
        if state and untouched and not (seq > state.tags.seq and self._log.archives(tenant, state.tags.seq, seq)):
            return head
        with self._exclusive(tenant):
            _adopt_swapped(repository.path)
            return self._advance(tenant, repository, progress)

    def rebuild(self, tenant: str, progress: Progress | None = None) -> str | None:
        """Replay the whole log into a fresh repository and put it in the place of the present one.

        Raises:
            IntegrityError: the log does not give the commits that it names.
            StorageFullError: there is no room for a second repository; the present one is untouched.
        """
        path = self.path(tenant)
        fresh, old = path.with_suffix(".git.new"), path.with_suffix(".git.old")
        with self._exclusive(tenant):
            _adopt_swapped(path)
            head = self._advance(tenant, Repository(fresh), progress)
            fault_point("git.rebuilt")
            if path.exists():
                path.replace(old)
            fault_point("git.rebuild_between")
            fresh.replace(path)
            sync_directory(path.parent)
            shutil.rmtree(old, ignore_errors=True)
        return head

    def remove(self, tenant: str) -> None:
        """Delete the repository of a tenant that is no more; does nothing when there is none."""
        path = self.path(tenant)
        if not path.exists():
            return
        with self._exclusive(tenant):
            self._forget(tenant)
            for one in (path, path.with_suffix(".git.new"), path.with_suffix(".git.old")):
                shutil.rmtree(one, ignore_errors=True)

    def maintain(self, tenant: str, *, most_packs: int = 50) -> bool:
        """Merge packs when there are more than `most_packs`, and refresh git's commit graph; say whether it did.

        Readers and the writer wait only while the files are swapped, not while they are made.

        Raises:
            IntegrityError: a pack cannot be read.
        """
        repository = Repository(self.path(tenant))
        with locked(repository.path.with_suffix(".merge.lock")):
            self.catch_up(tenant)
            merge = prepare_merge(repository, most_packs=most_packs)
            if merge is None:
                return False
            with self._exclusive(tenant):
                _adopt_swapped(repository.path)
                self._advance(tenant, repository, None)
                return adopt_merge(repository, merge)

    def _advance(self, tenant: str, repository: Repository, progress: Progress | None) -> str | None:
        goal, seq = self._goal(tenant)
        known = self._known_tags(tenant, repository, seq)
        repository.mend()
        lines, position = self._resume(tenant, repository)
        _publish(repository, position)  # before anything is removed, so that a reader never meets a broken ref
        if remove_leftovers(repository, lines) or not repository.manifest.exists():
            write_lines(repository.manifest, lines)
        trees = self._trees(tenant, repository, position)
        self._forget(tenant)  # until all went well: a failed replay leaves the trees half changed
        while position.seq < goal.seq:
            replay = Replay(self._log, repository, trees, lines)
            position = self._write_pack(tenant, replay, position)
            _publish(repository, position)
            if progress:
                progress(position.seq)
        tags = write_tags(self._log, tenant, repository, lines, known, seq)
        self._remember(tenant, _State(position, trees, repository.signature(), tags))
        return position.commit

    def _known_tags(self, tenant: str, repository: Repository, seq: int) -> Tags:
        """Trust the tags that we wrote only while nobody else has touched the repository."""
        state = self._recall(tenant)
        try:
            untouched = state is not None and repository.signature() == state.signature
        except OSError:
            untouched = False
        return state.tags if state is not None and untouched and state.tags.seq <= seq else NO_TAGS

    def _goal(self, tenant: str) -> tuple[Position, int]:
        """Say to which commit the log has come, and to which event: archives after that one are not looked at."""
        head, newest = self._log.head(tenant)
        if head is None:
            return START, newest
        seq = self._log.seq_of(tenant, head)
        if seq is None:
            raise IntegrityError(
                f"The log of tenant '{tenant}' names head {head} and does not hold it; run `sternpost verify`"
            )
        return Position(head, seq), newest

    def _write_pack(self, tenant: str, replay: Replay, position: Position) -> Position:
        fault_point("git.before_pack")
        with replay:
            commits = self._log.commits_after(tenant, position.seq, COMMITS_PER_PACK)
            if not commits:
                raise IntegrityError(
                    f"The log of tenant '{tenant}' names a head but holds no commit after event {position.seq}; "
                    "run `sternpost verify`"
                )
            for events in commits:
                position = replay.add(events, position)
            replay.seal(position.commit)
        return position

    def _resume(self, tenant: str, repository: Repository) -> tuple[list[Line], Position]:
        seqs: dict[str, int] = {}

        def is_known(commit: str) -> bool:
            seq = self._log.seq_of(tenant, commit)
            seqs[commit] = seq or 0
            return seq is not None

        lines = sound_lines(repository, is_known)
        head = lines[-1].head if lines else None
        return lines, Position(head, seqs[head]) if head else START

    def _trees(self, tenant: str, repository: Repository, position: Position) -> Trees:
        state = self._recall(tenant)
        if state and state.position.commit == position.commit:
            return state.trees
        if position.commit is None:
            return Trees(recording=True)
        return _load_trees(tenant, repository, position.commit)

    def _recall(self, tenant: str) -> _State | None:
        with self._guard:
            return self._states.get(tenant)

    def _remember(self, tenant: str, state: _State) -> None:
        with self._guard:
            self._states[tenant] = state
            self._states.move_to_end(tenant)
            files = sum(known.trees.files for known in self._states.values())
            while files > _FILES_IN_MEMORY and len(self._states) > 1:
                files -= self._states.popitem(last=False)[1].trees.files

    def _forget(self, tenant: str) -> None:
        with self._guard:
            self._states.pop(tenant, None)

    @contextmanager
    def _exclusive(self, tenant: str) -> Iterator[None]:
        try:
            with locked(self.path(tenant).with_suffix(".lock")):
                yield
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise StorageFullError(
                f"The disk is full: the git repository of tenant '{tenant}' stays behind its log; make room",
                retry_after_s=_RETRY_AFTER_S,
            ) from error


def _publish(repository: Repository, position: Position) -> None:
    if repository.stands_at(position.commit):
        return
    fault_point("git.before_ref")
    repository.move_ref(position.commit, repository.read_ref())
    fault_point("git.after_ref")


def _adopt_swapped(path: Path) -> None:
    # A rebuild was killed: between its two renames the fresh repository is complete and the only one.
    fresh, old = path.with_suffix(".git.new"), path.with_suffix(".git.old")
    if not path.exists() and old.exists() and fresh.exists():
        fresh.replace(path)
        sync_directory(path.parent)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)


def _load_trees(tenant: str, repository: Repository, commit: str) -> Trees:
    listed = run_git(repository.path, "ls-tree", "-r", "-z", "--full-tree", commit, tenant=tenant)
    rows = (row.partition("\t") for row in listed.decode().split("\0") if row)
    trees = Trees.load_paths(((path, about.rpartition(" ")[2]) for about, _, path in rows), recording=True)
    if trees.root() != read_commit(repository.path, commit).tree:
        raise IntegrityError(f"Commit {commit} of tenant '{tenant}' does not read back; run `sternpost git rebuild`")
    trees.take_changed()
    return trees
