"""Bringing an installation up: database, keys, tenants, the starter library, and this start's token."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from functools import cache
from pathlib import Path

from sqlalchemy import Connection

from app.changes.change import Edit
from app.changes.committer import Committer
from app.changes.declaring import bring_values_up_to_date
from app.changes.following import Followers
from app.changes.listing import Listings
from app.changes.noting import Notes
from app.changes.operating import Deed
from app.changes.recording import Fact
from app.changes.tenants import Tenants, begin_tenant, copy_tenant
from app.changes.work import Work
from app.config import Config, make_data_dir
from app.core.clock import now_ms
from app.core.context import Context
from app.core.errors import AlreadyExistsError, UnavailableError
from app.core.logs import LOG
from app.core.tenancy import DEFAULT, PUBLIC, SYSTEM_TENANT
from app.core.values import dataclass
from app.fleet.fleet import node_finder
from app.fleet.reach import FleetReach
from app.http.routing import reserved_ids
from app.resources import ENDPOINTS, RESOURCES
from app.store.accounts import Account, insert_account, is_used, lock_account, new_token, token_hash, update_account
from app.store.db import Database
from app.store.documents import find_document
from app.store.events import SqlLog, tenants_with_log
from app.store.git.writer import GitWriter
from app.store.last_uses import LastUses
from app.store.migrations import is_current, upgrade
from app.store.rows import is_above_policies
from app.store.secrets import open_keys
from app.store.session import TenantSession

PENDING = "The database lacks migrations of this program; run `sternpost db upgrade`, or start the server once"

KINDS = tuple(kind for resource in RESOURCES for kind in resource.kinds)
"""Every kind of document; the order is that in which the documents of one change set are judged."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One opened installation; close it when done."""

    database: Database
    committer: Committer
    followers: Followers
    git_root: Path
    git_writer: GitWriter
    last_uses: LastUses
    notes: Notes
    data_dir: Path
    listings: Listings = field(default_factory=Listings)

    def work(self, ctx: Context) -> Work:
        """Open a caller's business."""
        session = TenantSession(self.database, ctx.tenant)
        known = (self.committer, self.followers, self.listings, self.notes)
        return Work(ctx, session, *known, self.git_writer, self.data_dir)

    def tenants(self, only: str | None = None) -> Iterable[str]:
        """Name the tenants that have a history, or the one that is asked for."""
        return [only] if only is not None else tenants_with_log(self.database)

    @property
    def all_tenants(self) -> Tenants:
        """What the installation does to its tenants."""
        return Tenants(self.database, self.committer.ring, self.committer.clock)

    def close(self) -> None:
        """Write what is still in memory and give all connections back."""
        self.notes.flush()
        self.last_uses.flush()
        self.database.close()


@dataclass(frozen=True, slots=True)
class Prepared:
    """Where this start's token was written."""

    token_file: Path
    header_file: Path


def open_installation(config: Config) -> Installation:
    """Open the database and keys of an installation that `prepare` made.

    Raises:
        UnavailableError: the database has no tables yet, or lacks migrations of this program.
    """
    database = Database(config.database_url, pool_size=config.threads + 4)
    try:
        if not is_current(database):
            raise UnavailableError(PENDING, retry_after_s=60)  # noqa: TRY301  the database is closed below
        with database.writing() as connection:
            ring = open_keys(connection, config.keys_dir, now_ms=now_ms())
            if is_above_policies(connection):
                LOG.warning("the database role ignores row-level security", remedy="use one as in docs/operations.md")
    except BaseException:
        database.close()
        raise
    git_root = config.data_dir / "git"
    followers = Followers()
    reach = FleetReach(database, followers)
    committer = Committer(database, KINDS, ring, reserved=reserved_document_ids(), reach=reach)
    committer.find_nodes = node_finder(database, followers)
    git_writer = GitWriter(SqlLog(database), git_root)
    behind = (git_root, git_writer, LastUses(database), Notes(committer))
    return Installation(database, committer, followers, *behind, config.data_dir)


@contextmanager
def installation(config: Config) -> Iterator[Installation]:
    """Open an installation for a command."""
    make_data_dir(config)
    opened = open_installation(config)
    try:
        yield opened
    finally:
        opened.close()


def _quietly(_said: str) -> None:
    return None


def prepare(config: Config, progress: Callable[[str], None] = _quietly) -> Prepared:
    """Migrate, found the tenants, and write a new token of this data directory's system account.

    `progress` is told what takes long after an upgrade.

    Raises:
        UnavailableError: migrations are pending and may not be applied by themselves.
    """
    make_data_dir(config)
    if config.auto_migrate:
        database = Database(config.database_url)
        try:
            upgrade(database)
        finally:
            database.close()
    with installation(config) as opened:
        bring_values_up_to_date(opened.database, KINDS, progress)
        found_tenants(opened)
        return _renew_token(config, opened)


def found_tenants(opened: Installation) -> None:
    """Give the three tenants their first events, and the catalogue its library; does nothing when they have them."""
    for tenant in (SYSTEM_TENANT, PUBLIC):
        begin_tenant(opened.database, Context.system(tenant, "First start"), now_ms)
    work = opened.work(Context.system(PUBLIC, "Import the starter library"))
    edits = missing_starters(work.session)
    work.release()
    if edits:
        # Another server that starts now may have imported the library, whole, since we looked.
        with suppress(AlreadyExistsError):
            work.submit(edits)
    copy_tenant(opened.database, Context.system(DEFAULT, "First start"), PUBLIC, now_ms)


def missing_starters(session: TenantSession) -> list[Edit]:
    """Make what a tenant lacks of the starter library."""
    starters = [one for resource in RESOURCES for one in resource.starter()]
    missing = [one for one in starters if find_document(session, one.kind, one.id) is None]
    return [Edit(one.kind, one.id, "create", one.read()) for one in missing]


@cache
def reserved_document_ids() -> Mapping[str, frozenset[str]]:
    """List, by kind, the ids that a static segment of the routes stands for."""
    paths = {kind: path for resource in RESOURCES for kind, path in resource.paths.items()}
    return {kind: reserved_ids(ENDPOINTS, path) | {"search"} for kind, path in paths.items()}


def _renew_token(config: Config, opened: Installation) -> Prepared:
    token = new_token()
    account_id = f"system-{_instance(config.data_dir)}"
    ctx = Context.system(DEFAULT, "Start of the server")

    def act(connection: Connection, now: int) -> Deed:
        known = lock_account(connection, DEFAULT, account_id)
        account = known or Account(
            tenant=DEFAULT, id=account_id, kind="system", name="System account", created=now, authorization="rw"
        )
        renewed = replace(account, token_hash=token_hash(token), token_created=now, enabled=True)
        (update_account if is_used(connection, DEFAULT, account_id) else insert_account)(connection, renewed)
        return Deed(facts=(Fact(type="TokenCreated", kind="account", id=account_id, name=account.name),), answer={})

    opened.committer.operate(ctx, act)
    prepared = Prepared(config.run_dir / "api-token", config.run_dir / "api-token-header")
    _write_private(prepared.token_file, f"{token}\n")
    _write_private(prepared.header_file, f"X-API-Token: {token}\n")
    return prepared


def _instance(data_dir: Path) -> str:
    """Read the id of this data directory: each directory has a system account of its own."""
    path = data_dir / "instance-id"
    if not path.exists():
        _write_private(path, secrets.token_hex(4) + "\n")
    return path.read_text("utf-8").strip()


def _write_private(path: Path, text: str) -> None:
    """Replace a file whole, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
