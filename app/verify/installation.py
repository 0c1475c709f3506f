"""The whole proof, tenant by tenant, and its report."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from tqdm import tqdm

from app.core.values import dataclass
from app.store.db import Database, reading_snapshot
from app.verify.anchors import Anchors
from app.verify.bytes import object_name, place
from app.verify.documents import check_documents, check_tenant
from app.verify.events import FOLDERS, Row
from app.verify.fault import LOST, Fault
from app.verify.git import GitCheck, Objects
from app.verify.log import Walk, walk_log
from app.verify.rows import BURIED, CHECKPOINTS, TENANTS, rows
from app.verify.signed import Anchor, Keys, anchor_of

_IN_LOG = text("SELECT 1 FROM events WHERE tenant = :tenant AND commit_id = :commit LIMIT 1")
_ARCHIVED = text(
    "SELECT 1 FROM events WHERE tenant = :tenant AND object_kind = 'archive' AND object_id = :name LIMIT 1"
)
AT_ONCE = 256
"""Commits that git is asked for together."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was proven, a line for each tenant, and the first fault if there is one."""

    text: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed beside the log: public keys, and checkpoints that somebody else kept, by tenant.

    Without keys, the checkpoints that lie in the database are not looked at.
    """

    keys: Keys = field(default_factory=dict)
    witnessed: Mapping[str, Sequence[Anchor]] = field(default_factory=dict)


def verify_installation(
    database: Database, git_root: Path | None, *, tenant: str | None = None, trust: Trust | None = None
) -> Report:
    """Prove that log, documents, git and checkpoints of every tenant (or of one) agree, as of one snapshot.

    Memory grows with the documents of one tenant, not with its events. Git may be ahead of the snapshot, never behind;
    without `git_root` only the names of its commits and trees are proven.
    """
    trust = trust or Trust()
    lines, faults = [], []
    with reading_snapshot(database) as connection:
        with rows(connection, TENANTS) as found:
            tenants = [row for row in found if tenant in (None, row["id"])]
        for row in tenants:
            try:
                lines.append(_verify(_Side(database, connection, git_root, trust), row))
            except Fault as fault:
                faults.append(str(fault))
                lines.append(f"{row['id']}: {fault}")
        faults += _missing(connection, {row["id"] for row in tenants}, trust, tenant)
    if tenant is not None and not tenants:
        faults.append(f"Tenant '{tenant}' was not found; `sternpost verify` without --tenant checks every one")
        lines.append(faults[-1])
    return Report("\n".join(lines), faults[0] if faults else None)


def _missing(connection: Connection, present: set[str], trust: Trust, only: str | None) -> list[str]:
    """Name the tenants that somebody kept checkpoints of and that were never deleted, but are gone."""
    with rows(connection, BURIED) as found:
        present = present | {row["id"] for row in found}
    gone = sorted(name for name in trust.witnessed if name not in present and only in (None, name))
    return [f"Tenant '{name}' has checkpoints and is not in the database; {LOST}" for name in gone]


class _Side(NamedTuple):
    """What one tenant is checked in."""

    database: Database
    connection: Connection
    git_root: Path | None
    trust: Trust


def _anchors(side: _Side, tenant: str) -> Anchors:
    kept: list[Anchor] = []
    if side.trust.keys:
        with rows(side.connection, CHECKPOINTS, tenant=tenant) as found:
            kept = [anchor_of(side.trust.keys, row) for row in found]
    return Anchors(tenant, [*kept, *side.trust.witnessed.get(tenant, ())])


def _verify(side: _Side, row: Row) -> str:
    database, connection = side.database, side.connection
    walk = Walk(row["id"])
    walk.anchors = _anchors(side, walk.tenant)
    with_git = row["head"] if side.git_root is not None else None
    git = GitSide(GitCheck(side.git_root or Path(), walk.tenant), with_git)
    git.begin(lambda commit: _is_logged(database, walk.tenant, commit))
    with _bar(walk.tenant, row["seq"]) as bar, git.reading():
        for commit, content in walk_log(connection, walk, bar.update):
            git.compare(commit, content)
        walk.anchors.finish(walk.seq)
        check_tenant(row, walk)
        documents = check_documents(connection, walk)
        git.finish(walk)
        git.check_tags(walk, lambda name: _is_archived(database, walk.tenant, name))
    retired = f" ({walk.retired} of them retired)" if walk.retired else ""
    agree = f"{walk.seq} events{retired}, {walk.commits} commits and {documents} documents agree"
    return f"{walk.tenant}: {agree}; {walk.anchors.said(walk.seq)}"


@dataclass(slots=True)
class GitSide:
    """Follows the log through git; what it finds is told when the log and the documents have proven sound."""

    check: GitCheck
    head: str | None
    fault: Fault | None = None
    commits: Iterator[str] = field(default_factory=lambda: iter(()))
    objects: Objects | None = None
    waiting: list[tuple[str, bytes]] = field(default_factory=list)

    def begin(self, is_logged: Callable[[str], bool]) -> None:
        """Look at the repository as a whole."""
        if self.head is None:
            return
        with self._noting():
            self.check.check_objects()
            self.check.check_ref(self.head, is_logged)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read commits and objects meanwhile."""
        if self.head is None or self.fault is not None:
            yield
            return
        with self.check.reading() as self.objects, self.check.commits(self.head) as self.commits:
            yield

    def compare(self, commit: str, content: bytes) -> None:
        """Check the next commit of the log, together with those that follow soon."""
        if self.objects is None or self.fault is not None:
            return
        with self._noting():
            found = next(self.commits, "none")
            if found != commit:
                raise self.check.fault(f"its next commit is {found}, and that of the log {commit}")
            self.waiting.append((commit, content))
            if len(self.waiting) >= AT_ONCE:
                self._compare_waiting(self.objects)

    def finish(self, walk: Walk) -> None:
        """Check the files of the head, and tell what was found.

        Raises:
            Fault: the first thing that differs.
        """
        if self.fault is None and self.objects is not None and walk.head is not None:
            self._compare_waiting(self.objects)
            extra = next(self.commits, None)
            if extra is not None:
                raise self.check.fault(f"it has commit {extra}, and the log has none there")
            self._compare_files(self.objects, walk, walk.head)
        if self.fault is not None:
            raise self.fault

    def check_tags(self, walk: Walk, is_archived: Callable[[str], bool]) -> None:
        """Check the tags of the archives.

        Raises:
            Fault: the first that differs.
        """
        if self.head is not None and self.objects is not None:
            self.check.check_tags(walk.tags, is_archived)
            for content in walk.tags.values():
                name = object_name("tag", content)
                if self.objects.read("tag", name) != content:
                    raise self.check.fault(f"tag object {name} is not what the log gives")

    def _compare_waiting(self, objects: Objects) -> None:
        waiting, self.waiting = self.waiting, []
        objects.compare(waiting)

    def _compare_files(self, objects: Objects, walk: Walk, head: str) -> None:
        tree = objects.read("commit", head).split(b"\n", 1)[0].split()[1].decode()
        left = {"/".join(place(FOLDERS[kind], name)): known.blob for (kind, name), known in walk.documents.items()}
        for path, blob in objects.files(tree):
            if left.pop(path, None) != blob:
                raise self.check.fault(f"file {path} at the head is not the document that the log gives")
            objects.read("blob", blob)
        for path in sorted(left):
            raise self.check.fault(f"file {path} is missing at the head")

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Fault as fault:
            self.fault = fault


def _is_logged(database: Database, tenant: str, commit: str) -> bool:
    # A look beside the snapshot: the log may have gone on since, and git with it.
    with database.everywhere("proof") as connection:
        return connection.execute(_IN_LOG, {"tenant": tenant, "commit": commit}).fetchone() is not None


def _is_archived(database: Database, tenant: str, name: str) -> bool:
    # The same look beside the snapshot, for an archive that was made meanwhile.
    with database.connect() as connection:
        return connection.execute(_ARCHIVED, {"tenant": tenant, "name": name}).fetchone() is not None


def _bar(name: str, total: int) -> "tqdm[Any]":
    return tqdm(total=total, desc=name, unit=" events", leave=False, file=sys.stderr, disable=None)
