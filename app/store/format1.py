"""Format 1: event, hash and commit bytes as pure functions; frozen by docs/format-1.md and its golden tests."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import orjson

from app.core.canonical import JSON, canonical_texts
from app.store.log import Event, Party, Private

FOLDERS: Mapping[str, str] = {
    "rule": "rules",
    "ruleCategory": "ruleCategories",
    "directive": "directives",
    "technique": "techniques",
    "group": "groups",
    "groupCategory": "groupCategories",
    "parameter": "parameters",
    "setting": "settings",
    "reviewPolicy": "reviewPolicies",
    "team": "teams",
    "image": "images",
    "instance": "instances",
}
"""The folder of each kind in git; part of the format."""

STEMS: Mapping[str, str] = {
    "rule": "Rule",
    "ruleCategory": "RuleCategory",
    "directive": "Directive",
    "technique": "EditorTechnique",
    "group": "NodeGroup",
    "groupCategory": "NodeGroupCategory",
    "parameter": "GlobalParameter",
    "setting": "Setting",
    "reviewPolicy": "ReviewPolicy",
    "team": "Team",
    "image": "Image",
    "instance": "Instance",
}
"""The stem of each kind's event types; part of the format."""

PAST = {"create": "Added", "modify": "Modified", "delete": "Deleted"}

ARCHIVES: Mapping[str, tuple[str, str]] = {
    "ExportRules": ("configurations-rules", "rules"),
    "ExportTechniqueLibrary": ("directives", "directives"),
    "ExportGroups": ("groups", "groups"),
    "ExportParameters": ("parameters", "parameters"),
    "ExportFullArchive": ("full", "full"),
}
"""By event type, the folder of an archive's tag and what its message calls it; part of the format."""

_NO_REASON = "Create new archive requested from REST API"
_VERBS = {"Added": "Add", "Modified": "Modify", "Deleted": "Delete"}


def event_type(kind: str, action: str) -> str:
    """Name the event of one change: `event_type("group", "create")` is `NodeGroupAdded`."""
    return STEMS[kind] + PAST[action]


def body_hash(body: str) -> str:
    """Hash a stored body, as `before` names the document that a change replaced."""
    return hashlib.sha256(body.encode()).hexdigest()


def private_digest(private: Private) -> str:
    """Commit to personal data without containing it."""
    fields: dict[str, JSON] = {"ip": private.ip, "name": private.name, "userAgent": private.user_agent}
    return hashlib.sha256(private.salt.encode() + canonical_texts(fields)).hexdigest()


def event_bytes(event: Event) -> bytes:
    """Write the canonical event; `after` and `data` are spliced in, being canonical already."""
    head = canonical_texts({"actor": _party(event.actor)})[:-1]
    rest: dict[str, JSON] = {
        "before": event.before,
        "changeRequest": _trail(event),
        "commit": event.commit,
        "credential": event.credential,
    }
    tail: dict[str, JSON] = {
        "format": event.format,
        "object": _object(event),
        "onBehalfOf": _party(event.on_behalf_of) if event.on_behalf_of else None,
        "outcome": event.outcome,
        "privateDigest": event.private_digest,
        "reason": event.reason,
        "requestId": event.request_id,
        "revision": event.revision,
        "seq": event.seq,
        "tenant": event.tenant,
        "time": event.time,
        "type": event.type,
    }
    return b"".join(
        (
            head,
            b',"after":',
            (event.after or "null").encode(),
            b",",
            canonical_texts(rest)[1:-1],
            b',"data":',
            (event.data or "null").encode(),
            b",",
            canonical_texts(tail)[1:],
        )
    )


def event_hash(event: Event) -> str:
    """Chain an event to the one before it."""
    return hashlib.sha256(event.prev_hash.encode() + event_bytes(event)).hexdigest()


def commit_bytes(events: Sequence[Event], *, tree: str, parent: str | None) -> bytes:
    """Build the commit of one change set from its events, in order of seq."""
    first = events[0]
    trail = first.change_request
    author = Party(trail.author_handle, trail.author_id, "user") if trail else first.actor
    stamp = f"{first.time // 1000} +0000"
    lines = [f"tree {tree}"]
    if parent:
        lines.append(f"parent {parent}")
    lines.append(f"author {_identity(author, first.tenant)} {stamp}")
    lines.append(f"committer {_identity(first.actor, first.tenant)} {stamp}")
    return ("\n".join(lines) + "\n\n" + commit_message(events)).encode()


def commit_message(events: Sequence[Event]) -> str:
    """Write subject, reason and trailers; a reason can never pose as a trailer."""
    first, last = events[0], events[-1]
    paragraphs = [_subject(events), *_reason(first.reason)]
    span = str(first.seq) if first.seq == last.seq else f"{first.seq}-{last.seq}"
    trailers = [f"Event: {span}"]
    if trail := first.change_request:
        trailers.append(f"Change-Request: {trail.id}")
        trailers.extend(f"Approved-by: {handle}" for handle in trail.approved_by)
    paragraphs.append("\n".join(trailers))
    return "\n\n".join(paragraphs) + "\n"


def tag_name(event: Event) -> str:
    """Name the tag of an archive."""
    return f"archives/{ARCHIVES[event.type][0]}/{json_object(event.data)['id']}"


def tag_bytes(event: Event) -> bytes:
    """Build the annotated tag of an archive from its event."""
    lines = (
        f"object {json_object(event.data)['commit']}",
        "type commit",
        f"tag {tag_name(event)}",
        f"tagger {_identity(event.actor, event.tenant)} {event.time // 1000} +0000",
    )
    reason = _reason(event.reason) or _reason(_NO_REASON)
    message = "\n\n".join((f"#{ARCHIVES[event.type][1]}-archive", *reason, f"Event: {event.seq}"))
    return ("\n".join(lines) + f"\n\n{message}\n").encode()


def copied_subject(tenant: str, base: str, seq: int) -> str:
    """Say that a tenant began as a copy."""
    return f"Create tenant {tenant} from {base} at event {seq}"


def _subject(events: Sequence[Event]) -> str:
    first = events[0]
    if first.type == "TenantCreated":
        return copied_subject(first.tenant, *_base(first))
    if len(events) == 1:
        verb = next(verb for past, verb in _VERBS.items() if first.type.endswith(past))
        return f"{verb} {first.object_kind} {first.object_id}"
    counts = Counter(FOLDERS[event.object_kind or ""] for event in events)
    parts = ", ".join(f"{folder} {counts[folder]}" for folder in sorted(counts))
    return f"Change {len(events)} documents: {parts}"


def _reason(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return ["\n".join("  " + line for line in lines.split("\n"))] if lines else []


def _base(event: Event) -> tuple[str, int]:
    from_data = json_object(event.data)
    return str(from_data["base"]), int(str(from_data["seq"]))


def json_object(text: str | None) -> dict[str, JSON]:
    """Read the `data` of an event."""
    value = orjson.loads(text or "{}")
    if not isinstance(value, dict):
        raise TypeError("the data of an event is an object")
    return value


def _identity(party: Party, tenant: str) -> str:
    return f"{party.handle} <{party.id}@{tenant}.invalid>"


def _party(party: Party) -> dict[str, JSON]:
    return {"handle": party.handle, "id": party.id, "kind": party.kind}


def _object(event: Event) -> JSON:
    if event.object_id is None:
        return None
    return {"id": event.object_id, "kind": event.object_kind, "name": event.object_name}


def _trail(event: Event) -> JSON:
    trail = event.change_request
    if trail is None:
        return None
    return {
        "approvedBy": list(trail.approved_by),
        "author": {"handle": trail.author_handle, "id": trail.author_id},
        "diffHash": trail.diff_hash,
        "id": trail.id,
    }
