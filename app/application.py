"""The Flask application: the only place where resources, committer and HTTP are wired together.

It is not in `app/__init__.py`, so that importing one part of the program (the verifier, the node agent, a command) does
not load all of it.
"""

import time
from collections.abc import Callable
from dataclasses import field, replace
from functools import cache, partial
from pathlib import Path

from flask import Flask

from app.boot import Installation, open_installation
from app.changes.recording import Fact
from app.changes.review.filing import Proposal
from app.changes.tenants import Suffix, random_suffix
from app.changes.work import Terms, Work
from app.config import Config
from app.console.mount import mount_console
from app.console.sessions import Door
from app.console.site import Site
from app.core.clock import just_sleep, now_ms
from app.core.context import Actor, Context
from app.core.errors import SternpostError
from app.core.logs import configure_logging
from app.core.outbound import Reach
from app.core.values import dataclass
from app.dialects.panel.mount import Panel, PanelNeighbour
from app.dialects.panel.pages import mount_landing
from app.dialects.takaro.admin import AdminGuard
from app.dialects.takaro.callers import Callers
from app.dialects.takaro.mount import Surface
from app.dialects.takaro.openapi import document_routes
from app.dialects.takaro.routes import ROUTES
from app.http.auth import (
    ANONYMOUS,
    API_KEY,
    BEARER,
    KEY_GRANT,
    PANEL_KEY,
    SESSION_COOKIE,
    TAKARO_TOKEN,
    AccountGrant,
    Authenticator,
    node_grant,
)
from app.http.mount import mount
from app.http.rights import grant_of
from app.http.routing import Routes
from app.http.rules import LateRule
from app.http.seams import Intent
from app.http.throttle import Throttle
from app.http.wiring import Wiring
from app.people.callers import People, is_active_user
from app.people.sessions import is_form_token
from app.resources import ENDPOINTS
from app.resources.tenants.service import Administration
from app.store.accounts import Holder, token_hash
from app.store.glance import Glance, find_at_a_glance
from app.store.migrations import is_current
from app.store.names import mailmap_lines
from app.store.nodes import find_node_by_token
from app.store.tenants import find_by_key, find_tenant

DAY_MS = 86_400_000
LONGEST_REFUSAL = 500


def create_app(
    config: Config,
    opened: Installation | None = None,
    *,
    suffix: Suffix = random_suffix,
    pause: Callable[[float], bool] = just_sleep,
) -> Flask:
    """Build the application of one serving process, on an installation that `prepare` has made.

    `suffix` draws what the ids of registered tenants end with; `pause` is that of `Terms`.
    """
    configure_logging(config.log_level)
    opened = opened or open_installation(config)
    terms = Terms(
        registration=config.registration == "open",
        public_url=config.public_url,
        suffix=suffix,
        removed=opened.git_writer.remove,
        reach=Reach(config.webhook_networks),
        pause=pause,
    )
    server = _Server(opened, terms)
    app = Flask("sternpost", static_folder=None)
    app.url_rule_class = LateRule
    wiring = Wiring(
        open_work=server.open_work,
        find_account=server.find_account,
        find_others={
            API_KEY: server.find_key,
            BEARER: server.find_person,
            PANEL_KEY: server.find_panel_key,
            TAKARO_TOKEN: server.find_domain_token,
            SESSION_COOKIE: server.find_visitor,
        },
        find_fault=server.find_fault,
        is_form=partial(is_form_token, server.opened.committer.ring),
        denied=server.note_denied,
        find_repository=server.find_repository,
        find_names=server.find_names,
        max_body_bytes=config.max_body_bytes,
        max_upload_bytes=config.max_upload_bytes,
        public_read=config.public_read,
        request_timeout_s=config.request_timeout_s,
        most_streams=max(1, config.threads // 2),
        docs_open=config.docs_public,
        trusted_proxies=config.trusted_proxies,
        neighbour=PanelNeighbour(),
        now_s=time.monotonic,
        pause=pause,
    )
    mount(app, all_routes(), wiring)
    mount_landing(app)
    # Before the root level, whose /login takes every method: a browser that goes there is led to the page.
    _mount_console(app, config, server)
    _mount_root_level(app, config, server)
    Panel(wiring, config.panel_max_body_bytes, config.panel_requests_per_s).mount(app)
    return app


@cache
def all_routes() -> Routes:
    """Give the table of all endpoints below `/api`, which knows no installation; a process makes it once.

    Raises:
        EndpointError: an endpoint forgot its right, or two answer the same.
    """
    return Routes(ENDPOINTS)


def _mount_root_level(app: Flask, config: Config, server: "_Server") -> None:
    throttle = Throttle(time.monotonic)
    logins = {BEARER: server.find_root_login, TAKARO_TOKEN: server.find_domain_token}
    surface = Surface(
        Administration(server.opened.all_tenants, config.domain_token_days * DAY_MS),
        AdminGuard(config.admin_token.get_secret_value(), throttle),
        Callers(server.opened.database, Authenticator(logins, throttle)),
        server.open_work,
        config.request_timeout_s,
    )
    surface.mount(app, (*ROUTES, *document_routes(ROUTES, is_open=config.docs_public)))


def _mount_console(app: Flask, config: Config, server: "_Server") -> None:
    door = Door(server.find_visitor, server.opened.committer.ring, secure=config.public_url.startswith("https://"))
    # The API is called from its outside, as everybody does, so the middleware is part of it.
    secret = config.admin_token.get_secret_value()
    site = Site(app.wsgi_app, server.opened.database, server.opened.committer.ring, door, server.open_work, secret)
    mount_console(app, site)


@dataclass(frozen=True, slots=True)
class _Server:
    """The ways from HTTP into one installation."""

    opened: Installation
    terms: Terms
    grants: dict[tuple[str, str], tuple[Holder, AccountGrant]] = field(default_factory=dict)
    """By tenant and account id, made of exactly what was read just now."""

    def open_work(self, ctx: Context, intent: Intent) -> Work:
        work = self.opened.work(ctx)
        if intent.idempotency_key is not None:
            work.remember(intent.idempotency_key, intent.digest)
        work.dry_run, work.terms = intent.dry_run, self.terms
        if intent.change_request_name or intent.change_request_description:
            work.proposal = Proposal(intent.change_request_name, intent.change_request_description)
        return work

    def find_account(self, hashed: str, glance: Glance | None = None) -> AccountGrant | None:
        with self.opened.database.everywhere("token look-up") as connection:
            holder = find_at_a_glance(connection, hashed, glance)
            if holder is not None and holder.owner and not is_active_user(connection, holder.tenant, holder.owner):
                return None
        if holder is None:
            person = self._standing(self.people.find_by_personal_token(hashed, self.opened.committer.clock()))
            return person or self._find_node(hashed)
        if not holder.enabled or (holder.expires is not None and holder.expires <= now_ms()):
            return None
        self.opened.last_uses.note(holder.tenant, holder.id)
        known = self.grants.get((holder.tenant, holder.id))
        if known is None or known[0] != holder:
            known = self.grants[holder.tenant, holder.id] = (holder, _granted(holder))
        return known[1]

    def _find_node(self, hashed: str) -> AccountGrant | None:
        with self.opened.database.everywhere("token look-up") as connection:
            node = find_node_by_token(connection, hashed)
        if node is None:
            return None
        actor = Actor(id=node.id, kind="node", handle=f"node:{node.id}")
        return AccountGrant(node.tenant, actor, node.id, node_grant(node.id), node.state, node.read_only)

    def find_key(self, key: str) -> AccountGrant | None:
        with self.opened.database.everywhere("key look-up") as connection:
            record = find_by_key(connection, token_hash(key), "api")
        if record is None:
            return None
        return AccountGrant(record.id, ANONYMOUS, None, KEY_GRANT, record.state, record.read_only)

    def find_panel_key(self, key: str) -> AccountGrant | None:
        found = self.find_account(token_hash(key))
        return found if found is not None and found.actor.kind in ("account", "system") else None

    def find_root_login(self, token: str) -> AccountGrant | None:
        return self.people.find_by_root_login(token, self.opened.committer.clock())

    def find_domain_token(self, token: str) -> AccountGrant | None:
        return self._standing(self.people.find_by_domain_token(token, self.opened.committer.clock()))

    def find_person(self, token: str) -> AccountGrant | None:
        return self._standing(self.people.find_by_access(token, self.opened.committer.clock()))

    def find_visitor(self, cookie: str) -> AccountGrant | None:
        return self._standing(self.people.find_by_session(cookie, self.opened.committer.clock()))

    def _standing(self, found: AccountGrant | None) -> AccountGrant | None:
        """Add to a person how their tenant stands."""
        if found is None:
            return None
        with self.opened.database.connect() as connection:
            record = find_tenant(connection, found.tenant)
        return None if record is None else replace(found, state=record.state, read_only=record.read_only)

    @property
    def people(self) -> People:
        return People(self.opened.database, self.opened.committer.ring)

    def note_denied(self, ctx: Context, text: str) -> None:
        fact = Fact(type="AccessDenied", data={"refusal": text[:LONGEST_REFUSAL]}, outcome="denied")
        self.opened.notes.note(ctx, fact)

    def find_repository(self, tenant: str) -> Path:
        self.opened.git_writer.catch_up(tenant)
        return self.opened.git_writer.path(tenant)

    def find_names(self, tenant: str) -> list[str]:
        with self.opened.database.connect(tenant) as connection:
            return list(mailmap_lines(connection, tenant))

    def find_fault(self) -> str | None:
        try:
            if not is_current(self.opened.database):
                return "The database has pending migrations; run `sternpost db upgrade`"
        except SternpostError as failure:
            return failure.message
        return None


def _granted(holder: Holder) -> AccountGrant:
    actor = Actor(id=holder.id, kind="account", handle=holder.id, name=holder.name)
    grant = grant_of(holder.authorization, holder.entries)
    return AccountGrant(holder.tenant, actor, holder.id, grant, holder.state, bool(holder.read_only))
