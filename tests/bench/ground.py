"""The installations that the rows are measured on: founded once, filled through `submit`, copied for each use."""

import itertools
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.boot import KINDS, Installation, installation, reserved_document_ids
from app.changes.change import Edit
from app.changes.committer import Committer
from app.config import Config
from tests.bench.figures import say
from tests.installations import as_account, configured, found_installation
from tests.postgres import new_postgres_database, new_postgres_roles

CTX = as_account("bench", reason="measured")
FILL = 1_000
"""Documents in one change set while a database is filled."""

_random = random.Random(1)
_WORDS = ["".join(_random.choices("abcdefghijklmnopqrstuvwxyz", k=_random.randint(3, 9))) for _ in range(400)]
_TEXTS = [" ".join(_random.choices(_WORDS, k=230))[:1480] for _ in range(64)]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: `counts` are the three sizes of a tenant, `histories` two numbers of commits,
    `events` a small log, one that is walked, and a large one."""

    name: str
    counts: tuple[int, int, int]
    rounds: int
    changes: int
    requests: int
    commits: int
    naive: int
    histories: tuple[int, int]
    events: tuple[int, int, int]


FULL = Size(
    "full",
    (1_000, 10_000, 100_000),
    rounds=5,
    changes=1_000,
    requests=1_200,
    commits=100_000,
    naive=10,
    histories=(100, 10_000),
    events=(10_000, 100_000, 1_000_000),
)
SMALL = Size(
    "small",
    (100, 500, 1_500),
    rounds=2,
    changes=40,
    requests=100,
    commits=2_000,
    naive=2,
    histories=(20, 600),
    events=(10_000, 3_000, 30_000),
)


def rule_id(number: int) -> str:
    """Name a rule."""
    return f"r-{number:06}"


def text_of(number: int) -> str:
    """Write what makes a document 2 kB, never the same twice."""
    return f"Change {number}: {_TEXTS[number % len(_TEXTS)]}"


def fields_of(number: int) -> dict[str, object]:
    """Write the fields of a rule, about 2 kB as JSON."""
    return {
        "displayName": f"Rule number {number}",
        "shortDescription": f"Made to be measured, number {number}",
        "longDescription": text_of(number),
        "targets": ["special:all_exceptPolicyServers", f"group:g-{number % 97}", f"group:g-{number % 31 + 100}"],
        "tags": [{"datacenter": f"dc-{number % 7}"}, {"stage": ("test", "production")[number % 2]}],
    }


@dataclass(slots=True)
class Changes:
    """A source of changes to the documents of one installation, spread over all of them."""

    documents: int
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_000))

    def edit(self) -> Edit:
        """Give the next change."""
        number = next(self._numbers)
        return Edit("rule", rule_id(number * 7919 % self.documents), "modify", {"longDescription": text_of(number)})


@dataclass(slots=True)
class Ground:
    """A folder with a filled database of each size; `postgres` names a server to use for rows 1 and 2 instead."""

    folder: Path
    size: Size
    postgres: str | None = None
    _copies: Iterator[int] = field(default_factory=itertools.count)

    @property
    def keys(self) -> Path:
        """The keys of every installation here."""
        return self.folder / "keys"

    def copied(self, count: int) -> Config:
        """Copy the database of a size for one use."""
        database = self.folder / f"copy-{next(self._copies)}" / "sternpost.db"
        database.parent.mkdir()
        shutil.copy(self._template(count), database)
        return self._config(database)

    def empty(self) -> Config:
        """Give a data directory without anything in it."""
        folder = self.folder / f"empty-{next(self._copies)}"
        folder.mkdir()
        return configured(f"sqlite:///{folder}/sternpost.db", folder / "keys", folder)

    def founded(self) -> Config:
        """Give an installation without documents of its own."""
        config = self.empty()
        found_installation(config.database_url, config.keys_dir, config.data_dir)
        return config

    @contextmanager
    def database(self, count: int) -> Iterator[Config]:
        """Give a filled database of a size, on the PostgreSQL server when there is one."""
        if self.postgres is None:
            yield self.copied(count)
            return
        folder = self.folder / f"copy-{next(self._copies)}"
        with new_postgres_roles(self.postgres) as roles, new_postgres_database(self.postgres, roles) as url:
            found_installation(url, self.keys, folder)
            config = configured(url, self.keys, folder)
            with installation(config) as opened:
                fill(opened, 0, count)
            yield config

    def _template(self, count: int) -> Path:
        """Give the database of a size; it is filled when it is first needed, from the one before."""
        database = self.folder / f"with-{count}" / "sternpost.db"
        if not database.exists():
            smaller = max((size for size in self.size.counts if size < count), default=0)
            origin = self._template(smaller) if smaller else None
            say(f"Filling a database with {count:,} documents of 2 kB")
            database.parent.mkdir(parents=True)
            if origin is None:
                found_installation(f"sqlite:///{database}", self.keys, database.parent)
            else:
                shutil.copy(origin, database)
            with installation(self._config(database)) as opened:
                fill(opened, smaller, count)
        return database

    def _config(self, database: Path) -> Config:
        return configured(f"sqlite:///{database}", self.keys, database.parent)


def fill(opened: Installation, first: int, end: int) -> None:
    """Create rules through the committer, many in a change set."""
    for start in range(first, end, FILL):
        numbers = range(start, min(start + FILL, end))
        opened.committer.submit(CTX, [Edit("rule", rule_id(number), "create", fields_of(number)) for number in numbers])


def without_git(opened: Installation) -> Installation:
    """Give the same installation with a committer that builds no commits: the floor of the write path."""
    committer = Committer(
        opened.database, KINDS, opened.committer.ring, reserved=reserved_document_ids(), commits=False
    )
    return replace(opened, committer=committer)
