"""The tree of a tenant as the log makes it, hashed again only where a document changed."""

from app.verify.bytes import object_name

Place = tuple[str, str, str]
EMPTY = object_name("tree", b"")


class Tree:
    """Folder -> shard -> file -> blob."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], dict[str, str]] = {}
        self._shards: dict[str, dict[str, str]] = {}
        self._folders: dict[str, str] = {}
        self._changed: set[tuple[str, str]] = set()

    def put(self, place: Place, blob: str | None) -> None:
        """Set a document's blob, or remove its file."""
        folder, shard, name = place
        files = self._files.setdefault((folder, shard), {})
        if blob is None:
            files.pop(name, None)
        else:
            files[name] = blob
        self._changed.add((folder, shard))

    def name(self) -> str:
        """Name the root tree."""
        for folder, shard in self._changed:
            files = self._files[folder, shard]
            shards = self._shards.setdefault(folder, {})
            if files:
                shards[shard] = _tree("100644", files)
            else:
                shards.pop(shard, None)
                del self._files[folder, shard]
        for folder in {folder for folder, _ in self._changed}:
            if self._shards[folder]:
                self._folders[folder] = _tree("40000", self._shards[folder])
            else:
                self._folders.pop(folder, None)
        self._changed.clear()
        return _tree("40000", self._folders)


def _tree(mode: str, entries: dict[str, str]) -> str:
    # No folder's name begins another's, so git's order (folders as if they ended in a slash) is that of the names.
    lines = (f"{mode} {name}\0".encode() + bytes.fromhex(entries[name]) for name in sorted(entries))
    return object_name("tree", b"".join(lines))
