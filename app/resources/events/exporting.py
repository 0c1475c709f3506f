"""Exports of the log: every event that the filters let through, streamed, and a signed manifest at the end."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from app.changes.recording import Fact
from app.changes.work import Work
from app.core.canonical import JSON, Document, canonical
from app.core.clock import rfc3339
from app.core.values import dataclass
from app.http.endpoint import TEXT, Answer, Endpoint, Given
from app.http.envelope import dump
from app.http.versions import Lifespan
from app.resources.events import service
from app.resources.events.rows import event_row, export_line
from app.resources.events.schema import ExportQuery
from app.store.checkpoints import Checkpoint, Standing, checkpoint, sign_document
from app.store.log import Event

FORMAT: Final = 1
AT_ONCE: Final = 200
MOST_GAPS: Final = 1000
"""Gaps that a manifest lists; it counts them all."""
TYPES: Final = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}

COLUMNS: Final = (
    *("seq", "time", "type", "outcome", "actorId", "actorKind", "actorHandle", "actorName", "credentialId"),
    *("credentialName", "onBehalfOf", "ip", "userAgent", "requestId", "objectKind", "objectId", "objectName"),
    *("path", "old", "new", "reason", "changeRequest", "commit", "prevHash", "hash"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def export_events(work: Work, given: Given) -> Answer:
    """Log the export, then stream the set."""
    filters = {name: value for name, value in given.query.items() if name != "format"}
    kind = str(given.query["format"])
    following = service.Following(work.session, filters)
    asked: Document = {_shown(name): value for name, value in filters.items()}
    data: Document = {"format": kind, "filter": asked}
    # The export ends with this event: it is numbered and timed under the lock, so all that comes later is later.
    head = work.log(Fact(type="EventsExported", kind="log", id=work.ctx.tenant, data=data))
    until = checkpoint(work.committer.ring, Standing(head.id, head.seq, head.time, head.head, head.hash))
    export = _Export(work, kind, asked, until)
    name = f"events-{work.ctx.tenant}-{until.at.seq}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(raw=export.pieces(following), content_type=TYPES[kind], headers=headers)


def _shown(name: str) -> str:
    return {"change_request": "changeRequest", "since": "from", "until": "to"}.get(name, name)


@dataclass(slots=True)
class _Export:
    """One export under way: what was sent so far, as the manifest will say."""

    work: Work
    kind: str
    filters: Document
    until: Checkpoint
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    count: int = 0
    first: Event | None = None
    last: Event | None = None
    gaps: list[JSON] = field(default_factory=list)
    gap_count: int = 0
    missing: int = 0

    def pieces(self, following: service.Following) -> Iterator[bytes]:
        """Write everything, a part at a time."""
        if self.kind == "csv":
            yield self._hashed(_record(COLUMNS))
        after, until = 0, self.until.at.seq
        while part := following.part(after=after, until=until, most=AT_ONCE):
            after = part[-1].seq
            yield self._hashed(self._written(part))
        self._note_gap(after, until + 1)
        manifest = dump({"manifest": self._manifest()} if self.kind == "ndjson" else self._manifest())
        last = f"{manifest}\n" if self.kind == "ndjson" else _record(("manifest", manifest), width=len(COLUMNS))
        yield last.encode()

    def _written(self, part: list[Event]) -> str:
        session = self.work.session
        bodies, names = service.replaced_bodies(session, part), service.credential_names(session, part)
        texts = []
        for one in part:
            self._note_gap(self.last.seq if self.last else 0, one.seq)
            self.first, self.last, self.count = self.first or one, one, self.count + 1
            body = bodies.get(one.seq)
            if self.kind == "ndjson":
                texts.append(export_line(one, body, names))
            else:
                texts.append(_csv_rows(event_row(one, body, names)))
        return "".join(texts)

    def _note_gap(self, before: int, seq: int) -> None:
        if seq > before + 1:
            self.gap_count, self.missing = self.gap_count + 1, self.missing + seq - before - 1
            if len(self.gaps) < MOST_GAPS:
                self.gaps.append([before + 1, seq - 1])

    def _hashed(self, text: str) -> bytes:
        content = text.encode()
        self.digest.update(content)
        return content

    def _manifest(self) -> Document:
        first, last = self.first, self.last
        gaps: Document = {"count": self.gap_count, "events": self.missing, "first": self.gaps}
        manifest: Document = {
            "format": FORMAT,
            "kind": self.kind,
            "tenant": self.work.ctx.tenant,
            "made": rfc3339(self.until.at.time),
            "by": self.work.ctx.actor.handle,
            "filter": self.filters,
            "upTo": self.until.at.seq,
            "count": self.count,
            "firstSeq": first.seq if first else None,
            "lastSeq": last.seq if last else None,
            "firstPrevHash": first.prev_hash if first else None,
            "lastHash": last.hash if last else None,
            "gaps": gaps,
            "sha256": self.digest.hexdigest(),
            "checkpoint": self.until.shown(),
        }
        key_id, signature = sign_document(self.work.committer.ring, manifest)
        return {**manifest, "keyId": key_id, "signature": signature}


def _csv_rows(row: Document) -> str:
    """Write one record for each field that changed, or one for an event that changed none."""
    flat = _flat(row)
    changes = row["changes"] if isinstance(row["changes"], list) else []
    fields = [(one["path"], _json(one["old"]), _json(one["new"])) for one in changes if isinstance(one, dict)]
    texts = []
    for path, old, new in fields or [("", "", "")]:
        flat.update(path=path, old=old, new=new)
        texts.append(_record(tuple(flat[name] for name in COLUMNS)))
    return "".join(texts)


def _flat(row: Document) -> dict[str, JSON]:
    flat: dict[str, JSON] = {name: row.get(name) for name in COLUMNS}
    parts = {"actor": ("id", "kind", "handle", "name"), "credential": ("id", "name"), "object": ("kind", "id", "name")}
    for member, names in parts.items():
        held = row[member]
        for name in names:
            flat[f"{member}{name.capitalize()}"] = held.get(name) if isinstance(held, dict) else None
    source, behalf, trail = row["source"], row["onBehalfOf"], row["changeRequest"]
    if isinstance(source, dict):
        flat.update(source)
    flat["onBehalfOf"] = behalf.get("handle") if isinstance(behalf, dict) else None
    flat["changeRequest"] = trail.get("id") if isinstance(trail, dict) else None
    return flat


def _json(value: JSON) -> str:
    return canonical(value).decode()


def _record(values: tuple[JSON, ...], *, width: int = 0) -> str:
    """Write one record as RFC 4180 says; what a spreadsheet would take for a formula gets an apostrophe in front."""
    out = io.StringIO()
    cells = ["" if value is None else _harmless(str(value)) for value in values]
    csv.writer(out, lineterminator="\r\n").writerow([*cells, *[""] * (width - len(cells))])
    return out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


EXPORT = Endpoint(
    methods=("GET",),
    path="/events/export",
    action="exportEvents",
    summary="Export all events that the filters let through, as NDJSON or CSV, with a signed manifest at the end",
    right="event_read",
    view=export_events,
    container=TEXT,
    query=ExportQuery,
    lifespan=Lifespan(25),
    media_type=TYPES["ndjson"],
    other_media_types=(TYPES["csv"].partition(";")[0],),
    streams=True,
)
