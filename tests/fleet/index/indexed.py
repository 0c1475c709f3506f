"""The index of a fleet in memory, fed with the machines and documents of tests."""

from typing import Any

from app.core.canonical import canonical
from app.fleet.index.keeping import Keeper
from app.fleet.index.nodes import Nodes, Told
from app.fleet.index.sight import Sight
from app.store.documents import Stored
from app.store.nodes import Node
from tests.fleet.index.plain_fleet import Json, Machine


class Indexed:
    """The index, fed as the server feeds it; `together` looks changed nodes up in the postings."""

    def __init__(self) -> None:
        self.sight = Sight(Nodes())
        self.keeper = Keeper(self.sight)
        self.nodes: dict[str, Node] = {}

    def change(self, some: list[Machine], changed: list[tuple[str, str, Json | None]], *, together: bool) -> None:
        for kind, document_id, document in changed:
            self.keeper.take(kind, document_id, None if document is None else stored(kind, document_id, document))
        self.watch(set().union(*(one.query.facets for one in self.sight.groups.values() if one.query)))
        touched: dict[int, Told] = {}
        for machine in some:
            node = self.nodes[machine.id] = as_node(machine)
            number, told = self.sight.nodes.put(node)
            touched[number] = told
        self.keeper.settle(None if together else touched)

    def watch(self, facets: Any) -> None:
        new = facets - self.sight.nodes.facets
        self.sight.nodes.watch(new)
        for node in self.nodes.values():
            self.sight.nodes.put(node, new)


def stored(kind: str, document_id: str, document: Json) -> Stored:
    body = {"id": document_id, "displayName": document_id, "policyMode": "default", "priority": 5} | document
    body |= {"techniqueName": "t", "techniqueVersion": "1"}
    return Stored(kind, document_id, "", canonical(body).decode(), "", 1, "", 0, 0)


def as_node(machine: Machine) -> Node:
    return Node(
        id=machine.id,
        hostname=machine.id,
        status="accepted" if machine.accepted else "deleted",
        is_policy_server=machine.is_server,
        created=0,
        state=machine.state,
        policy_mode=machine.mode,
        properties=tuple({"name": name, "value": value} for name, value in machine.properties.items()),
        inventory={
            "os": {"name": machine.os_name},
            "ram": machine.ram,
            "ipAddresses": list(machine.addresses),
            "software": [{"name": name, "version": version} for name, version in machine.software],
        },
    )
