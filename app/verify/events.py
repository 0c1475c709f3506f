"""Format 1 of events and commits, built from the rows of the log."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.verify.bytes import canonical, read

NO_HASH = "0" * 64
FOLDERS = {
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
STEMS = {
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
CREATED = "TenantCreated"
ARCHIVES = {
    "ExportRules": ("configurations-rules", "#rules-archive"),
    "ExportTechniqueLibrary": ("directives", "#directives-archive"),
    "ExportGroups": ("groups", "#groups-archive"),
    "ExportParameters": ("parameters", "#parameters-archive"),
    "ExportFullArchive": ("full", "#full-archive"),
}

_ID = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2}\.[0-9]{3}")

Row = Mapping[str, Any]
"""One row of `events` by column name."""


def event_hash(row: Row) -> str:
    """Hash an event and what it follows; `after` and `data` must be canonical texts."""
    head = {
        "actor": {"handle": row["actor_handle"], "id": row["actor_id"], "kind": row["actor_kind"]},
    }
    middle = {
        "before": row["before"],
        "changeRequest": _object(row["change_request"]),
        "commit": row["commit_id"],
        "credential": row["credential"],
    }
    tail = {
        "format": row["format"],
        "object": _subject(row),
        "onBehalfOf": _object(row["on_behalf_of"]),
        "outcome": row["outcome"],
        "privateDigest": row["private_digest"],
        "reason": row["reason"],
        "requestId": row["request_id"],
        "revision": row["revision"],
        "seq": row["seq"],
        "tenant": row["tenant"],
        "time": row["time"],
        "type": row["type"],
    }
    # Members are in the order of the keys, so the parts of a canonical object can be joined.
    parts = (
        canonical(head)[:-1],
        b',"after":' + (row["after"] or "null").encode(),
        b"," + canonical(middle)[1:-1],
        b',"data":' + (row["data"] or "null").encode(),
        b"," + canonical(tail)[1:],
    )
    return hashlib.sha256(row["prev_hash"].encode() + b"".join(parts)).hexdigest()


def private_digest(row: Row) -> str:
    """Hash the personal fields of a row under their salt."""
    fields = {"ip": row["private_ip"], "name": row["private_name"], "userAgent": row["private_user_agent"]}
    return hashlib.sha256(row["private_salt"].encode() + canonical(fields)).hexdigest()


def commit_content(rows: Sequence[Row], tree: str, parent: str | None) -> bytes:
    """Write the commit of one change set."""
    first, tenant = rows[0], rows[0]["tenant"]
    review = _object(first["change_request"])
    committer = f"{first['actor_handle']} <{first['actor_id']}@{tenant}.invalid>"
    author = committer
    if review:
        author = f"{review['author']['handle']} <{review['author']['id']}@{tenant}.invalid>"
    stamp = f"{first['time'] // 1000} +0000"
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else [])]
    lines += [f"author {author} {stamp}", f"committer {committer} {stamp}", "", _title(rows), ""]
    lines += _indented(first["reason"])
    lines.append(f"Event: {first['seq']}" + (f"-{rows[-1]['seq']}" if len(rows) > 1 else ""))
    if review:
        lines.append(f"Change-Request: {review['id']}")
        lines += [f"Approved-by: {handle}" for handle in review["approvedBy"]]
    return ("\n".join(lines) + "\n").encode()


def archive_fault(row: Row, head: str | None, newest: str) -> str | None:
    """Say what is wrong with an archive's event; `newest` is the id of the archive of its type before it."""
    data = _object(row["data"])
    if not isinstance(data, dict) or data.keys() != {"commit", "id"} or not _ID.fullmatch(str(data["id"])):
        return "is an archive, and its data is not that of one"
    if data["commit"] != head or row["commit_id"] is not None:
        return f"archives commit {data['commit']}, and the head was {head}"
    moment = datetime.fromtimestamp(row["time"] // 1000, UTC).strftime("%Y-%m-%d_%H-%M-%S")
    if data["id"] < f"{moment}.{row['time'] % 1000:03}" or data["id"] <= newest:
        return f"is an archive with the id {data['id']}, and that is before its time or not after {newest or 'none'}"
    return None


def tag_of(row: Row) -> tuple[str, bytes]:
    """Write the annotated tag of an archive: its name below refs/tags, and its content."""
    folder, heading = ARCHIVES[row["type"]]
    data = read(row["data"])
    name = f"archives/{folder}/{data['id']}"
    tagger = f"{row['actor_handle']} <{row['actor_id']}@{row['tenant']}.invalid> {row['time'] // 1000} +0000"
    lines = [f"object {data['commit']}", "type commit", f"tag {name}", f"tagger {tagger}", "", heading, ""]
    lines += _indented(row["reason"]) or ["  Create new archive requested from REST API", ""]
    lines += [f"Event: {row['seq']}", ""]
    return name, "\n".join(lines).encode()


def _indented(text: str) -> list[str]:
    reason = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return [f"  {line}" for line in reason.split("\n")] + [""] if reason else []


def _title(rows: Sequence[Row]) -> str:
    first = rows[0]
    if first["type"] == CREATED:
        origin = read(first["data"])
        return f"Create tenant {first['tenant']} from {origin['base']} at event {origin['seq']}"
    if len(rows) > 1:
        counts = Counter(FOLDERS[row["object_kind"]] for row in rows)
        return f"Change {len(rows)} documents: " + ", ".join(f"{folder} {counts[folder]}" for folder in sorted(counts))
    verb = "Delete" if first["after"] is None else "Add" if first["before"] is None else "Modify"
    return f"{verb} {first['object_kind']} {first['object_id']}"


def _object(text: str | None) -> Any:  # noqa: ANN401  any JSON
    return None if text is None else read(text)


def _subject(row: Row) -> Any:  # noqa: ANN401  any JSON
    if row["object_id"] is None:
        return None
    return {"id": row["object_id"], "kind": row["object_kind"], "name": row["object_name"]}
