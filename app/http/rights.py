"""What an account may do: authorisations none, ro, rw and acl."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.core.canonical import JSON
from app.core.rights import RIGHTS
from app.http.endpoint import ANYBODY, PUBLIC, Endpoint

Authorization = Literal["none", "ro", "rw", "acl"]


@dataclass(frozen=True, slots=True)
class AclEntry:
    """A path without version, `*` for one segment and `**` for the rest, and the methods it allows, in any case."""

    path: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account's token opens."""

    authorization: Authorization
    acl: tuple[AclEntry, ...] = ()


def grant_of(authorization: Authorization, acl: Iterable[Mapping[str, JSON]]) -> Grant:
    """Read a grant as accounts are stored: entries are `{"path", "actions"}`."""
    return Grant(authorization, tuple(AclEntry(str(entry["path"]), _texts(entry["actions"])) for entry in acl))


def _texts(value: JSON) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def is_right(name: str) -> bool:
    """Say whether an endpoint may declare this right."""
    return name in RIGHTS or name in (PUBLIC, ANYBODY)


def allows(grant: Grant, endpoint: Endpoint, method: str, segments: Sequence[str]) -> bool:
    """Say whether a grant opens an endpoint; `segments` are those of the request's path, without version.

    A read-only token may call what changes nothing, whatever the method; a GET that writes it may not (ours).
    """
    if grant.authorization == "rw":
        return True
    if grant.authorization == "ro":
        only_reads = endpoint.write is None and all(right.endswith("_read") for right in endpoint.rights)
        return only_reads or not endpoint.writes
    if grant.authorization == "acl":
        return _acl_allows(grant.acl, method, segments)
    return False


def _acl_allows(acl: Sequence[AclEntry], method: str, segments: Sequence[str]) -> bool:
    """Let the first entry whose path matches decide; none matching is a no."""
    for entry in acl:
        if path_matches(entry.path, segments):
            verb = "get" if method == "HEAD" else method.lower()
            return verb in {action.lower() for action in entry.actions}
    return False


def path_matches(pattern: str, segments: Sequence[str]) -> bool:
    """Match a path against an entry's: literal segments, `*` for one, `**` last for one or more."""
    parts = pattern.strip("/").split("/")
    if parts[-1] == "**":
        head = parts[:-1]
        return len(segments) > len(head) and _same(head, segments[: len(head)])
    return len(parts) == len(segments) and _same(parts, segments)


def _same(parts: Sequence[str], segments: Sequence[str]) -> bool:
    return all(part in ("*", segment) for part, segment in zip(parts, segments, strict=True))


_ACL_PATH = re.compile(r"/?(?:(?!\*\*)[^/\s]+/)*(?:\*\*|[^/\s]+)")


def is_acl_path(path: str) -> bool:
    """Say whether a path can stand in an ACL: no empty segment, `**` only as the last."""
    return _ACL_PATH.fullmatch(path) is not None


def covers(mine: Grant, other: Grant) -> bool:
    """Say whether everything that the other grant opens is open to mine too; in doubt it is not."""
    if mine.authorization == "rw" or other.authorization == "none":
        return True
    if mine.authorization == "ro":
        return other.authorization == "ro"
    both_acl = mine.authorization == other.authorization == "acl"
    return both_acl and all(_entry_is_covered(mine.acl, entry) for entry in other.acl)


def _entry_is_covered(acl: Sequence[AclEntry], wanted: AclEntry) -> bool:
    """Walk the entries that could decide a path of the wanted one, up to one that decides all the rest."""
    verbs = {action.lower() for action in wanted.actions}
    for entry in acl:
        if not _overlap(_parts(entry.path), _parts(wanted.path)):
            continue
        if not verbs <= {action.lower() for action in entry.actions}:
            return False
        if _contains(_parts(entry.path), _parts(wanted.path)):
            return True
    return not verbs


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/")


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    for mine, theirs in zip(one, other, strict=False):
        if "**" in (mine, theirs):
            return True
        if mine != theirs and "*" not in (mine, theirs):
            return False
    return len(one) == len(other)


def _contains(outer: Sequence[str], inner: Sequence[str]) -> bool:
    if outer[-1] == "**":
        head = outer[:-1]
        return len(inner) > len(head) and _same(head, inner[: len(head)])
    return "**" not in inner and len(outer) == len(inner) and _same(outer, inner)
