"""Background work: follows the log of every tenant, writes git behind it, tells webhooks, and mails what is due."""

import threading
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import delete

from app.aside import Aside
from app.boot import Installation, open_installation
from app.changes.retiring import retire
from app.changes.review.timing import Due
from app.config import Config
from app.core.clock import now_ms
from app.core.context import Context
from app.core.errors import SternpostError
from app.core.logs import LOG, configure_logging
from app.expiring import delete_expired
from app.measuring import measure_compliance
from app.notify.mailing import send_mails
from app.notify.rounds import Rounds
from app.notify.steps import StepMails
from app.people.mailing import MailServer, send_due
from app.store.change_requests import due_records
from app.store.checkpoints import keep_checkpoints, list_standings
from app.store.compliance_days import DAY_MS, MOST_DAYS, drop_old_compliance_days
from app.store.events import followed_heads
from app.store.heartbeat import beat
from app.store.logins import drop_ended_logins
from app.store.mails import drop_old_mails
from app.store.reports import drop_old_runs
from app.store.resealing import seal_again
from app.store.secrets import open_keys
from app.store.tables import IdempotencyRow
from app.store.tenants import list_buried
from app.store.webhooks import drop_old_deliveries
from app.telling import deliverer_of

PACE_S = 1.0
"""Git is at most this far behind the log; a reader of git does not wait for it but catches up itself."""
CHECKPOINT_EVERY_S = 60.0
CHORES_EVERY_S = 600.0
IDEMPOTENCY_MS = DAY_MS


def run(config: Config, stopping: threading.Event) -> None:
    """Work until `stopping` is set; every step may be repeated, so it may end anywhere."""
    configure_logging(config.log_level)
    opened = open_installation(config)
    chores_due = checkpoint_due = time.monotonic()
    server = MailServer(config.smtp_url.get_secret_value(), config.mail_from, config.link_base)
    written: dict[str, str] = {}
    step_mails = StepMails(opened.database, config.mail_steps, config.link_base, is_on=bool(server.url))
    mailing = Aside(lambda: _guarded("mail", lambda: _mail(opened, server, stopping.is_set)))
    rounds = Rounds(deliverer_of(config, opened, stopping.is_set))
    try:
        while not stopping.is_set():
            beat(config.data_dir)
            _guarded("git", lambda: _follow(opened, written, stopping))
            _guarded("review", lambda: do_due(opened))
            _guarded("notices", step_mails.follow)
            _guarded("webhooks", rounds.start_due)
            mailing.begin()
            if time.monotonic() >= checkpoint_due:
                _guarded("checkpoints", lambda: _checkpoint(opened))
                checkpoint_due = time.monotonic() + CHECKPOINT_EVERY_S
            if time.monotonic() >= chores_due and not stopping.is_set():
                _guarded("chores", lambda: _chores(config, opened, stopping))
                _guarded("keys", lambda: _seal(config, opened))
                _guarded("retention", lambda: _retire(opened, config.event_retention_days, stopping))
                chores_due = time.monotonic() + CHORES_EVERY_S
            stopping.wait(PACE_S)
    finally:
        mailing.close()
        rounds.close()
        opened.close()


def _follow(opened: Installation, written: dict[str, str], stopping: threading.Event) -> None:
    """Write git behind the log of each tenant that moved; `written` are the heads that this process has written."""
    for tenant, head in followed_heads(opened.database).items():
        if stopping.is_set():
            return
        if written.get(tenant) != head:
            opened.git_writer.catch_up(tenant)
            written[tenant] = head


def _checkpoint(opened: Installation) -> None:
    keep_checkpoints(opened.database, opened.committer.ring)


def _seal(config: Config, opened: Installation) -> None:
    """Encrypt anew what another process still encrypted under a key that was replaced since."""
    with opened.database.writing() as connection:
        ring = open_keys(connection, config.keys_dir, now_ms=now_ms())
    seal_again(opened.database, ring)


def _retire(opened: Installation, days: int, stopping: threading.Event) -> None:
    if days:
        for at in list_standings(opened.database):
            if not stopping.is_set():
                retire(opened.committer, at.tenant, before_ms=now_ms() - days * DAY_MS)


def _mail(opened: Installation, server: MailServer, is_stopping: Callable[[], bool]) -> None:
    send_due(opened.database, opened.committer.ring, server, now_ms(), is_stopping)
    send_mails(opened.database, server, now_ms(), is_stopping)


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
            LOG.error("timed act failed", tenant=tenant, change_request=number, reason=failure.message)


def _chores(config: Config, opened: Installation, stopping: threading.Event) -> None:
    with opened.database.writing_everywhere("chores") as connection:
        connection.execute(delete(IdempotencyRow).where(IdempotencyRow.created < now_ms() - IDEMPOTENCY_MS))
        drop_ended_logins(connection, now_ms())
        drop_old_deliveries(connection, now_ms() - config.notice_log_days * DAY_MS)
        drop_old_mails(connection, now_ms() - config.notice_log_days * DAY_MS)
        drop_old_compliance_days(connection, before_day=now_ms() // DAY_MS - MOST_DAYS)
        drop_old_runs(connection, received_before=now_ms() - config.report_retention_days * DAY_MS)
        buried = list_buried(connection)
    for tenant in buried:
        opened.git_writer.remove(tenant)
    for tenant in opened.tenants():
        if not stopping.is_set():
            delete_expired(opened, tenant, now_ms())
    for tenant in opened.tenants():
        if not stopping.is_set():
            _guarded("compliance", partial(measure_compliance, opened, tenant, now_ms()))
    for tenant in followed_heads(opened.database):
        if not stopping.is_set():
            opened.git_writer.maintain(tenant)


def _guarded(step: str, act: Callable[[], object]) -> None:
    try:
        act()
    except SternpostError as failure:
        LOG.error("background step failed", step=step, reason=failure.message)
    except Exception:  # noqa: BLE001  the loop outlives any step; it is logged and tried again
        LOG.exception("background step failed", step=step)
