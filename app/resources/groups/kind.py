"""Groups as documents: defaults, judgement, references, and the group that every tenant starts with."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.changes.change import Change, Edit
from app.changes.kinds import Kind, View, laid_over
from app.core.canonical import JSON, Document
from app.core.errors import ConflictError, InvalidError
from app.core.ids import check_id
from app.fleet.criteria.compiling import groups_in_query
from app.fleet.properties import property_list
from app.fleet.queries import check_query
from app.fleet.targets import SYSTEM_CATEGORY, without_group
from app.fleet.zones import check_security
from app.http.resource import Starter
from app.store.documents import Stored
from app.store.keys import Key

ROOT_CATEGORY = "GroupRoot"
ALL_NODES = "all-nodes"

DEFAULTS: Mapping[str, JSON] = {
    "displayName": "",
    "description": "",
    "categoryId": ROOT_CATEGORY,
    "query": None,
    "dynamic": True,
    "enabled": True,
    "properties": [],
    "system": False,
    "security": None,
}
"""A group that is not dynamic has `nodeIds` too."""

KEYS = (
    Key("displayName"),
    Key("categoryId"),
    Key("dynamic", "flag"),
    Key("enabled", "flag"),
    Key("system", "flag"),
    Key("nodeIds", many=True),
)


def judge_group(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of a group; only one that lists its nodes stores them.

    Raises:
        InvalidError: query, properties, security or a node's id cannot be read.
    """
    group = laid_over(DEFAULTS, present, edit, view)
    if group["query"] is not None and "query" in edit.fields:
        check_query(group["query"])
    if "properties" in edit.fields:
        group["properties"] = property_list(group["properties"])
    if "security" in edit.fields:
        check_security(group["security"])
    listed = group.pop("nodeIds", None)
    if group["dynamic"] is not True:
        keeps = _keeps(group, present, edit, view)
        group["nodeIds"] = _node_ids(listed) if keeps else [*view.nodes_found(group["query"])]
    return group


def _keeps(group: Document, present: Stored | None, edit: Edit, view: View) -> bool:
    """Say whether the listed nodes stand; else they are what the query finds now."""
    if "nodeIds" in edit.fields:
        return True
    if present is None and edit.source is None:
        return False
    known = present if present is not None else view.source(edit.kind, str(edit.source))
    return known.document["dynamic"] is not True and known.document["query"] == group["query"]


def _node_ids(listed: JSON) -> list[JSON]:
    if not isinstance(listed, list):
        text = "is not a list of node ids"
        raise InvalidError(f"nodeIds: {text}", fields={"nodeIds": [text]})
    found: list[JSON] = []
    found.extend(sorted({check_id(str(one), what="node", field="nodeIds") for one in listed}))
    return found


def guard_group(present: Stored, edit: Edit, view: View) -> None:
    """Refuse to change what belongs to the system.

    Raises:
        ConflictError: the group is a system group.
    """
    if present.document["system"] is not True or view.ctx.actor.kind == "system":
        return
    if edit.action == "delete":
        raise ConflictError(
            f"Group '{edit.id}' belongs to the system and cannot be deleted; take it out of your rules instead",
            rudder=f"Could not delete group '{edit.id}', cause is: system groups cannot be deleted.",
        )
    raise ConflictError(f"Group '{edit.id}' belongs to the system and stays as it is; clone it instead")


def check_group(change: Change, view: View) -> None:
    """Demand that a group's category exists, and that it does not look into itself by way of other groups.

    Raises:
        InvalidError: there is no such category, or a circle of groups.
    """
    if change.after is None:
        return
    _refuse_circles(change.after, view)
    category = str(change.after.document["categoryId"])
    known = change.before is not None and change.before.document["categoryId"] == category
    if not known and view.find("groupCategory", category) is None:
        text = f"Group category '{category}' not found; create it first"
        raise InvalidError(
            f"Group '{change.id}': {text}",
            fields={"categoryId": [text]},
            rudder=f"Group category '{category}' not found",
        )


def _refuse_circles(group: Stored, view: View) -> None:
    """Walk through the groups that a query looks into; one that does not exist yet leads nowhere."""
    ways: dict[str, tuple[str, ...]] = {group.id: (group.id,)}
    waiting = [group]
    while waiting:
        one = waiting.pop()
        for name in sorted(groups_in_query(one.document["query"])):
            if name == group.id:
                raise _circle(group.id, ways[one.id])
            found = view.find("group", name) if name not in ways else None
            if found is not None:
                ways[name] = (*ways[one.id], name)
                waiting.append(found)


def _circle(group: str, way: Sequence[str]) -> InvalidError:
    shown = " -> ".join(f"'{name}'" for name in (*way, group))
    text = f"Group '{group}' looks into itself: {shown}; take one of these groups out of a query"
    return InvalidError(text, fields={"query.where": [text]})


def leave_rules(change: Change, view: View) -> Iterable[Edit]:
    """Take a deleted group out of the rules that name it."""
    if change.after is not None:
        return
    for rule in view.holders("rule", "groups", change.id):
        targets = rule.document["targets"]
        left = without_group(targets if isinstance(targets, list) else [], change.id)
        yield Edit("rule", rule.id, "modify", {"targets": left})


def needed_for_group(edit: Edit) -> Iterable[tuple[str, str]]:
    """Name what judging an edit of a group reads."""
    if edit.action == "create" or "categoryId" in edit.fields:
        yield "groupCategory", str(edit.fields.get("categoryId", ROOT_CATEGORY))


def group_computed(stored: Stored, members: Callable[[str], Sequence[str]]) -> Mapping[str, JSON]:
    """Give what of a group is never stored: its classes, its target, and what a query finds."""
    group = stored.document
    classes: list[JSON] = []
    classes.extend(sorted((_class(stored.id), _class(str(group["displayName"])))))
    computed: Document = {"groupClass": classes, "target": f"group:{stored.id}"}
    if "nodeIds" not in group:
        computed["nodeIds"] = [*members(stored.id)]
    return computed


def _class(name: str) -> str:
    return "group_" + re.sub(r"[^a-z0-9]", "_", name.lower())


def starter() -> Iterable[Starter]:
    """Make the group of all nodes."""
    everything: Document = {"objectType": "node", "attribute": "nodeId", "comparator": "exists", "value": ""}
    fields: Document = {
        "displayName": "All nodes",
        "description": "Every node of the tenant",
        "categoryId": SYSTEM_CATEGORY,
        "query": {"select": "nodeAndPolicyServer", "composition": "and", "where": [everything]},
        "system": True,
    }
    yield Starter("group", ALL_NODES, lambda: fields)


GROUP = Kind(
    name="group",
    label="Group",
    name_field="displayName",
    judge=judge_group,
    guard=guard_group,
    check=check_group,
    cascade=leave_rules,
    keys=KEYS,
    needs=needed_for_group,
    unknown="Group '{id}' was not found; GET /groups lists those that exist",
    rudder_unknown="Group with id '{id}' was not found'",
    rudder_exists="Cannot create a new Group with id '{id}' already exists",
    rudder_no_source="Can not find group to clone: {id}",
)
