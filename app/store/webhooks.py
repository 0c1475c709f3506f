"""Rows of webhooks and of their deliveries: what is due, who is at it, and how it ended."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, or_, select, update

from app.core.canonical import canonical
from app.core.tenancy import ACTIVE
from app.core.values import dataclass
from app.store.notice_tables import DeliveryRow, WebhookRow
from app.store.session import TenantSession, scoped
from app.store.tables import EventRecord, Tenant

DeliveryState = Literal["waiting", "sending", "retrying", "delivered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A target; times are milliseconds, `types` are those that it is told of (empty: all), see `WebhookRow`."""

    tenant: str
    id: str
    name: str
    url: str
    types: tuple[str, ...] = ()
    enabled: bool = True
    secret: bytes
    secret_key: str
    former: bytes | None = None
    former_key: str | None = None
    former_until: int | None = None
    cursor: int
    due: int = 0
    lease: int = 0
    attempts: int = 0
    failing_since: int | None = None
    fault: str | None = None
    created: int
    updated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one webhook; times are milliseconds."""

    tenant: str
    id: str
    webhook: str
    seq: int
    type: str
    by_hand: bool = False
    state: DeliveryState
    attempts: int = 0
    status: int | None = None
    fault: str | None = None
    took_ms: int | None = None
    due: int | None = None
    created: int
    updated: int


_WEBHOOKS = select(*WebhookRow.__table__.c)
_ALL: Final = _WEBHOOKS.order_by(WebhookRow.id)
_ONE: Final = _WEBHOOKS.where(WebhookRow.id == bindparam("id"))
_NEWEST: Final = select(Tenant.seq).where(Tenant.id == bindparam("tenant"))
_COUNT: Final = scoped(select(func.count(WebhookRow.id)))
_DELIVERIES = select(*DeliveryRow.__table__.c).where(DeliveryRow.webhook == bindparam("webhook"))
_PAGE: Final = (
    _DELIVERIES.where(DeliveryRow.id < bindparam("before")).order_by(DeliveryRow.id.desc()).limit(bindparam("most"))
)
_DELIVERY: Final = _DELIVERIES.where(DeliveryRow.id == bindparam("id"))
_UNDER_WAY: Final = scoped(
    _DELIVERIES.where(
        DeliveryRow.seq == bindparam("seq"),
        DeliveryRow.by_hand.is_(False),
        DeliveryRow.state.in_(("sending", "retrying")),
    )
)
_BY_HAND: Final = scoped(
    _DELIVERIES.where(DeliveryRow.due <= bindparam("now")).order_by(DeliveryRow.due, DeliveryRow.id).limit(1)
)
_NEXT = select(EventRecord.seq, EventRecord.type).where(EventRecord.seq > bindparam("seq"))
_NEXT_OF_ALL: Final = scoped(_NEXT.order_by(EventRecord.seq).limit(1))
_NEXT_OF_SOME: Final = scoped(
    _NEXT.where(EventRecord.type.in_(bindparam("types", expanding=True))).order_by(EventRecord.seq).limit(1)
)
# The worker serves all tenants: this one selects across them.
_waiting_by_hand = exists().where(
    DeliveryRow.tenant == WebhookRow.tenant,
    DeliveryRow.webhook == WebhookRow.id,
    DeliveryRow.due <= bindparam("now"),
)
_DUE: Final = (
    select(WebhookRow.tenant, WebhookRow.id)
    .join(Tenant, Tenant.id == WebhookRow.tenant)
    .where(
        WebhookRow.enabled,
        WebhookRow.lease <= bindparam("now"),
        Tenant.state == ACTIVE,
        or_(and_(WebhookRow.due <= bindparam("now"), WebhookRow.cursor < Tenant.seq), _waiting_by_hand),
    )
    .order_by(WebhookRow.due, WebhookRow.tenant, WebhookRow.id)
    .limit(bindparam("most"))
)


def secret_tag(webhook_id: str) -> str:
    """Name what a webhook's secret is sealed for."""
    return f"webhook:{webhook_id}"


def list_webhooks(session: TenantSession) -> list[Webhook]:
    """Read every webhook, by id."""
    return [_webhook(row) for row in session.rows(_ALL)]


def find_webhook(session: TenantSession, webhook_id: str) -> Webhook | None:
    """Read one webhook."""
    row = session.find(_ONE, {"id": webhook_id})
    return None if row is None else _webhook(row)


def lock_webhook(connection: Connection, tenant: str, webhook_id: str) -> Webhook | None:
    """Read a webhook inside a transaction, and keep others from changing it until the end."""
    statement = scoped(_ONE)
    if connection.dialect.name != "sqlite":
        statement = statement.with_for_update()
    row = connection.execute(statement, {"tenant": tenant, "id": webhook_id}).fetchone()
    return None if row is None else _webhook(row)


def count_webhooks(connection: Connection, tenant: str) -> int:
    """Count the webhooks of a tenant."""
    return int(connection.execute(_COUNT, {"tenant": tenant}).scalar_one())


def insert_webhook(connection: Connection, webhook: Webhook) -> None:
    """Add a webhook."""
    connection.execute(insert(WebhookRow), [_row(webhook)])


def update_webhook(connection: Connection, webhook: Webhook) -> None:
    """Replace a webhook's row."""
    row = WebhookRow
    connection.execute(update(row).where(row.tenant == webhook.tenant, row.id == webhook.id).values(**_row(webhook)))


def delete_webhook(connection: Connection, tenant: str, webhook_id: str) -> None:
    """Drop a webhook and the log of its deliveries."""
    connection.execute(delete(WebhookRow).where(WebhookRow.tenant == tenant, WebhookRow.id == webhook_id))


def due_webhooks(connection: Connection, now_ms: int, most: int) -> list[tuple[str, str]]:
    """Name (tenant, id) of those that have something to be told, in all open tenants, the longest due first."""
    return [(row[0], row[1]) for row in connection.execute(_DUE, {"now": now_ms, "most": most})]


def claim_webhook(connection: Connection, tenant: str, webhook_id: str, now_ms: int, until_ms: int) -> bool:
    """Take one for this worker until the time given; False when another is at it."""
    row = WebhookRow
    done = connection.execute(
        update(row)
        .where(row.tenant == tenant, row.id == webhook_id, row.enabled, row.lease <= now_ms)
        .values(lease=until_ms)
    )
    return done.rowcount == 1


def next_event(connection: Connection, webhook: Webhook) -> tuple[int, str] | None:
    """Give (seq, type) of the event that the webhook is to be told of next."""
    values: dict[str, object] = {"tenant": webhook.tenant, "seq": webhook.cursor}
    if webhook.types:
        row = connection.execute(_NEXT_OF_SOME, {**values, "types": list(webhook.types)}).fetchone()
    else:
        row = connection.execute(_NEXT_OF_ALL, values).fetchone()
    return None if row is None else (row[0], row[1])


def newest_seq(connection: Connection, tenant: str) -> int:
    """Give the seq of the newest event."""
    return int(connection.execute(_NEWEST, {"tenant": tenant}).scalar_one())


def list_deliveries(session: TenantSession, webhook_id: str, *, before: str, most: int) -> list[Delivery]:
    """Read a page of the log of deliveries, newest first."""
    rows = session.rows(_PAGE, {"webhook": webhook_id, "before": before, "most": most})
    return [_delivery(row) for row in rows]


def find_delivery(connection: Connection, tenant: str, webhook_id: str, delivery_id: str) -> Delivery | None:
    """Read one delivery."""
    values = {"tenant": tenant, "webhook": webhook_id, "id": delivery_id}
    row = connection.execute(scoped(_DELIVERY), values).fetchone()
    return None if row is None else _delivery(row)


def find_under_way(connection: Connection, webhook: Webhook, seq: int) -> Delivery | None:
    """Read the delivery of an event that was begun and has not ended."""
    values = {"tenant": webhook.tenant, "webhook": webhook.id, "seq": seq}
    row = connection.execute(_UNDER_WAY, values).fetchone()
    return None if row is None else _delivery(row)


def find_by_hand(connection: Connection, webhook: Webhook, now_ms: int) -> Delivery | None:
    """Read the delivery that was asked for by hand and is due first."""
    values = {"tenant": webhook.tenant, "webhook": webhook.id, "now": now_ms}
    row = connection.execute(_BY_HAND, values).fetchone()
    return None if row is None else _delivery(row)


def insert_delivery(connection: Connection, delivery: Delivery) -> None:
    """Add a delivery."""
    connection.execute(insert(DeliveryRow), [_values(delivery)])


def update_delivery(connection: Connection, delivery: Delivery) -> None:
    """Replace a delivery's row."""
    row = DeliveryRow
    connection.execute(
        update(row).where(row.tenant == delivery.tenant, row.id == delivery.id).values(**_values(delivery))
    )


def end_under_way(connection: Connection, tenant: str, webhook_id: str, fault: str, now_ms: int) -> None:
    """End the deliveries that the log no longer asks for."""
    row = DeliveryRow
    of_log = (row.by_hand.is_(False), row.state.in_(("sending", "retrying")))
    connection.execute(
        update(row)
        .where(row.tenant == tenant, row.webhook == webhook_id, *of_log)
        .values(state="failed", fault=fault, updated=now_ms)
    )


def drop_old_deliveries(connection: Connection, before_ms: int) -> None:
    """Forget the deliveries that ended before a time, in all tenants."""
    row = DeliveryRow
    connection.execute(delete(row).where(row.updated < before_ms, row.state.in_(("delivered", "failed"))))


def _webhook(row: Sequence[Any]) -> Webhook:
    one = Webhook(**dict(zip(_NAMES, row, strict=True)))
    return replace(one, types=tuple(orjson.loads(str(row[_NAMES.index("types")]))))


def _row(webhook: Webhook) -> dict[str, object]:
    return {**_values(webhook), "types": canonical([*webhook.types]).decode()}


def _delivery(row: Any) -> Delivery:  # noqa: ANN401  rows have no common type
    return Delivery(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it


def _values(one: Webhook | Delivery) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


_NAMES: Final = tuple(column.name for column in WebhookRow.__table__.c)
