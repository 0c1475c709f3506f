"""What a caller may do: an account by its authorisation (none, ro, rw, acl), a person by the rights of their roles."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from app.core.canonical import JSON
from app.core.rights import RIGHTS
from app.core.values import dataclass
from app.http.endpoint import ANYBODY, PUBLIC, Endpoint

READS: Final = frozenset(right for right in RIGHTS if right.endswith("_read"))

Authorization = Literal["none", "ro", "rw", "acl", "rights"]


@dataclass(frozen=True, slots=True)
class AclEntry:
    """A path without version, `*` for one segment and `**` for the rest, and the methods it allows, in any case."""

    path: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a credential opens: an account's by its authorization, a person's (`rights`) by the rights of their roles.

    `within` narrows a person's rights to what a token of theirs was made for: none, ro or rw.
    """

    authorization: Authorization
    acl: tuple[AclEntry, ...] = ()
    rights: frozenset[str] = frozenset()
    within: Literal["none", "ro", "rw"] = "rw"

    @property
    def holds_everything(self) -> bool:
        """Tell whether nothing is closed to it."""
        everything = self.authorization == "rights" and self.rights >= RIGHTS and self.within == "rw"
        return everything or self.authorization == "rw"

    @property
    def only_reads(self) -> bool:
        """Tell whether it opens nothing that writes."""
        return self.authorization in ("none", "ro") or self.within != "rw"

    def holds(self, right: str) -> bool:
        """Tell whether it opens a right that is asked for inside an action, beside the one of the endpoint.

        Of an ACL only the rights of review are known: it has them all, and `opens` says for which of their calls.
        """
        if self.authorization == "rights":
            return right in self.rights and (self.within == "rw" or (self.within == "ro" and right.endswith("_read")))
        if self.authorization == "acl":
            return right.startswith(("validator_", "deployer_"))
        return self.authorization == "rw" or (self.authorization == "ro" and right.endswith("_read"))

    def opens(self, method: str, path: str) -> bool:
        """Tell whether it may be used for a call, as far as that is decided by the path: an ACL's alone is."""
        return self.authorization != "acl" or _acl_allows(self.acl, method, path.strip("/").split("/"))


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
    if grant.authorization == "rights":
        return _within(grant, endpoint) and _opens(grant.rights, endpoint)
    if grant.authorization == "rw":
        return True
    if grant.authorization == "ro":
        return _only_reads(endpoint)
    if grant.authorization == "acl":
        return _acl_allows(grant.acl, method, segments)
    return False


def _within(grant: Grant, endpoint: Endpoint) -> bool:
    return grant.within == "rw" or (grant.within == "ro" and _only_reads(endpoint))


def _opens(rights: frozenset[str], endpoint: Endpoint) -> bool:
    """Let any one of the rights that the endpoint lists open it."""
    return any(right == ANYBODY or right in rights for right in endpoint.rights)


def _only_reads(endpoint: Endpoint) -> bool:
    only_reads = endpoint.write is None and all(right.endswith("_read") for right in endpoint.rights)
    return only_reads or not endpoint.writes


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
    if mine.holds_everything or other.authorization == "none":
        return True
    if other.authorization == "rights":
        return mine.authorization == "rights" and mine.within == "rw" and other.rights <= mine.rights
    if mine.authorization == "rights":
        return other.authorization == "ro" and mine.within != "none" and mine.rights >= READS
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
