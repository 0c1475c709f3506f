"""Change requests as version 25 shows them: what, who, what is missing, what may be done."""

from collections.abc import Iterable, Sequence

from app.changes.review.deploying import can_accept
from app.changes.review.desk import Assessment, Desk
from app.changes.review.model import ChangeRequest, Review, Wanted
from app.changes.review.rules import can
from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.context import Context
from app.http.review_search import person_json
from app.store.format1 import json_object
from app.store.log import Event


def own_json(one: ChangeRequest) -> Document:
    """Show what is stored of a change request, beside what Rudder shows."""
    planned = one.planned
    return {
        "state": one.state,
        "revision": one.revision,
        "author": person_json(one.author),
        "editors": [*one.invited],
        "contributors": [person_json(each) for each in one.contributors],
        "reason": one.reason,
        "changeSet": [change_json(each) for each in one.wanted],
        "base": one.base,
        "diffHash": one.diff_hash,
        "createdAt": rfc3339(one.created),
        "updatedAt": rfc3339(one.updated),
        "expiresAt": time_json(one.expires if one.is_open else None),
        "scheduledAt": time_json(planned.at if one.state == "scheduled" else None),
        "confirmBy": time_json(planned.confirm_by),
        "reverts": one.reverts,
        "revertedBy": one.reverted_by,
        "breakGlass": one.break_glass,
        "commit": one.commit,
        "events": None if one.deployed is None else {"first": one.deployed[0], "last": one.deployed[1]},
    }


def change_json(one: Wanted) -> Document:
    """Show one change that is asked for."""
    return {
        "kind": one.kind,
        "id": one.id,
        "action": one.action,
        "before": one.before,
        "after": one.after,
        "follows": one.cascaded,
    }


def assessed_json(desk: Desk, seen: Assessment, ctx: Context) -> Document:
    """Show what is derived from the present: hash, gate, what the caller may do, reviews that are out of date."""
    one, gate = seen.one, seen.gate
    return {
        "diffHash": seen.digest,
        "gate": gate.to_json() if one.evaluation is None else one.evaluation,
        "can": {**can(desk.case(seen, ctx)), "accept": can_accept(desk, seen, ctx)},
        "conflicted": bool(gate.conflicts) or gate.fault is not None,
        "changesRequested": one.is_open and bool(gate.refusing),
        "unsatisfiable": one.is_open and gate.is_unsatisfiable,
        "frozenUntil": time_json(gate.frozen_until if one.is_open else None),
        "reviews": [{**review_json(review), "stale": review.diff_hash != seen.digest} for review in one.reviews],
    }


def timeline_json(events: Iterable[Event]) -> list[JSON]:
    """Show what happened to it, oldest first."""
    shown: list[JSON] = []
    for one in sorted(events, key=lambda event: event.seq):
        data = json_object(one.data)
        what = str(data.get("what") or one.type)
        entry: Document = {"time": rfc3339(one.time), "actor": one.actor.handle, "what": what, "seq": one.seq}
        for name in ("from", "to", "verdict", "because", "at"):
            if data.get(name) is not None:
                entry[name] = data[name]
        shown.append({**entry, "reason": one.reason} if one.reason else entry)
    return shown


def review_json(one: Review) -> Document:
    """Show what one reviewer said; whether it still counts depends on the present, which details show."""
    return {
        "id": one.id,
        "reviewer": person_json(one.reviewer),
        "verdict": one.verdict,
        "comment": one.comment,
        "path": one.path,
        "diffHash": one.diff_hash,
        "time": rfc3339(one.time),
    }


def new_since(one: ChangeRequest, last: Review, now: Sequence[JSON]) -> list[JSON]:
    """Show only what is another thing than at a review: fields that are new or differ, and those back at their base."""
    then, present = _by_field(one.shown.get(last.diff_hash)), _by_field([*now])
    shown: dict[tuple[str, str], Document] = {}
    for key in sorted({*then, *present}):
        old, new = then.get(key), present.get(key)
        if old == new:
            continue
        kind, document_id, _ = key
        entry = shown.setdefault((kind, document_id), {"kind": kind, "id": document_id, "changes": []})
        listed = entry["changes"]
        if isinstance(listed, list):
            listed.append(
                {**(old or {}), "backToBase": True} if new is None else {**new, "reviewed": (old or {}).get("new")}
            )
    return [*shown.values()]


def _by_field(diff: JSON) -> dict[tuple[str, str, str], Document]:
    found: dict[tuple[str, str, str], Document] = {}
    for document in diff if isinstance(diff, list) else []:
        changes = document.get("changes") if isinstance(document, dict) else None
        for change in changes if isinstance(changes, list) else []:
            if isinstance(document, dict) and isinstance(change, dict):
                found[str(document["kind"]), str(document["id"]), str(change["path"])] = change
    return found


def time_json(ms: int | None) -> str | None:
    """Show a time, or that there is none."""
    return None if ms is None else rfc3339(ms)
