"""Telling webhooks of events: in the order of the log, each until it was taken, at least once.

A webhook has a cursor over its tenant's log and at most one worker at a time, which holds a lease on its row. What is
about to be sent is written down first, what came of it afterwards, each in a transaction of its own: after a crash in
between, the lease runs out and the same event is sent again under the same `webhook-id`.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.changes.committer import Committer
from app.changes.operating import Deed
from app.changes.recording import Fact
from app.core.clock import now_ms
from app.core.context import Context
from app.core.errors import NotFoundError
from app.core.faults import fault_point
from app.core.logs import LOG
from app.core.values import dataclass
from app.notify.posting import Poster, Told
from app.notify.signing import signed_headers
from app.store import webhooks as store
from app.store.db import Database
from app.store.secrets import KeyRing
from app.store.webhooks import Delivery, Webhook, secret_tag

LEASE_MS: Final = 120_000
"""A worker that is not heard of for so long has died; far longer than a name is looked up and a call may take."""
RETRIES_S: Final = (5, 30, 120, 600, 1800)
LONGEST_RETRY_S: Final = 3600
GIVE_UP_MS: Final = 5 * 86_400_000
AT_ONCE: Final = 100
"""Events for one webhook before others may have the thread."""
AGENT: Final = "Sternpost-Webhook/1"
KIND: Final = "webhook"

EventBody = Callable[[str, int], bytes]
"""`(tenant, seq) -> JSON`: the event as `GET /events/{seq}` shows it."""


def retry_after_ms(attempts: int) -> int:
    """Wait longer after each failure in a row, an hour at most."""
    return 1000 * (RETRIES_S[attempts - 1] if attempts <= len(RETRIES_S) else LONGEST_RETRY_S)


def new_delivery_id(now: int, seq: int) -> str:
    """Make an id that sorts by time, and within a moment by event."""
    return f"{now:013d}-{seq:010d}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """Works one webhook off; safe in several threads and processes, each at another webhook."""

    database: Database
    ring: KeyRing
    committer: Committer
    event_body: EventBody
    poster: Poster
    clock: Callable[[], int] = now_ms
    is_stopping: Callable[[], bool] = lambda: False

    def serve(self, tenant: str, webhook_id: str) -> int:
        """Tell a webhook what it is to be told now, and say how often it was called."""
        lease = self.clock() + LEASE_MS
        with self.database.writing(tenant) as connection:
            if not store.claim_webhook(connection, tenant, webhook_id, self.clock(), lease):
                return 0
        called, goes_on = 0, True
        while goes_on and called < AT_ONCE and not self.is_stopping():
            begun = self._begin(tenant, webhook_id, lease)
            if begun is None:
                return called
            webhook, delivery, lease = begun
            fault_point("webhook.begun")
            told = self._call(webhook, delivery)
            called += 1
            fault_point("webhook.called")
            goes_on = self._finish(webhook, delivery, told, lease)
        self._give_back(tenant, webhook_id, lease)
        return called

    def _begin(self, tenant: str, webhook_id: str, lease: int) -> tuple[Webhook, Delivery, int] | None:
        """Write down what is sent next; None when there is nothing, or the webhook is another worker's by now."""
        now = self.clock()
        with self.database.writing(tenant) as connection:
            webhook = store.lock_webhook(connection, tenant, webhook_id)
            if webhook is None or webhook.lease != lease:
                return None
            # Read before what is next: an event that is logged in between is left for the next time, not passed over.
            newest = store.newest_seq(connection, tenant)
            delivery = _next(connection, webhook, now) if webhook.enabled else None
            if delivery is None:
                cursor = max(webhook.cursor, newest) if webhook.enabled and webhook.due <= now else webhook.cursor
                store.update_webhook(connection, replace(webhook, cursor=cursor, lease=0))
                return None
            held = replace(webhook, lease=max(now + LEASE_MS, lease + 1))
            store.update_webhook(connection, held)
            store.update_delivery(connection, delivery)
        return held, delivery, held.lease

    def _call(self, webhook: Webhook, delivery: Delivery) -> Told:
        try:
            body = self.event_body(webhook.tenant, delivery.seq)
        except NotFoundError:
            return Told(None, "the event was retired meanwhile")
        now = self.clock()
        # The event's own id, however often it is sent and to whomever: that is what receivers know it by.
        signed = signed_headers(f"{webhook.tenant}:{delivery.seq}", now // 1000, body, self._secrets(webhook, now))
        return self.poster.post(webhook.url, body, {"Content-Type": "application/json", "User-Agent": AGENT, **signed})

    def _secrets(self, webhook: Webhook, now: int) -> list[str]:
        tag = secret_tag(webhook.id)
        sealed = [(webhook.secret, webhook.secret_key)]
        if webhook.former is not None and webhook.former_key is not None and (webhook.former_until or 0) > now:
            sealed.append((webhook.former, webhook.former_key))
        return [str(self.ring.unseal(webhook.tenant, tag, text, key)) for text, key in sealed]

    def _finish(self, webhook: Webhook, delivery: Delivery, told: Told, lease: int) -> bool:
        """Write down what came of it; True lets the next one go."""
        now = self.clock()
        with self.database.writing(webhook.tenant) as connection:
            present = store.lock_webhook(connection, webhook.tenant, webhook.id)
            if present is None or present.lease != lease:
                return False
            after, ended = _ended(present, delivery, told, now)
            store.update_webhook(connection, after)
            store.update_delivery(connection, ended)
        if told.fault is None:
            return True
        LOG.warning("webhook not told", tenant=webhook.tenant, webhook=webhook.id, seq=delivery.seq, reason=told.fault)
        since = after.failing_since
        if told.is_gone or (since is not None and now - since >= GIVE_UP_MS):
            self._switch_off(after, told)
        return delivery.by_hand

    def _switch_off(self, webhook: Webhook, told: Told) -> None:
        """Stop calling a target that wants no more or failed for days, and log that; its place in the log is kept."""

        def act(connection: Connection, now: int) -> Deed:
            present = store.lock_webhook(connection, webhook.tenant, webhook.id)
            if present is None or not present.enabled:
                return Deed(facts=(), answer={})
            store.update_webhook(connection, replace(present, enabled=False, lease=0, updated=now))
            fact = Fact(
                type="WebhookDisabled", kind=KIND, id=webhook.id, name=webhook.name,
                data={"reason": told.fault, "lastSeq": present.cursor}, outcome="failed",
            )  # fmt: skip
            return Deed(facts=(fact,), answer={})

        why = "The target wants nothing more" if told.is_gone else "The target failed for five days"
        self.committer.operate(Context.system(webhook.tenant, why), act)

    def _give_back(self, tenant: str, webhook_id: str, lease: int) -> None:
        with self.database.writing(tenant) as connection:
            webhook = store.lock_webhook(connection, tenant, webhook_id)
            if webhook is not None and webhook.lease == lease:
                store.update_webhook(connection, replace(webhook, lease=0))


def _next(connection: Connection, webhook: Webhook, now: int) -> Delivery | None:
    """Choose what is sent next: what was asked for by hand, else what the log says."""
    asked = store.find_by_hand(connection, webhook, now)
    if asked is not None:
        # Due again only if nothing is heard of this try.
        return replace(asked, state="sending", attempts=asked.attempts + 1, due=now + LEASE_MS, updated=now)
    event = store.next_event(connection, webhook) if webhook.due <= now else None
    if event is None:
        return None
    seq, happening = event
    begun = store.find_under_way(connection, webhook, seq)
    if begun is None:
        begun = Delivery(
            tenant=webhook.tenant, id=new_delivery_id(now, seq), webhook=webhook.id, seq=seq, type=happening,
            state="sending", created=now, updated=now,
        )  # fmt: skip
        store.insert_delivery(connection, begun)
    return replace(begun, state="sending", attempts=begun.attempts + 1, updated=now)


def _ended(webhook: Webhook, delivery: Delivery, told: Told, now: int) -> tuple[Webhook, Delivery]:
    """Say how webhook and delivery stand after a call."""
    tried = replace(delivery, status=told.status, fault=told.fault, took_ms=told.took_ms, due=None, updated=now)
    if told.fault is None:
        working = replace(webhook, attempts=0, failing_since=None, fault=None, due=0)
        # By hand something old may be sent; where the webhook stands in the log does not move by it.
        moved = webhook if delivery.by_hand else replace(working, cursor=max(webhook.cursor, delivery.seq))
        return moved, replace(tried, state="delivered")
    if delivery.by_hand:
        return webhook, replace(tried, state="failed")
    attempts = webhook.attempts + 1
    failing = replace(
        webhook,
        attempts=attempts,
        fault=told.fault,
        failing_since=webhook.failing_since or now,
        due=now + max(retry_after_ms(attempts), told.retry_after_s * 1000),
    )
    return failing, replace(tried, state="retrying")
