"""The tree of a tenant as the log makes it, hashed again only where a document changed."""

from app.verify.bytes import object_name

Place = tuple[str, str, str]
EMPTY = object_name("tree", b"")


class Tree:
    """Folder -> shard -> file -> blob."""

    def __init__(self) -> None:
        self._root = _Entries("40000")
        self._folders: dict[str, _Entries] = {}
        self._shards: dict[tuple[str, str], _Entries] = {}
        self._changed: set[tuple[str, str]] = set()

    def put(self, place: Place, blob: str | None) -> None:
        """Set a document's blob, or remove its file."""
        folder, shard, name = place
        self._shards.setdefault((folder, shard), _Entries("100644")).put(name, blob)
        self._changed.add((folder, shard))

    def name(self) -> str:
        """Name the root tree."""
        for folder, shard in self._changed:
            files = self._shards[folder, shard]
            self._folders.setdefault(folder, _Entries("40000")).put(shard, files.name())
        for folder in {folder for folder, _ in self._changed}:
            self._root.put(folder, self._folders[folder].name())
        self._changed.clear()
        return self._root.name() or EMPTY


class _Entries:
    """The lines of one tree; sorted anew only when a name comes or goes."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._lines: dict[str, bytes] = {}
        self._is_sorted = True

    def put(self, name: str, sha: str | None) -> None:
        if sha is None:
            self._lines.pop(name, None)
            return
        self._is_sorted = self._is_sorted and name in self._lines
        self._lines[name] = f"{self._mode} {name}\0".encode() + bytes.fromhex(sha)

    def name(self) -> str | None:
        if not self._is_sorted:
            # No folder's name begins another's, so git's order (folders as if ending in a slash) is that of the names.
            self._lines = {name: self._lines[name] for name in sorted(self._lines)}
            self._is_sorted = True
        return object_name("tree", b"".join(self._lines.values())) if self._lines else None
