"""Archives of a tenant's configuration: one event each, which names the head of that moment."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.recording import Fact
from app.changes.work import Work
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.values import dataclass
from app.store.events import ARCHIVE, ARCHIVES_BEFORE, event
from app.store.format1 import ARCHIVES, FOLDERS, json_object
from app.store.log import Event
from app.store.session import TenantSession, scoped
from app.store.writes import lock_tenant

NEWEST = 1 << 62
SHOWN = 100
"""Archives that a refusal lists."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FORM = "%Y-%m-%d_%H-%M-%S.%f"
_ID = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2}\.[0-9]{3}")
_NEWEST_OF_TYPE = scoped(ARCHIVES_BEFORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one sort of archive covers: the kinds of document that a restore brings back and a zip holds.

    `name` is the one in URLs; `exported` and `imported` are the types of its events.
    """

    name: str
    exported: str
    imported: str
    kinds: tuple[str, ...]

    @property
    def folders(self) -> list[str]:
        """The folders of these kinds in git."""
        return [FOLDERS[kind] for kind in self.kinds]


SCOPES: Mapping[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope(name="groups", exported="ExportGroups", imported="ImportGroups", kinds=("group", "groupCategory")),
        Scope(
            name="directives",
            exported="ExportTechniqueLibrary",
            imported="ImportTechniqueLibrary",
            kinds=("directive", "technique"),
        ),
        Scope(name="rules", exported="ExportRules", imported="ImportRules", kinds=("rule", "ruleCategory")),
        Scope(name="parameters", exported="ExportParameters", imported="ImportParameters", kinds=("parameter",)),
        Scope(name="full", exported="ExportFullArchive", imported="ImportFullArchive", kinds=tuple(FOLDERS)),
    )
}


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive: its id, who made it, and the commit that it names."""

    id: str
    committer: str
    commit: str


def create_archive(work: Work, scope: Scope) -> Archive:
    """Log an archive of the tenant's head; two of one sort in one millisecond get ids one after the other.

    Raises:
        ConflictError: the tenant has no commit yet.
    """

    def act(connection: Connection, now: int) -> Deed:
        head = lock_tenant(connection, work.ctx.tenant)
        if head is None or head.head is None:
            raise ConflictError("There is nothing to archive yet: this tenant has no commit")
        values = {"tenant": work.ctx.tenant, "type": scope.exported, "before": NEWEST, "most": 1}
        last = connection.execute(_NEWEST_OF_TYPE, values).fetchone()
        archive_id = _next_id(now, None if last is None else event(last))
        tag = _tag(scope, archive_id)
        fact = Fact(type=scope.exported, kind="archive", id=tag, name=tag, data={"commit": head.head, "id": archive_id})
        return Deed(facts=(fact,), answer={"commit": head.head, "id": archive_id, "committer": work.ctx.actor.handle})

    made = work.operate(act)
    return Archive(str(made["id"]), str(made["committer"]), str(made["commit"]))


def list_archives(session: TenantSession, scope: Scope, *, before: str = "", most: int | None = None) -> list[Archive]:
    """List archives, newest first; only those with ids under `before` where one is given, at most `most`."""
    seq = NEWEST
    if before:
        known = session.find(ARCHIVE, {"type": scope.exported, "id": _tag(scope, before)})
        seq = event(known).seq if known is not None else 0
    rows = session.rows(ARCHIVES_BEFORE, {"type": scope.exported, "before": seq, "most": most or NEWEST})
    return [_archive(event(row)) for row in rows]


def newest_archive(session: TenantSession, scope: Scope) -> Archive:
    """Give the newest archive.

    Raises:
        NotFoundError: there is none.
    """
    newest = list_archives(session, scope, most=1)
    if not newest:
        raise _none(scope)
    return newest[0]


def get_archive(session: TenantSession, scope: Scope, archive_id: str) -> Archive:
    """Find an archive by the id that lists show.

    Raises:
        InvalidError: this cannot be an id.
        NotFoundError: there is no such archive; the message lists those that are.
    """
    if not _is_id(archive_id):
        rudder = f"The given archive id is not a valid archive tag: {archive_id}"
        text = f"{rudder[:200]}; ids look like 2026-01-31_12-00-00.000, GET /system/archives/{scope.name} lists them"
        raise InvalidError(text, fields={"tag": [text]}, rudder=rudder)
    row = session.find(ARCHIVE, {"type": scope.exported, "id": _tag(scope, archive_id)})
    if row is not None:
        return _archive(event(row))
    known = [one.id for one in list_archives(session, scope, most=SHOWN + 1)]
    if not known:
        raise _none(scope)
    listed = ", ".join(known[:SHOWN]) + (" and older ones" if len(known) > SHOWN else "")
    raise NotFoundError(f"The archive with tag '{archive_id}' is not available. Available archives: {listed}")


def archive_date(archive_id: str) -> str:
    """Write the moment of an archive as lists show it: `2026-03-01T080000Z`."""
    day, clock = archive_id.partition(".")[0].split("_")
    return f"{day}T{clock.replace('-', '')}Z"


def _none(scope: Scope) -> NotFoundError:
    text = "No archive is available"
    return NotFoundError(f"{text}; POST /system/archives/{scope.name} makes one", rudder=text)


def _next_id(now: int, last: Event | None) -> str:
    if last is not None:
        moment = datetime.strptime(str(json_object(last.data)["id"]), _FORM).replace(tzinfo=UTC)
        now = max(now, (moment - _EPOCH) // _MILLISECOND + 1)
    return (_EPOCH + now * _MILLISECOND).strftime(_FORM)[:-3]


def _is_id(text: str) -> bool:
    if not _ID.fullmatch(text):
        return False
    try:
        datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def _tag(scope: Scope, archive_id: str) -> str:
    return f"archives/{ARCHIVES[scope.exported][0]}/{archive_id}"


def _archive(one: Event) -> Archive:
    data = json_object(one.data)
    return Archive(str(data["id"]), one.actor.handle, str(data["commit"]))
