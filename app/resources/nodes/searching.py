"""Nodes as they are searched."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.changes.work import Work
from app.core.canonical import Document
from app.fleet.references import category_of, directives_of, technique_id_of
from app.http.fleet_search import GROUPS_OF_NODE, IMAGE_OF_INSTANCE, INSTANCES_OF_NODE, documents_of_nodes
from app.http.schemas import reshaper
from app.http.search import Extension, Searchable, by_ids
from app.http.versions import LATEST
from app.people.searching import OWNER_OF_INSTANCE
from app.resources.nodes.schema import NodeSchema
from app.resources.nodes.shape import node_json
from app.store.keys import Key
from app.store.nodes import NODES
from app.store.sources import Table

KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        *(Key(name) for name in ("id", "hostname", "status", "state", "policyMode", "policyServerId", "documentation")),
        *(Key(name, "date") for name in ("acceptanceDate", "lastInventoryDate", "lastRunDate")),
        *(Key(name, "date") for name in ("createdAt", "updatedAt")),
    )
}


def _source(_work: Work) -> Table:
    return NODES


def show_nodes(_work: Work, rows: Sequence[Any]) -> list[Document]:
    """Show nodes as their details do in version 25."""
    reshape = reshaper(NodeSchema, LATEST)
    return [reshape(node_json(row)) for row in rows]


SEARCH = Searchable(
    name="nodes",
    path="/nodes",
    right="node_read",
    show=show_nodes,
    keys=KEYS,
    source=_source,
    extensions={
        "groups": GROUPS_OF_NODE,
        "groups.category": Extension(target="groupCategories", find=by_ids("groupCategory", category_of)),
        "rules": Extension(
            target="rules", find_in=documents_of_nodes("rule", lambda fleet, one: fleet.targeting(one)), many=True
        ),
        "rules.directives": Extension(target="directives", find=by_ids("directive", directives_of), many=True),
        "rules.directives.technique": Extension(target="techniques", find=by_ids("technique", technique_id_of)),
        "directives": Extension(
            target="directives",
            find_in=documents_of_nodes("directive", lambda fleet, one: fleet.directives_targeting(one)),
            many=True,
        ),
        "directives.technique": Extension(target="techniques", find=by_ids("technique", technique_id_of)),
        "instances": INSTANCES_OF_NODE,
        "instances.image": IMAGE_OF_INSTANCE,
        "instances.owner": OWNER_OF_INSTANCE,
    },
)
