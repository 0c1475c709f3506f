"""Groups as they count for the fleet, and how they look into each other."""

from collections.abc import Iterable, Iterator, Mapping

from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.criteria.compiling import InGroup, Query, compile_query
from app.fleet.references import texts


@dataclass(frozen=True, slots=True)
class Group:
    """A group as it counts: `listed` are the nodes of one that is not dynamic.

    `is_unreadable` is one whose query cannot be asked, so that nobody can tell whom it is for.
    """

    name: str
    enabled: bool
    query: Query | None = None
    listed: frozenset[str] = frozenset()
    properties: tuple[Mapping[str, JSON], ...] = ()
    is_unreadable: bool = False

    @property
    def looks_into(self) -> set[str]:
        """Name the groups that its query looks into."""
        return self.query.groups if self.query is not None else set()

    @property
    def parents(self) -> set[str]:
        """Name the groups in which all of its nodes are, because its query demands it."""
        query = self.query
        if query is None or query.any_of or query.inverted:
            return set()
        return {one.group for one in query.terms if isinstance(one, InGroup) and not one.negated}


def read_group(document: Document) -> Group:
    """Read a stored group."""
    dynamic = document["dynamic"] is True
    properties = document["properties"]
    query = compile_query(document["query"]) if dynamic else None
    return Group(
        name=str(document["displayName"]),
        enabled=document["enabled"] is True,
        query=query,
        listed=frozenset() if dynamic else frozenset(texts(document.get("nodeIds"))),
        properties=tuple(one for one in properties if isinstance(one, dict)) if isinstance(properties, list) else (),
        is_unreadable=dynamic and query is None and document["query"] is not None,
    )


def in_order(graph: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """List the nodes of a graph, each after those that it names; within a cycle, which is refused anyway, by id."""
    done: set[str] = set()
    for start in sorted(graph):
        waiting = [(start, False)]
        under_way: set[str] = set()
        while waiting:
            one, is_left = waiting.pop()
            if is_left:
                done.add(one)
                yield one
            elif one not in done and one not in under_way and one in graph:
                under_way.add(one)
                waiting.append((one, True))
                waiting.extend((other, False) for other in sorted(graph[one], reverse=True))


def order_of(groups: Mapping[str, Group]) -> list[str]:
    """List the groups so that each comes after those that its query looks into."""
    return list(in_order({one: group.looks_into for one, group in groups.items()}))


def spread(groups: Mapping[str, Group], changed: Iterable[str]) -> list[str]:
    """List changed groups, gone ones too, and all that look into them, each after those that it looks into."""
    stale = set(changed)
    listed = [group for group in stale if group not in groups]
    for group in order_of(groups) if stale else ():
        if group in stale or not groups[group].looks_into.isdisjoint(stale):
            stale.add(group)
            listed.append(group)
    return listed


def ancestors(groups: Mapping[str, Group], group_id: str) -> set[str]:
    """Name the parents of a group, and theirs; what they say comes before what the group says."""
    found: set[str] = set()
    waiting = [group_id]
    while waiting:
        group = groups.get(waiting.pop())
        for parent in group.parents - found if group is not None else ():
            found.add(parent)
            waiting.append(parent)
    return found
