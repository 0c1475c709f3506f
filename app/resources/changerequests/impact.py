"""What a change request would mean for nodes: whom it reaches, and what becomes of their policies."""

from app.changes.review.foreseeing import impact_of
from app.changes.review.matching import Effects
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.fleet.policies.previewing import preview_changes, preview_node


def impact_json(work: Work, effects: Effects) -> Document:
    """Show the nodes before and after, how many of each group, and the difference of their policies."""
    changes = [effect.change for effect in effects.all]
    preview = preview_changes(work, changes)
    groups: JSON = {group: {"before": old, "after": new} for group, (old, new) in preview.groups.items()}
    return {**impact_of(effects), "groups": groups, "policies": preview.to_json()}


def node_json(work: Work, effects: Effects, node_id: str) -> Document:
    """Show what becomes of the policy of one node.

    Raises:
        NotFoundError: there is no such node.
    """
    return preview_node(work, [effect.change for effect in effects.all], node_id)
