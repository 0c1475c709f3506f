"""Names, versions and document ids of techniques, and the order of versions."""

import re
from collections.abc import Iterable

NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}")
VersionKey = tuple[tuple[int, ...], str]


def document_id(name: str, version: str) -> str:
    """Give the id of the document that holds one version of a technique."""
    return f"{name}:{version}"


def version_key(version: str) -> VersionKey:
    """Give a sort key that compares versions number by number: 1.9 is before 1.10.

    Versions that count as equal (`1.1`, `1.01`) are ordered by their text, so that the order is total.
    """
    return tuple(int(part) for part in version.split(".")), version


def newest_version(versions: Iterable[str]) -> str:
    """Give the newest of one or more versions, which a directive without a version uses."""
    return max(versions, key=version_key)
