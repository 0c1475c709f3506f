"""The mutable state of one tenant's tree (root, folder, shard, file), made for one changed file at a time."""

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import sha1
from typing import NamedTuple, Self

from app.core.ids import file_name, shard
from app.store.git.objects import EMPTY_TREE, FILE_MODE, FOLDER_MODE


class Mark(NamedTuple):
    """A state to go back to; marks nest."""

    depth: int
    length: int


class ChangedTree(NamedTuple):
    """A tree that came new; `replaces` is the tree that stood at the same path before. Names are raw bytes."""

    sha: bytes
    content: bytes
    replaces: bytes | None


class _Undo(NamedTuple):
    folder: str
    shard: str
    key: bytes
    sha: bytes | None


class _Tree:
    """Sorted encoded entries; joining 390 of them takes 4 us, so the tree's bytes are not kept as well."""

    __slots__ = ("children", "dirty", "entries", "sha")

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.children: dict[str, _Tree] = {}
        self.dirty: set[str] = set()
        self.sha: bytes | None = None

    def put(self, key: bytes, sha: bytes | None) -> bytes | None:
        """Set or remove the entry that starts with `key` (mode, name and NUL); return the SHA it had.

        Entries compare as git orders them: the NUL after a file's name sorts below every byte of a longer name, and
        no folder's name is the beginning of another's.
        """
        entries = self.entries
        at = bisect_left(entries, key)
        old = entries[at][len(key) :] if at < len(entries) and entries[at].startswith(key) else None
        if old is None:
            if sha is not None:
                entries.insert(at, key + sha)
        elif sha is None:
            del entries[at]
        else:
            entries[at] = key + sha
        return old

    def child(self, name: str) -> "_Tree":
        """Find or make the tree below, and note that it is about to change."""
        self.dirty.add(name)
        found = self.children.get(name)
        if found is None:
            found = self.children[name] = _Tree()
        return found


class Trees:
    """One tenant's whole tree. Not safe for threads: the committer and the git writer each own theirs."""

    def __init__(self, *, recording: bool = False) -> None:
        """Start empty; a recording one keeps each tree that `root` computed until `take_changed`.

        `files` counts the documents; each takes about 110 bytes here.
        """
        self.files = 0
        self._root = _Tree()
        self._journal: list[_Undo] = []
        self._marks: list[Mark] = []
        self._changed: list[ChangedTree] | None = [] if recording else None

    @classmethod
    def load(cls, entries: Iterable[tuple[str, str, str]], *, recording: bool = False) -> Self:
        """Build from `(folder, document id, blob SHA in hex)` in any order, each document once."""
        trees = cls(recording=recording)
        trees._fill((folder, shard(name), file_name(name), sha) for folder, name, sha in entries)
        return trees

    @classmethod
    def load_paths(cls, entries: Iterable[tuple[str, str]], *, recording: bool = False) -> Self:
        """Build from `(path, blob SHA in hex)` as git lists them, in any order, each path once."""
        trees = cls(recording=recording)
        trees._fill((*_split(path), sha) for path, sha in entries)
        return trees

    def put(self, folder: str, document_id: str, blob_sha: str | None) -> None:
        """Set the blob (hex) of a document, or remove its file; removing what is not there changes nothing."""
        key = b"%s %s\0" % (FILE_MODE, file_name(document_id).encode())
        below = shard(document_id)
        old = self._put(folder, below, key, bytes.fromhex(blob_sha) if blob_sha else None)
        if self._marks:
            self._journal.append(_Undo(folder, below, key, old))

    def root(self) -> str:
        """Name the root tree in hex, hashing only what changed since the last call."""
        if self._root.dirty:
            self._settle(self._root)
        return self._root.sha.hex() if self._root.sha else EMPTY_TREE

    def mark(self) -> Mark:
        """Remember this state until `rollback` or `forget` of the mark, or of one set before it."""
        mark = Mark(len(self._marks), len(self._journal))
        self._marks.append(mark)
        return mark

    def rollback(self, mark: Mark) -> None:
        """Put everything back as it was at the mark, which is then used up."""
        while len(self._journal) > mark.length:
            undo = self._journal.pop()
            self._put(undo.folder, undo.shard, undo.key, undo.sha)
        self.forget(mark)

    def forget(self, mark: Mark) -> None:
        """Keep what was put since the mark; an earlier mark can still undo it."""
        del self._marks[mark.depth :]
        if not self._marks:
            self._journal.clear()

    def take_changed(self) -> list[ChangedTree]:
        """Hand over the trees that `root` computed since the last call, a tree before the one that names it."""
        changed = self._changed or []
        if changed:
            self._changed = []
        return changed

    def _fill(self, rows: Iterable[tuple[str, str, str, str]]) -> None:
        shards: dict[tuple[str, str], list[bytes]] = {}
        for folder, below, name, sha in rows:
            entry = b"%s %s\0%s" % (FILE_MODE, name.encode(), bytes.fromhex(sha))
            shards.setdefault((folder, below), []).append(entry)
        for (folder, below), encoded in shards.items():
            encoded.sort()
            self.files += len(encoded)
            self._root.child(folder).child(below).entries = encoded

    def _put(self, folder: str, below: str, key: bytes, sha: bytes | None) -> bytes | None:
        old = self._root.child(folder).child(below).put(key, sha)
        self.files += (old is None) - (sha is None)
        return old

    def _settle(self, tree: _Tree) -> None:
        for name in sorted(tree.dirty):
            child = tree.children[name]
            self._settle(child)
            tree.put(b"%s %s\0" % (FOLDER_MODE, name.encode()), child.sha)
            if child.sha is None:
                del tree.children[name]
        tree.dirty.clear()
        old, content = tree.sha, b"".join(tree.entries)
        tree.sha = None
        if content:
            digest = sha1(b"tree %d\0" % len(content), usedforsecurity=False)
            digest.update(content)
            tree.sha = digest.digest()
        if self._changed is not None and tree.sha is not None and tree.sha != old:
            self._changed.append(ChangedTree(tree.sha, content, old))


def _split(path: str) -> tuple[str, str, str]:
    folder, below, name = path.split("/")
    return folder, below, name
