"""What a change set would do to the bundles of nodes, before it is made: which nodes, and what on each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pyroaring import BitMap

from app.changes.change import Change
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.fleet import Fleet, missing_node
from app.fleet.index.groups import read_group, spread
from app.fleet.index.reach import counted, touched
from app.fleet.index.sight import DocumentKey, Sight, union
from app.fleet.policies.bundling import Bundler, bundling
from app.store.documents import Stored, some_documents
from app.store.nodes import Node, find_node, some_nodes

MOST_NODES: Final = 200
"""Nodes whose bundles one preview compiles; a preview of more says so."""
_EVERYWHERE: Final = ("parameter", "setting")
"""Kinds of which any node's bundle may have been made."""
_OTHERS: Final = ("faults", "overridden", "schedule", "hosting")
_MEMBERS: Final = ("mode", "rules", "priority", "version")


@dataclass(frozen=True, slots=True)
class Preview:
    """The nodes that a change reaches, and of those looked at the ones whose bundles it changes."""

    reached: int
    looked_at: int
    nodes: tuple[Document, ...]
    groups: Mapping[str, tuple[int, int]]
    """How many nodes of each group are reached before the change and after it."""

    def to_json(self) -> Document:
        """Show it."""
        nodes: list[JSON] = [*self.nodes]
        return {"reached": self.reached, "lookedAt": self.looked_at, "changed": len(nodes), "nodes": nodes}


def preview_changes(work: Work, changes: Sequence[Change]) -> Preview:
    """Compile the bundles of the nodes that some changes reach, before and after, and compare them.

    Before is what is there now, or what the changes name as it where that was changed since, as by themselves.
    """
    documents: dict[DocumentKey, Stored | None] = {(one.kind, one.id): one.after for one in changes}
    earlier = _changed_since(work, changes)
    _look_at_queries(work, documents)
    _look_at_queries(work, earlier)
    with bundling(work) as now:
        before, after = now.changed(earlier) if earlier else now, now.changed(documents)
        reached = touched(changes, before.sight, after.sight)
        numbers = _reached(before.sight, after.sight, documents) | _hosting((before, after), documents)
        ids = before.sight.nodes.page(numbers, after="", most=MOST_NODES)
        nodes = some_nodes(work.session, ids)
        compared = [_compare(nodes[one], before, after) for one in ids if one in nodes]
        differing = tuple(one for one in compared if one is not None)
        return Preview(len(numbers), len(ids), differing, counted(reached, before.sight, after.sight))


def _changed_since(work: Work, changes: Sequence[Change]) -> dict[DocumentKey, Stored | None]:
    """Give what documents were before some changes, of those that are no longer so."""
    present = some_documents(work.session, [(one.kind, one.id) for one in changes])
    found: dict[DocumentKey, Stored | None] = {}
    for one in changes:
        key = one.kind, one.id
        now = present.get(key)
        if (None if now is None else now.document) != (None if one.before is None else one.before.document):
            found[key] = one.before
    return found


def preview_node(work: Work, changes: Sequence[Change], node_id: str) -> Document:
    """Compare the bundle of one node before and after some changes; `changes` is empty where it stays the same.

    Raises:
        NotFoundError: there is no such node.
    """
    documents: dict[DocumentKey, Stored | None] = {(one.kind, one.id): one.after for one in changes}
    node = find_node(work.session, node_id)
    if node is None:
        raise missing_node(node_id)
    _look_at_queries(work, documents)
    with bundling(work) as before:
        compared = _compare(node, before, before.changed(documents))
        same = before.bundle(node).hash
    return compared or {"id": node.id, "hostname": node.hostname, "before": same, "after": same, "changes": []}


def _compare(node: Node, before: Bundler, after: Bundler) -> Document | None:
    old, new = before.bundle(node), after.bundle(node)
    if old.hash == new.hash:
        return None
    return {
        "id": node.id,
        "hostname": node.hostname,
        "before": old.hash,
        "after": new.hash,
        "changes": difference(old.document, new.document),
    }


def _look_at_queries(work: Work, documents: Mapping[DocumentKey, Stored | None]) -> None:
    """Have the index look at what the queries of changed groups ask of nodes."""
    read = [read_group(one.document) for (kind, _), one in documents.items() if kind == "group" and one is not None]
    facets = {facet for group in read if group.query is not None for facet in group.query.facets}
    fleet = Fleet.of(work)
    with fleet.index.reading(work.session, fleet.epoch):
        fleet.index.look_at(work.session, facets)


def _reached(before: Sight, after: Sight, documents: Iterable[DocumentKey]) -> BitMap:
    """Give the nodes whose bundles may become others."""
    reached = BitMap()
    for kind, document_id in documents:
        if kind in _EVERYWHERE:
            return before.nodes.accepted
        for sight in (before, after):
            groups = {document_id, *spread(sight.groups, {document_id})} if kind == "group" else set()
            # A group's properties are those of its members, whatever the rules.
            reached |= union(one.members_of(group) for one in (before, after) for group in groups)
            rules = {rule for name in groups or {document_id} for rule in sight.rules_with(kind, name)}
            reached |= union(one.applied(rule) for one in (before, after) for rule in rules)
    return reached


def _hosting(sides: Sequence[Bundler], documents: Iterable[DocumentKey]) -> BitMap:
    """Give the nodes that have, before or after, one of the instances or images that change."""
    found: set[str] = set()
    for kind, document_id in documents:
        for hosted in (side.sources.hosted for side in sides):
            if kind == "instance" and document_id in hosted.instances:
                found.add(str(hosted.instances[document_id]["nodeId"]))
            elif kind == "image":
                found |= hosted.nodes_of_image(document_id)
    nodes = sides[0].sight.nodes
    return BitMap(number for one in found if (number := nodes.number_of(one)) is not None)


def difference(before: Document, after: Document) -> list[JSON]:
    """List the components that differ between two bundles, with the values that do; secrets are tags."""
    old, new = dict(_components(before)), dict(_components(after))
    found: list[JSON] = []
    for key in [*old, *(key for key in new if key not in old)]:
        directive, component, value, _ = key
        named: Document = {"directive": directive, "component": component, "value": value}
        if key not in old:
            found.append({**named, "action": "added", "values": _changes({}, new[key])})
        elif key not in new:
            found.append({**named, "action": "removed", "values": _changes(old[key], {})})
        elif old[key] != new[key]:
            found.append({**named, "action": "changed", "values": _changes(old[key], new[key])})
    others = [name for name in _OTHERS if before.get(name) != after.get(name)]
    return [*found, *({"member": name, "before": before.get(name), "after": after.get(name)} for name in others)]


def _changes(old: Document, new: Document) -> list[JSON]:
    changed: list[JSON] = []
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            sides: Document = {"name": name}
            sides |= {"before": old[name]} if name in old else {}
            sides |= {"after": new[name]} if name in new else {}
            changed.append(sides)
    return changed


def _components(bundle: Document) -> Iterator[tuple[tuple[str, str, str, int], Document]]:
    """Give each component with what is said of its directive; equal ones are told apart by their place."""
    seen: dict[tuple[str, str, str], int] = {}
    for entry in _objects(bundle["directives"]):
        said = {name: entry[name] for name in _MEMBERS}
        for component in _objects(entry["components"]):
            key = str(entry["directive"]), str(component["component"]), str(component["value"])
            seen[key] = seen.get(key, 0) + 1
            values = component["values"]
            yield (*key, seen[key]), {**said, **(values if isinstance(values, dict) else {})}


def _objects(value: JSON) -> Iterator[Document]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())
