"""Reading a tenant's log: rows as events, and the log as the git writer wants it."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import and_, bindparam, func, select

from app.core.canonical import canonical
from app.core.tenancy import FOUNDED
from app.store.db import Database
from app.store.format1 import ARCHIVES
from app.store.log import Event, Party, Private, ReviewTrail
from app.store.prepared import Prepared
from app.store.session import TENANT, AnyRow, TenantSession, scoped
from app.store.tables import EventRecord, Tenant

COLUMNS = tuple(EventRecord.__table__.c)

ONE = select(*COLUMNS).where(EventRecord.seq == bindparam("seq"))
OF_OBJECT = (
    select(*COLUMNS)
    .where(
        EventRecord.object_kind == bindparam("kind"),
        EventRecord.object_id == bindparam("id"),
        EventRecord.seq < bindparam("before"),
        EventRecord.commit_id.is_not(None),  # a refused attempt names the object too and did nothing to it
    )
    .order_by(EventRecord.seq.desc())
    .limit(bindparam("most"))
)
EVENTS_OF_OBJECT = Prepared(scoped(OF_OBJECT))
LAST_OF_COMMIT = select(func.max(EventRecord.seq)).where(EventRecord.commit_id == bindparam("commit"))
COMMITS_AFTER = (
    select(*COLUMNS)
    .where(EventRecord.seq > bindparam("seq"), EventRecord.commit_id.is_not(None))
    .order_by(EventRecord.seq)
    .limit(bindparam("most"))
)
ARCHIVED = (
    select(*COLUMNS)
    .where(
        EventRecord.type.in_(tuple(ARCHIVES)),
        EventRecord.seq > bindparam("after"),
        EventRecord.seq <= bindparam("until"),
    )
    .order_by(EventRecord.seq)
)
ARCHIVES_BEFORE = (
    select(*COLUMNS)
    .where(EventRecord.type == bindparam("type"), EventRecord.seq < bindparam("before"))
    .order_by(EventRecord.seq.desc())
    .limit(bindparam("most"))
)
ARCHIVE = (
    select(*COLUMNS)
    .where(EventRecord.type == bindparam("type"), EventRecord.object_id == bindparam("id"))
    .order_by(EventRecord.seq.desc())
    .limit(1)
)
_newest = (
    select(EventRecord.object_kind, EventRecord.object_id, func.max(EventRecord.seq).label("seq"))
    .where(
        EventRecord.tenant == TENANT,
        EventRecord.seq <= bindparam("seq"),
        EventRecord.commit_id.is_not(None),
        EventRecord.revision.is_not(None) | EventRecord.before.is_not(None),
    )
    .group_by(EventRecord.object_kind, EventRecord.object_id)
    .subquery()
)
DOCUMENTS_AT = (
    select(EventRecord.object_kind, EventRecord.object_id, EventRecord.after)
    .join(_newest, and_(EventRecord.seq == _newest.c.seq, EventRecord.tenant == TENANT))
    .where(EventRecord.after.is_not(None))
    .order_by(EventRecord.object_kind, EventRecord.object_id)
)


def event(row: Sequence[Any]) -> Event:
    """Read a row selected by `COLUMNS`; by position, because a history reads hundreds of them."""
    (
        tenant, seq, format_, time, type_, outcome, actor_handle, actor_id, actor_kind, credential, on_behalf_of,
        object_kind, object_id, object_name, revision, before, after, data, reason, request_id, change_request, _,
        commit, prev_hash, hash_, private_digest, salt, ip, name, user_agent,
    ) = row  # fmt: skip
    # By position, as above: names would cost as much again.
    return Event(
        tenant, seq, time, type_, _party(actor_handle, actor_id, actor_kind), credential,
        _party(**orjson.loads(on_behalf_of)) if on_behalf_of else None,
        object_kind, object_id, object_name, revision, before, after, data, reason, request_id,
        _trail(change_request) if change_request else None, outcome,
        None if salt is None else Private(salt=salt, ip=ip, name=name, user_agent=user_agent),
        private_digest, commit, prev_hash, hash_, format_,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _party(handle: str, id: str, kind: str) -> Party:  # noqa: A002  the log's name for it
    """Make an actor; most events of a history are of few."""
    return Party(handle, id, kind)


def row_of(event: Event) -> dict[str, object]:
    """Write an event as the row of `events`."""
    private, behalf, trail = event.private, event.on_behalf_of, event.change_request
    return {
        "tenant": event.tenant,
        "seq": event.seq,
        "format": event.format,
        "time": event.time,
        "type": event.type,
        "outcome": event.outcome,
        "actor_handle": event.actor.handle,
        "actor_id": event.actor.id,
        "actor_kind": event.actor.kind,
        "credential": event.credential,
        "on_behalf_of": _text({"handle": behalf.handle, "id": behalf.id, "kind": behalf.kind}) if behalf else None,
        "object_kind": event.object_kind,
        "object_id": event.object_id,
        "object_name": event.object_name,
        "revision": event.revision,
        "before": event.before,
        "after": event.after,
        "data": event.data,
        "reason": event.reason,
        "request_id": event.request_id,
        "change_request": _trail_text(trail) if trail else None,
        "change_request_id": trail.id if trail else None,
        "commit_id": event.commit,
        "prev_hash": event.prev_hash,
        "hash": event.hash,
        "private_digest": event.private_digest,
        "private_salt": private.salt if private else None,
        "private_ip": private.ip if private else None,
        "private_name": private.name if private else None,
        "private_user_agent": private.user_agent if private else None,
    }


class SqlLog:
    """The log of every tenant as the git writer follows it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self, tenant: str) -> tuple[str | None, int]:
        """Name the newest commit and the newest seq; (None, 0) for a tenant that does not exist."""
        with self._database.connect() as connection:
            row = connection.execute(select(Tenant.head, Tenant.seq).where(Tenant.id == tenant)).fetchone()
        return (None, 0) if row is None else (row.head, row.seq)

    def seq_of(self, tenant: str, commit: str) -> int | None:
        """Name the last seq of a commit; None when this tenant's log has no such commit."""
        row = self._find(tenant, LAST_OF_COMMIT, {"commit": commit})
        return None if row is None else row[0]

    def commits_after(self, tenant: str, seq: int, limit: int) -> list[tuple[Event, ...]]:
        """Read whole commits in order, about `limit` of them at most, at least one when there is one."""
        commits: list[list[Event]] = []
        after, complete = seq, False
        while not complete and len(commits) <= limit:
            rows = self._rows(tenant, COMMITS_AFTER, {"seq": after, "most": max(limit, 1) * 2})
            complete = len(rows) < max(limit, 1) * 2
            for row in rows:
                one = event(row)
                if commits and commits[-1][0].commit == one.commit:
                    commits[-1].append(one)
                else:
                    commits.append([one])
                after = one.seq
        whole = commits if complete else commits[:-1]
        return [tuple(one) for one in whole[:limit]]

    def archives(self, tenant: str, after: int, until: int) -> list[Event]:
        """Read the events of archives with seqs over `after` and up to `until`, in order."""
        return [event(row) for row in self._rows(tenant, ARCHIVED, {"after": after, "until": until})]

    def documents_at(self, tenant: str, seq: int) -> Iterator[tuple[str, str, str]]:
        """Read (kind, id, body) of every document as it was after event `seq`."""
        for row in self._rows(tenant, DOCUMENTS_AT, {"seq": seq}):
            yield row.object_kind, row.object_id, row.after

    def _rows(self, tenant: str, statement: Any, values: dict[str, object]) -> Sequence[AnyRow]:  # noqa: ANN401
        session = TenantSession(self._database, tenant)
        try:
            return session.rows(statement, values)
        finally:
            session.release()

    def _find(self, tenant: str, statement: Any, values: dict[str, object]) -> AnyRow | None:  # noqa: ANN401
        rows = self._rows(tenant, statement, values)
        return rows[0] if rows else None


def _text(value: Any) -> str:  # noqa: ANN401  a JSON value built here
    return canonical(value).decode()


def _trail_text(trail: ReviewTrail) -> str:
    return _text(
        {
            "approvedBy": list(trail.approved_by),
            "author": {"handle": trail.author_handle, "id": trail.author_id},
            "diffHash": trail.diff_hash,
            "id": trail.id,
        }
    )


def _trail(text: str | None) -> ReviewTrail | None:
    if not text:
        return None
    value = orjson.loads(text)
    author = value["author"]
    return ReviewTrail(value["id"], value["diffHash"], author["handle"], author["id"], tuple(value["approvedBy"]))


_untouched = (
    select(EventRecord.seq)
    .where(EventRecord.tenant == Tenant.id, EventRecord.seq == 1, EventRecord.commit_id == Tenant.head)
    .correlate(Tenant)
    .exists()
)
_FOLLOWED = select(Tenant.id, Tenant.head).where(Tenant.head.is_not(None), ~_untouched | Tenant.id.in_(FOUNDED))


def followed_heads(database: Database) -> dict[str, str]:
    """Give the head of every tenant whose repository is kept current; that of an untouched copy is made on demand."""
    with database.everywhere("heads that git follows") as connection:
        return {row.id: row.head for row in connection.execute(_FOLLOWED)}


def tenants_with_log(database: Database) -> Iterable[str]:
    """Name every tenant that has a commit."""
    with database.connect() as connection:
        return [
            row[0] for row in connection.execute(select(Tenant.id).where(Tenant.head.is_not(None)).order_by(Tenant.id))
        ]
