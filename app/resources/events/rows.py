"""An event as auditors see it: in lists, whole, and as a line of an export."""

from app.core.canonical import JSON, Document, load
from app.core.clock import rfc3339
from app.core.diff import field_diff
from app.http.envelope import dump
from app.store.format1 import json_object
from app.store.log import Event, Party


def event_row(one: Event, body: str | None, names: dict[str, str]) -> Document:
    """Show an event in a list; `body` is what it replaced, `names` those of credentials by id."""
    private, trail = one.private, one.change_request
    changes: list[JSON] = [
        {"path": change.path, "old": change.old, "new": change.new}
        for change in field_diff(document_of(body), document_of(one.after))
    ]
    source: Document = {
        "ip": private.ip if private else None,
        "userAgent": private.user_agent if private else None,
        "requestId": one.request_id,
    }
    return {
        "seq": one.seq,
        "id": f"{one.tenant}:{one.seq}",
        "time": rfc3339(one.time),
        "type": one.type,
        "outcome": one.outcome,
        "actor": actor_of(one),
        "credential": {"id": one.credential, "name": names.get(one.credential)} if one.credential else None,
        "onBehalfOf": _party(one.on_behalf_of) if one.on_behalf_of else None,
        "source": source,
        "object": {"kind": one.object_kind, "id": one.object_id, "name": one.object_name} if one.object_id else None,
        "changes": changes,
        "reason": one.reason,
        "changeRequest": {"id": trail.id, "diffHash": trail.diff_hash} if trail else None,
        "commit": one.commit,
        "prevHash": one.prev_hash,
        "hash": one.hash,
    }


def actor_of(one: Event) -> Document:
    """Show who did an event."""
    return {**_party(one.actor), "name": (one.private.name if one.private else None) or one.actor.handle}


def whole_event(one: Event, body: str | None, names: dict[str, str]) -> Document:
    """Show everything that an event is hashed from; the document before it is named by its hash."""
    return {
        **event_row(one, body, names),
        **_hashed(one),
        "after": document_of(one.after),
        "data": None if one.data is None else dict(json_object(one.data)),
    }


def export_line(one: Event, body: str | None, names: dict[str, str]) -> str:
    """Write an event as a line of NDJSON; document and data stand in it as they are stored, byte for byte."""
    shown = dump({**event_row(one, body, names), **_hashed(one), "tenant": one.tenant})
    return f'{shown[:-1]},"after":{one.after or "null"},"data":{one.data or "null"}}}\n'


def _hashed(one: Event) -> Document:
    trail = one.change_request
    shown: Document = {
        "revision": one.revision,
        "beforeHash": one.before,
        "privateDigest": one.private_digest,
        "format": one.format,
    }
    if trail is not None:
        author: Document = {"handle": trail.author_handle, "id": trail.author_id}
        approved: list[JSON] = list(trail.approved_by)
        shown["changeRequest"] = {
            "id": trail.id,
            "diffHash": trail.diff_hash,
            "author": author,
            "approvedBy": approved,
        }
    return shown


def document_of(body: str | None) -> Document | None:
    """Read a stored body."""
    value = None if body is None else load(body)
    return value if isinstance(value, dict) else None


def _party(party: Party) -> Document:
    return {"id": party.id, "kind": party.kind, "handle": party.handle}
