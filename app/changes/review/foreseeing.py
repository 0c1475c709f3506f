"""What a change set would do, shown before it is done: fields, nodes, and whom it would wait for."""

from app.changes.judging import Judged
from app.changes.review.desk import Desk
from app.changes.review.filing import NO_PROPOSAL, Filing, file_request
from app.changes.review.gate import Gate
from app.changes.review.matching import Effects
from app.changes.review.reach import Nodes
from app.core.canonical import JSON, Document
from app.core.context import Context
from app.core.diff import FieldChange

MOST_NODES = 1_000
"""Nodes that an impact lists on each side."""


def foresee(desk: Desk, ctx: Context, judged: Judged) -> Document:
    """Show diff, impact and gate of a change set that the view holds."""
    policies = desk.policies()
    effects = desk.look_at(judged)
    exempt = ctx.actor.kind == "system" or policies.is_idle
    matched = () if exempt else desk.matching(effects, policies, [ctx.actor.handle])
    gate = Gate(matched)
    if matched:
        gate = file_request(desk, ctx, judged, Filing(NO_PROPOSAL, policies, effects, matched)).gate
    waits = any(policy.needs for policy in matched) or gate.frozen_until is not None
    return {"diff": diff_of(effects), "impact": impact_of(effects), "gate": {**gate.to_json(), "waits": waits}}


def diff_of(effects: Effects) -> list[JSON]:
    """Show the fields that change, document by document."""
    return [
        {
            "kind": effect.change.kind,
            "id": effect.change.id,
            "name": effect.change.shown.name,
            "action": effect.change.action,
            "changes": [field_json(one) for one in effect.fields],
        }
        for effect in effects.all
    ]


def field_json(one: FieldChange) -> Document:
    """Show one field: path, old and new value, and a label for people; a side that is not there is left out."""
    shown: Document = {"path": one.path, "label": label_of(one.path)}
    if one.old_present:
        shown["old"] = one.old
    if one.new_present:
        shown["new"] = one.new
    return shown


def label_of(path: str) -> str:
    """Name a field for people: the steps of its path, and items by their ids."""
    steps = (step.partition("=")[2] or step for step in path.split("/")[1:])
    return " / ".join(step.replace("~1", "/").replace("~0", "~") for step in steps)


def impact_of(effects: Effects) -> Document:
    """Show the nodes that are reached before and after, and what could not be seen."""
    before, after = Nodes(), Nodes()
    rules: set[str] = set()
    for effect in effects.all:
        before, after = before | effect.reached.before, after | effect.reached.after
        rules |= effect.reached.rules
    unseen = sorted(before.unseen | after.unseen)
    return {
        "before": _listed(before.ids),
        "after": _listed(after.ids),
        "added": _listed(after.ids - before.ids),
        "removed": _listed(before.ids - after.ids),
        "counts": {"before": len(before.ids), "after": len(after.ids)},
        "rules": [*sorted(rules)],
        "unseen": [*unseen],
        "truncated": max(len(before.ids), len(after.ids)) > MOST_NODES,
    }


def _listed(nodes: frozenset[str]) -> list[JSON]:
    return [*sorted(nodes)[:MOST_NODES]]
