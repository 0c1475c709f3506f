"""What a search puts into its objects that only the fleet's index knows."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from app.changes.work import Work
from app.core.canonical import Document
from app.fleet.fleet import Fleet
from app.http.search import Extension, Related, by_ids, by_value, check_count
from app.store.documents import some_documents
from app.store.nodes import some_nodes

FindIn = Callable[[Work, Sequence[Any]], Related]


def documents_of_nodes(kind: str, ids_of: Callable[[Fleet, str], Iterable[str]]) -> FindIn:
    """Find the documents of a kind that the fleet names for each node."""

    def related(work: Work, parents: Sequence[Any]) -> Related:
        fleet = Fleet.of(work)
        named = [list(ids_of(fleet, parent.id)) for parent in parents]
        check_count(sum(map(len, named)), f"extend to {kind}")
        found = some_documents(work.session, {(kind, one) for ids in named for one in ids})
        return [[found[kind, one] for one in ids if (kind, one) in found] for ids in named]

    return related


def nodes_named(ids_of: Callable[[Document], Iterable[str]]) -> FindIn:
    """Find the nodes that each document names; ids without a node are left out."""

    def related(work: Work, parents: Sequence[Any]) -> Related:
        named = [list(ids_of(parent.document)) for parent in parents]
        check_count(sum(map(len, named)), "extend to nodes")
        found = some_nodes(work.session, sorted({one for ids in named for one in ids}))
        return [[found[one] for one in ids if one in found] for ids in named]

    return related


def nodes_of_groups(work: Work, parents: Sequence[Any]) -> Related:
    """Find the nodes of each group, by id."""
    fleet = Fleet.of(work)
    named = [fleet.members(parent.id) for parent in parents]
    check_count(sum(map(len, named)), "extend to nodes")
    found = some_nodes(work.session, sorted({one for ids in named for one in ids}))
    return [[found[one] for one in ids if one in found] for ids in named]


GROUPS_OF_NODE: Final = Extension(
    target="groups", find_in=documents_of_nodes("group", lambda fleet, one: fleet.groups_of(one)), many=True
)
INSTANCES_OF_NODE: Final = Extension(
    target="instances", find=by_value("instance", "nodeId", lambda node: node.id), many=True
)
IMAGE_OF_INSTANCE: Final = Extension(
    target="images", find=by_ids("image", lambda instance: (str(instance["imageId"]),))
)
