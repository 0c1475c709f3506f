"""What can be done to webhooks; telling them of events is the worker's business (`app/notify`)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.recording import Fact
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import now_ms, rfc3339
from app.core.errors import AlreadyExistsError, ConflictError, InvalidError, NotFoundError
from app.core.ids import new_id
from app.notify.deliveries import KIND, new_delivery_id
from app.notify.signing import new_secret
from app.store import webhooks as store
from app.store.webhooks import Delivery, Webhook, secret_tag

MOST: Final = 20
RESERVED: Final = "search"
MOST_TYPES: Final = 100
BOTH_SECRETS_MS: Final = 86_400_000
"""So long after a rotation messages are signed with the former secret too."""
_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,99}")


def list_webhooks(work: Work) -> list[Document]:
    """Show every webhook, by id."""
    return [_json(one) for one in store.list_webhooks(work.session)]


def get_webhook(work: Work, webhook_id: str) -> Document:
    """Show a webhook.

    Raises:
        NotFoundError: there is none.
    """
    found = store.find_webhook(work.session, webhook_id)
    if found is None:
        raise _missing(webhook_id)
    return _json(found)


def create_webhook(work: Work, fields: Mapping[str, JSON]) -> Document:
    """Make a webhook, whose first message is of its own creation; its secret is shown this once.

    Raises:
        AlreadyExistsError: the id is another webhook's.
        InvalidError: the id is that of a path, the URL may not be called, or a type cannot be one.
        ConflictError: there are too many.
    """
    webhook_id, clear = str(fields.get("id") or new_id()), new_secret()
    if webhook_id == RESERVED:
        text = f"Webhook id '{RESERVED}' is reserved, because a path of the API has that name; choose another id"
        raise InvalidError(text, fields={"id": [text]})

    def act(connection: Connection, now: int) -> Deed:
        if store.lock_webhook(connection, work.ctx.tenant, webhook_id) is not None:
            raise AlreadyExistsError(
                f"Webhook '{webhook_id}' already exists; choose another id, or change it with POST"
            )
        if store.count_webhooks(connection, work.ctx.tenant) >= MOST:
            raise ConflictError(f"There are {MOST} webhooks already; delete one first")
        sealed, key_id = work.committer.ring.seal(work.ctx.tenant, secret_tag(webhook_id), clear)
        blank = Webhook(
            tenant=work.ctx.tenant, id=webhook_id, name="", url="", secret=sealed, secret_key=key_id,
            cursor=store.newest_seq(connection, work.ctx.tenant), created=now, updated=now,
        )  # fmt: skip
        webhook = _edited(work, blank, fields)
        store.insert_webhook(connection, webhook)
        return _deed("WebhookAdded", webhook, {"types": [*webhook.types]}, secret=clear)

    return work.operate(act)


def update_webhook(work: Work, webhook_id: str, fields: Mapping[str, JSON]) -> Document:
    """Change a webhook; one that was switched off goes on where it stood in the log.

    Raises:
        NotFoundError: there is none.
        InvalidError: the URL may not be called, or a type cannot be one.
    """
    clear = new_secret() if fields.get("rotateSecret") is True else None

    def act(connection: Connection, now: int) -> Deed:
        before = _locked(connection, work, webhook_id)
        after = _edited(work, before, fields)
        if clear is not None:
            after = _with_secret(work, after, clear, now)
        if after == before:
            return Deed(facts=(), answer=_json(before), id=before.id)
        # Whoever is at it works with what was: what comes of that is not written down, and the event is sent again.
        after = replace(after, updated=now, lease=0, due=0, attempts=0, failing_since=None, fault=None)
        store.update_webhook(connection, after)
        if after.types != before.types:
            store.end_under_way(connection, after.tenant, after.id, "the types were changed meanwhile", now)
        changed = [
            name for name in ("name", "url", "types", "enabled") if getattr(before, name) != getattr(after, name)
        ]
        paths: list[JSON] = [f"/{name}" for name in (*changed, *(("secret",) if clear is not None else ()))]
        return _deed("WebhookModified", after, {"paths": paths}, secret=clear)

    return work.operate(act)


def delete_webhook(work: Work, webhook_id: str) -> Document:
    """Drop a webhook with the log of its deliveries, and show it a last time.

    Raises:
        NotFoundError: there is none.
    """

    def act(connection: Connection, _now: int) -> Deed:
        webhook = _locked(connection, work, webhook_id)
        store.delete_webhook(connection, webhook.tenant, webhook.id)
        return _deed("WebhookDeleted", webhook, None)

    return work.operate(act)


def list_deliveries(work: Work, webhook_id: str, *, before: str, most: int) -> list[Document]:
    """Show a page of what was sent, newest first, with ids under `before`.

    Raises:
        NotFoundError: there is no such webhook.
    """
    get_webhook(work, webhook_id)
    return [_delivery_json(one) for one in store.list_deliveries(work.session, webhook_id, before=before, most=most)]


def redeliver(work: Work, webhook_id: str, delivery_id: str) -> Document:
    """Send the event of a delivery once more, now, whatever its order; the new delivery is shown.

    Raises:
        NotFoundError: there is no such webhook or delivery.
        ConflictError: the webhook is switched off.
    """

    def act(connection: Connection, _now: int) -> Deed:
        webhook, now = _locked(connection, work, webhook_id), now_ms()
        old = store.find_delivery(connection, work.ctx.tenant, webhook_id, delivery_id)
        if old is None:
            raise NotFoundError(
                f"Delivery '{delivery_id[:80]}' was not found; GET /webhooks/{webhook_id}/deliveries lists what is kept"
            )
        if not webhook.enabled:
            raise ConflictError(f"Webhook '{webhook_id}' is switched off; switch it on first (\"enabled\": true)")
        again = Delivery(
            tenant=webhook.tenant, id=new_delivery_id(now, old.seq), webhook=webhook.id, seq=old.seq, type=old.type,
            by_hand=True, state="waiting", due=now, created=now, updated=now,
        )  # fmt: skip
        store.insert_delivery(connection, again)
        fact = Fact(type="WebhookRedelivered", kind=KIND, id=webhook.id, name=webhook.name, data={"seq": old.seq})
        return Deed(facts=(fact,), answer=_delivery_json(again), id=again.id)

    return work.operate(act)


def _locked(connection: Connection, work: Work, webhook_id: str) -> Webhook:
    found = store.lock_webhook(connection, work.ctx.tenant, webhook_id)
    if found is None:
        raise _missing(webhook_id)
    return found


def _edited(work: Work, webhook: Webhook, fields: Mapping[str, JSON]) -> Webhook:
    types = fields.get("types")
    return replace(
        webhook,
        name=str(fields.get("name", webhook.name)),
        url=work.terms.reach.check(str(fields["url"])) if "url" in fields else webhook.url,
        types=_checked_types(types) if isinstance(types, list) else webhook.types,
        enabled=bool(fields.get("enabled", webhook.enabled)),
    )


def _checked_types(types: list[JSON]) -> tuple[str, ...]:
    """Take what can be a type; which ones there are grows with every version, so they are not compared with a list."""
    wrong = [str(one)[:60] for one in types if not _TYPE.fullmatch(str(one))]
    if wrong:
        text = f"{', '.join(map(repr, wrong))} is no event type; write them as GET /events does, such as RuleModified"
        raise InvalidError(text, fields={"types": [text]})
    if len(types) > MOST_TYPES:
        text = f"{len(types)} types are too many; name at most {MOST_TYPES}, or none for all"
        raise InvalidError(text, fields={"types": [text]})
    return tuple(map(str, types))


def _with_secret(work: Work, webhook: Webhook, clear: str, now: int) -> Webhook:
    sealed, key_id = work.committer.ring.seal(webhook.tenant, secret_tag(webhook.id), clear)
    return replace(
        webhook,
        secret=sealed,
        secret_key=key_id,
        former=webhook.secret,
        former_key=webhook.secret_key,
        former_until=now + BOTH_SECRETS_MS,
    )


def _json(one: Webhook) -> Document:
    failing = one.enabled and one.failing_since is not None
    return {
        "id": one.id,
        "name": one.name,
        "url": one.url,
        "types": [*one.types],
        "enabled": one.enabled,
        "state": "disabled" if not one.enabled else "failing" if failing else "active",
        "failingSince": None if one.failing_since is None else rfc3339(one.failing_since),
        "fault": one.fault,
        "nextAttemptAt": rfc3339(one.due) if failing else None,
        "lastSeq": one.cursor,
        "createdAt": rfc3339(one.created),
        "updatedAt": rfc3339(one.updated),
    }


def _delivery_json(one: Delivery) -> Document:
    return {
        "id": one.id,
        "seq": one.seq,
        "type": one.type,
        "state": one.state,
        "byHand": one.by_hand,
        "attempts": one.attempts,
        "status": one.status,
        "fault": one.fault,
        "tookMs": one.took_ms,
        "createdAt": rfc3339(one.created),
        "updatedAt": rfc3339(one.updated),
    }


def _missing(webhook_id: str) -> NotFoundError:
    return NotFoundError(f"Webhook '{webhook_id[:80]}' was not found; GET /webhooks lists those that exist")


def _deed(happening: str, webhook: Webhook, data: Document | None, *, secret: str | None = None) -> Deed:
    """Log it without the URL, which may hold a password of the target's."""
    facts = (Fact(type=happening, kind=KIND, id=webhook.id, name=webhook.name, data=data),)
    shown = _json(webhook)
    if secret is not None:
        shown["secret"] = secret
    return Deed(facts=facts, answer=shown, id=webhook.id, once=secret is not None)
