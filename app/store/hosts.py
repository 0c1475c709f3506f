"""Accepted nodes without their inventories, which may be large: what most policies depend on."""

from collections.abc import Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import bindparam, select

from app.core.canonical import canonical
from app.store.nodes import Node
from app.store.session import TenantSession
from app.store.tables import NodeRow

_PART = 500


class Host(NamedTuple):
    """An accepted node; `said` are its own properties, as they are kept."""

    id: str
    hostname: str
    policy_mode: str
    state: str
    policy_server: str
    is_policy_server: bool
    said: str

    @classmethod
    def of(cls, node: Node) -> "Host":
        """Give what is kept here of a node."""
        said = canonical([dict(one) for one in node.properties]).decode()
        return cls(
            node.id, node.hostname, node.policy_mode, node.state, node.policy_server, node.is_policy_server, said
        )

    def node(self) -> Node:
        """Give the node, without its inventory."""
        return Node(
            id=self.id,
            hostname=self.hostname,
            created=0,
            policy_mode=self.policy_mode,
            state=self.state,
            policy_server=self.policy_server,
            is_policy_server=bool(self.is_policy_server),
            properties=tuple(orjson.loads(self.said)),
        )


_ACCEPTED = select(
    NodeRow.id,
    NodeRow.hostname,
    NodeRow.policy_mode,
    NodeRow.state,
    NodeRow.policy_server,
    NodeRow.is_policy_server,
    NodeRow.properties,
).where(NodeRow.status == "accepted")
_PAGE = _ACCEPTED.where(NodeRow.id > bindparam("after")).order_by(NodeRow.id).limit(bindparam("most"))
_SOME = _ACCEPTED.where(NodeRow.id.in_(bindparam("ids", expanding=True))).order_by(NodeRow.id)


def page_hosts(session: TenantSession, *, after: str = "", most: int) -> list[Host]:
    """Read at most so many accepted nodes, by id, from behind `after`."""
    return [Host(*row) for row in session.rows(_PAGE, {"after": after, "most": most})]


def some_hosts(session: TenantSession, ids: Sequence[str]) -> list[Host]:
    """Read those of these nodes that are accepted; sorted ids give them sorted."""
    parts = (list(ids[start : start + _PART]) for start in range(0, len(ids), _PART))
    return [Host(*row) for part in parts for row in session.rows(_SOME, {"ids": part})]
