"""The Flask application: the only place where resources, committer and HTTP are wired together.

It is not in `app/__init__.py`, so that importing one part of the program (the verifier, the node agent, a command) does
not load all of it.
"""

import time
from dataclasses import dataclass, field

from flask import Flask

from app.boot import Installation, open_installation
from app.changes.work import Work
from app.config import Config
from app.core.clock import now_ms
from app.core.context import Actor, Context
from app.core.errors import SternpostError
from app.http.auth import AccountGrant
from app.http.endpoint import Intent
from app.http.mount import mount
from app.http.observe import configure_logging
from app.http.rights import grant_of
from app.http.wiring import Wiring
from app.resources import RESOURCES
from app.store.accounts import Account, find_by_hash
from app.store.migrations import is_current


def create_app(config: Config, opened: Installation | None = None) -> Flask:
    """Build the application of one serving process, on an installation that `prepare` has made."""
    configure_logging(config.log_level)
    server = _Server(opened or open_installation(config))
    app = Flask("sternpost", static_folder=None)
    wiring = Wiring(
        open_work=server.open_work,
        find_account=server.find_account,
        find_fault=server.find_fault,
        max_body_bytes=config.max_body_bytes,
        public_read=config.public_read,
        most_streams=max(1, config.threads // 2),
        docs_open=config.docs_public,
        trusted_proxies=config.trusted_proxies,
        now_s=time.monotonic,
    )
    mount(app, [endpoint for resource in RESOURCES for endpoint in resource.endpoints], wiring)
    return app


@dataclass(frozen=True, slots=True)
class _Server:
    """The ways from HTTP into one installation."""

    opened: Installation
    grants: dict[str, tuple[Account, AccountGrant]] = field(default_factory=dict)
    """By account id, made of exactly the account that was read just now."""

    def open_work(self, ctx: Context, intent: Intent) -> Work:
        work = self.opened.work(ctx)
        if intent.idempotency_key is not None:
            work.remember(intent.idempotency_key, intent.digest)
        work.dry_run = intent.dry_run
        return work

    def find_account(self, hashed: str) -> AccountGrant | None:
        account = find_by_hash(self.opened.database, hashed)
        if account is None or not account.enabled or (account.expires is not None and account.expires <= now_ms()):
            return None
        self.opened.last_uses.note(account.tenant, account.id)
        known = self.grants.get(account.id)
        if known is None or known[0] is not account:
            grant = grant_of(account.authorization, account.acl)
            made = AccountGrant(account.tenant, _actor(account), account.id, grant)
            known = self.grants[account.id] = (account, made)
        return known[1]

    def find_fault(self) -> str | None:
        try:
            if not is_current(self.opened.database):
                return "The database has pending migrations; run `sternpost db upgrade`"
        except SternpostError as failure:
            return failure.message
        return None


def _actor(account: Account) -> Actor:
    return Actor(id=account.id, kind="account", handle=account.id, name=account.name)
