"""Git objects as pure functions: names of blobs, trees and commits, and the entries of a tree."""

from collections.abc import Iterator
from hashlib import sha1
from typing import NamedTuple

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""What git calls a tree without entries."""

FILE_MODE = b"100644"
FOLDER_MODE = b"40000"
_SHA_BYTES = 20


class TreeEntry(NamedTuple):
    """One line of a tree; `sha` is hex."""

    mode: str
    name: str
    sha: str


def object_sha(kind: bytes, content: bytes) -> bytes:
    """Name an object of any kind as git does; 20 raw bytes."""
    # git's object names are SHA-1; nothing here relies on it for trust, the event chain is SHA-256.
    digest = sha1(b"%s %d\0" % (kind, len(content)), usedforsecurity=False)
    digest.update(content)
    return digest.digest()


def blob_sha(content: bytes) -> str:
    """Name a file's content."""
    return object_sha(b"blob", content).hex()


def commit_sha(content: bytes) -> str:
    """Name a commit written by `format1.commit_bytes`."""
    return object_sha(b"commit", content).hex()


def tag_sha(content: bytes) -> str:
    """Name an annotated tag written by `format1.tag_bytes`."""
    return object_sha(b"tag", content).hex()


def tree_sha(content: bytes) -> str:
    """Name an encoded tree."""
    return object_sha(b"tree", content).hex()


def tree_entry(mode: bytes, name: str, sha: bytes) -> bytes:
    """Encode one line of a tree; `sha` is 20 raw bytes."""
    return b"%s %s\0%s" % (mode, name.encode(), sha)


def decode_tree(content: bytes) -> Iterator[TreeEntry]:
    """Read the entries of an encoded tree in their order."""
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].partition(b" ")
        at = end + 1 + _SHA_BYTES
        yield TreeEntry(mode.decode(), name.decode(), content[end + 1 : at].hex())
