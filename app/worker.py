"""Background work: follows the log of every tenant and writes git behind it, and mails what is due."""

import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy import delete

from app.boot import Installation, open_installation
from app.changes.review.timing import Due
from app.config import Config
from app.core.clock import now_ms
from app.core.context import Context
from app.core.errors import SternpostError
from app.http.observe import configure_logging
from app.people.mailing import MailServer, send_due
from app.store.change_requests import due_records
from app.store.events import followed_heads
from app.store.heartbeat import beat
from app.store.logins import drop_ended_logins
from app.store.tables import IdempotencyRow
from app.store.tenants import list_buried

PACE_S = 1.0
"""Git is at most this far behind the log; a reader of git does not wait for it but catches up itself."""
CHORES_EVERY_S = 600.0
IDEMPOTENCY_MS = 24 * 3600 * 1000

_log = structlog.get_logger()


def run(config: Config, stopping: threading.Event) -> None:
    """Work until `stopping` is set; every step may be repeated, so it may end anywhere."""
    configure_logging(config.log_level)
    opened = open_installation(config)
    chores_due = time.monotonic()
    server = MailServer(config.smtp_url.get_secret_value(), config.mail_from, config.link_base)
    written: dict[str, str] = {}
    try:
        while not stopping.is_set():
            beat(config.data_dir)
            _guarded("git", lambda: _follow(opened, written, stopping))
            _guarded("mail", lambda: _mail(opened, server))
            _guarded("review", lambda: do_due(opened))
            if time.monotonic() >= chores_due and not stopping.is_set():
                _guarded("chores", lambda: _chores(opened, stopping))
                chores_due = time.monotonic() + CHORES_EVERY_S
            stopping.wait(PACE_S)
    finally:
        opened.close()


def _follow(opened: Installation, written: dict[str, str], stopping: threading.Event) -> None:
    """Write git behind the log of each tenant that moved; `written` are the heads that this process has written."""
    for tenant, head in followed_heads(opened.database).items():
        if stopping.is_set():
            return
        if written.get(tenant) != head:
            opened.git_writer.catch_up(tenant)
            written[tenant] = head


def _mail(opened: Installation, server: MailServer) -> None:
    send_due(opened.database, opened.committer.ring, server, now_ms())


def do_due(opened: Installation) -> None:
    """Do what is due of change requests, in every tenant; each under its tenant's lock and by its state then."""
    now = opened.committer.clock()
    with opened.database.everywhere("timed acts of change requests") as connection:
        due = due_records(connection, now)
    for tenant, number in due:
        ctx = Context.system(tenant, f"Timed act of change request {number}")
        try:
            opened.committer.perform(ctx, Due(number))
        except SternpostError as failure:
            _log.error("timed act failed", tenant=tenant, change_request=number, reason=failure.message)


def _chores(opened: Installation, stopping: threading.Event) -> None:
    with opened.database.writing_everywhere("chores") as connection:
        connection.execute(delete(IdempotencyRow).where(IdempotencyRow.created < now_ms() - IDEMPOTENCY_MS))
        drop_ended_logins(connection, now_ms())
        buried = list_buried(connection)
    for tenant in buried:
        opened.git_writer.remove(tenant)
    for tenant in followed_heads(opened.database):
        if not stopping.is_set():
            opened.git_writer.maintain(tenant)


def _guarded(step: str, act: Callable[[], None]) -> None:
    try:
        act()
    except SternpostError as failure:
        _log.error("background step failed", step=step, reason=failure.message)
    except Exception:  # noqa: BLE001  the loop outlives any step; it is logged and tried again
        _log.exception("background step failed", step=step)
