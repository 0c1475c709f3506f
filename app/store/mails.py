"""Rows of mails, and how far each follower of a tenant's log has read it."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from app.core.canonical import JSON, canonical
from app.core.tenancy import ACTIVE
from app.core.values import dataclass
from app.store.base import upsert
from app.store.events import COLUMNS, event
from app.store.log import Event
from app.store.notice_tables import LogCursorRow, MailRow
from app.store.session import scoped
from app.store.tables import EventRecord, Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail on its way; times are milliseconds, `recipients` are addresses under to, cc, bcc and reply_to."""

    tenant: str
    id: str
    seq: int
    recipients: Mapping[str, Sequence[str]] = field(default_factory=dict)
    subject: str
    text: str
    html: str = ""
    due: int | None
    attempts: int = 0
    sent: int | None = None
    fault: str | None = None
    created: int
    updated: int


# The worker serves all tenants: these two select across them.
_BEHIND: Final = (
    select(Tenant.id, func.coalesce(LogCursorRow.seq, 0), Tenant.seq)
    .outerjoin(LogCursorRow, and_(LogCursorRow.tenant == Tenant.id, LogCursorRow.follower == bindparam("follower")))
    .where(Tenant.state == ACTIVE, Tenant.seq > func.coalesce(LogCursorRow.seq, 0))
)
_DUE: Final = (
    select(*MailRow.__table__.c)
    .where(MailRow.due <= bindparam("now"))
    .order_by(MailRow.due, MailRow.tenant, MailRow.seq, MailRow.id)
    .limit(bindparam("most"))
)
_CURSOR: Final = scoped(select(LogCursorRow.seq).where(LogCursorRow.follower == bindparam("follower")))
_EVENTS: Final = scoped(
    select(*COLUMNS)
    .where(
        EventRecord.type.in_(bindparam("types", expanding=True)),
        EventRecord.seq > bindparam("after"),
        EventRecord.seq <= bindparam("until"),
    )
    .order_by(EventRecord.seq)
    .limit(bindparam("most"))
)


def tenants_behind(connection: Connection, follower: str) -> dict[str, tuple[int, int]]:
    """Give, for each open tenant whose log the follower has not read to its end, how far it is and the newest seq."""
    return {row[0]: (row[1], row[2]) for row in connection.execute(_BEHIND, {"follower": follower})}


def lock_cursor(connection: Connection, tenant: str, follower: str) -> int:
    """Read how far a follower is, and let no other go on from there until the end of the transaction."""
    row = {"tenant": tenant, "follower": follower, "seq": 0}
    connection.execute(upsert(connection, LogCursorRow).on_conflict_do_nothing(), [row])
    statement = _CURSOR if connection.dialect.name == "sqlite" else _CURSOR.with_for_update()
    return int(connection.execute(statement, {"tenant": tenant, "follower": follower}).scalar_one())


def move_cursor(connection: Connection, tenant: str, follower: str, seq: int) -> None:
    """Say that a follower is done with everything up to an event."""
    row = LogCursorRow
    connection.execute(update(row).where(row.tenant == tenant, row.follower == follower).values(seq=seq))


def events_of_types(
    connection: Connection, tenant: str, types: Sequence[str], after: int, until: int, most: int
) -> list[Event]:
    """Read events of some types with seqs over `after` and up to `until`, in order."""
    values = {"tenant": tenant, "types": list(types), "after": after, "until": until, "most": most}
    return [event(row) for row in connection.execute(_EVENTS, values)]


def insert_mail(connection: Connection, mail: Mail) -> None:
    """Add a mail that is to be sent."""
    addresses: dict[str, JSON] = {name: [*those] for name, those in mail.recipients.items()}
    values = {name: getattr(mail, name) for name in mail.__dataclass_fields__}
    connection.execute(insert(MailRow), [{**values, "recipients": canonical(addresses).decode()}])


def due_mails(connection: Connection, now_ms: int, most: int) -> list[Mail]:
    """Read what is to be sent now, in all tenants, the longest due first."""
    return [_mail(row) for row in connection.execute(_DUE, {"now": now_ms, "most": most})]


def claim_mail(connection: Connection, mail: Mail, now_ms: int, until_ms: int) -> bool:
    """Take one for this worker until the time given; False when another took it."""
    row = MailRow
    done = connection.execute(
        update(row)
        .where(row.tenant == mail.tenant, row.id == mail.id, row.due == mail.due)
        .values(due=until_ms, attempts=mail.attempts + 1, updated=now_ms)
    )
    return done.rowcount == 1


def update_mail(connection: Connection, mail: Mail, **values: object) -> None:
    """Set some columns of a mail."""
    row = MailRow
    connection.execute(update(row).where(row.tenant == mail.tenant, row.id == mail.id).values(**values))


def drop_old_mails(connection: Connection, before_ms: int) -> None:
    """Forget the mails that were sent, or given up, before a time, in all tenants."""
    connection.execute(delete(MailRow).where(MailRow.updated < before_ms, MailRow.due.is_(None)))


def _mail(row: Any) -> Mail:  # noqa: ANN401  rows have no common type
    one = Mail(**row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    return replace(one, recipients=orjson.loads(str(row.recipients)))
