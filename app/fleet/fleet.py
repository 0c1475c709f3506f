"""What a caller may ask of their tenant's fleet."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeGuard

from app.changes.change import Change
from app.changes.following import Followers
from app.changes.review.reach import Reached
from app.changes.view import FindNodes
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.deadline import refuse_overdue
from app.core.errors import NotFoundError
from app.core.values import dataclass
from app.fleet.criteria.asking import finds
from app.fleet.criteria.compiling import Query, compile_query, elements_of
from app.fleet.index.fleet import FLEET, FleetIndex
from app.fleet.index.groups import ancestors
from app.fleet.index.reach import touched
from app.fleet.inheriting import Inherited, Level, inherited
from app.fleet.references import texts
from app.store.db import Database
from app.store.documents import Stored, list_documents
from app.store.nodes import Node, find_node
from app.store.session import TenantSession

if TYPE_CHECKING:
    from app.fleet.index.sight import Sight

Documents = Mapping[tuple[str, str], Stored | None]

EVERY: Final = 2**31
"""More nodes than there are."""


@dataclass(frozen=True, slots=True)
class AppliedDirective:
    """A directive that is applied on a node, and the rules that bring it, in their order."""

    id: str
    priority: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a node stands: its groups by id, the rules applied on it by name, and their directives.

    Directives are in the order in which they are applied and override each other: by priority (the lower number first),
    then by the names of rule and directive. Those that are disabled, or made of a disabled technique, are left out.
    """

    node: Node
    groups: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    directives: tuple[AppliedDirective, ...] = ()


@dataclass(frozen=True, slots=True)
class Fleet:
    """The fleet as of one look at the database; each answer is the caller's own."""

    index: FleetIndex
    session: TenantSession
    epoch: int

    @classmethod
    def of(cls, work: Work) -> "Fleet":
        """Look at the fleet of the caller's tenant."""
        return cls.seen_by(work.session, work.derived(FLEET))

    @classmethod
    def seen_by(cls, session: TenantSession, index: FleetIndex) -> "Fleet":
        """Look at a fleet whose documents have just been followed up to the session's head."""
        return cls(index, session, session.newest_epoch())

    def members(self, group: str) -> list[str]:
        """Name the nodes of a group, sorted."""
        with self.index.reading(self.session, self.epoch) as sight:
            return sight.nodes.ids_of(sight.members_of(group))

    def groups_of(self, node_id: str) -> list[str]:
        """Name the groups of a node, sorted."""
        with self.index.reading(self.session, self.epoch) as sight:
            return _groups_of(sight, node_id)

    def groups_among(self, node_ids: Iterable[str]) -> dict[str, list[str]]:
        """Name the groups of each of these nodes, looking at each group once."""
        with self.index.reading(self.session, self.epoch) as sight:
            nodes = sight.nodes
            numbers = nodes.numbers_of(node_ids)
            found: dict[str, list[str]] = {}
            for group, members in sight.members.items():
                for number in members & numbers:
                    found.setdefault(nodes.id_of(number), []).append(group)
        return found

    def targeting(self, node_id: str) -> list[str]:
        """Name the rules whose targets have a node, applied or not, sorted."""
        with self.index.reading(self.session, self.epoch) as sight:
            number = sight.nodes.number_of(node_id)
            return [] if number is None else sorted(sight.targeting(number))

    def directives_targeting(self, node_id: str) -> list[str]:
        """Name the directives of those rules, sorted."""
        with self.index.reading(self.session, self.epoch) as sight:
            number = sight.nodes.number_of(node_id)
            rules = [] if number is None else sight.targeting(number)
            return sorted({one for rule in rules for one in texts(sight.rules[rule]["directives"])})

    def nodes_of(self, rule: str) -> list[str]:
        """Name the nodes on which a rule is applied, sorted."""
        with self.index.reading(self.session, self.epoch) as sight:
            return sight.nodes.ids_of(sight.applied(rule))

    def node(self, node_id: str) -> Standing:
        """Say where a node stands; only an accepted one has groups and rules.

        Raises:
            NotFoundError: there is no such node.
        """
        node = find_node(self.session, node_id)
        if node is None:
            raise missing_node(node_id)
        with self.index.reading(self.session, self.epoch) as sight:
            number = sight.nodes.number_of(node_id)
            if number is None:
                return Standing(node)
            rules = sight.rules_on(number)
            return Standing(node, tuple(_groups_of(sight, node_id)), tuple(rules), _directives(sight, rules))

    def find(self, query: Query, *, after: str = "", most: int) -> list[str]:
        """Name at most so many accepted nodes that a query finds, sorted, from behind `after`."""
        with self.index.reading(self.session, self.epoch) as sight:
            self.index.look_at(self.session, query.facets)
            found = sight.nodes.find(query, sight.members_of, refuse_overdue)
            return sight.nodes.page(found, after=after, most=most)

    def finds(self, query: Query, node: Node) -> bool:
        """Tell whether a query finds a node that need not be accepted; one that is not is in no group."""
        groups = set(self.groups_of(node.id)) if query.groups else set()
        return finds(
            query,
            lambda facet: elements_of(facet, node),
            is_server=node.is_policy_server,
            is_in=groups.__contains__,
        )

    def properties_of_node(self, node: Node) -> list[Inherited]:
        """Give the properties of a node: its own over those of its groups over the tenant's parameters."""
        with self.index.reading(self.session, self.epoch) as sight:
            groups = _groups_of(sight, node.id)
            levels = _levels(sight, groups)
        own = Level("node", node.id, node.hostname, tuple(node.properties))
        return inherited([*_parameters(self.session), *levels, own])

    def properties_of_group(self, group: str) -> list[Inherited]:
        """Give the properties of a group: its own over those of the groups it is part of over parameters."""
        with self.index.reading(self.session, self.epoch) as sight:
            levels = _levels(sight, [*ancestors(sight.groups, group), group])
        return inherited([*_parameters(self.session), *levels])

    def rule_computed(self, rule: Document) -> dict[str, JSON]:
        """Give the computed members of a rule: its status and its policy mode."""
        with self.index.reading(self.session, self.epoch) as sight:
            return sight.computed(rule)

    def touched(self, changes: Sequence[Change], also: Documents = MappingProxyType({})) -> list[Reached]:
        """Say what each change of a set reaches; `also` are documents that differ from those that were followed."""
        with self.weighing(*_sides(changes, also)) as (before, after):
            return touched(changes, before, after)

    def rules_around(
        self, changes: Sequence[Change], node_ids: Sequence[str], also: Documents = MappingProxyType({})
    ) -> dict[str, tuple[list[str], list[str]]]:
        """Name the rules that are applied on nodes before and after a change set: what a preview compiles."""
        with self.weighing(*_sides(changes, also)) as (before, after):
            numbers = {one: before.nodes.number_of(one) for one in node_ids}
            return {
                one: (before.rules_on(number), after.rules_on(number))
                for one, number in numbers.items()
                if number is not None
            }

    @contextmanager
    def weighing(self, old: Documents, new: Documents) -> Iterator[tuple["Sight", "Sight"]]:
        """Give the sights with documents as they were and as they will be; nobody else reads the fleet meanwhile.

        What they say of members stays readable afterwards; it is then what it was now.
        """
        queries = [stored.document.get("query") for stored in (*old.values(), *new.values()) if _is_group(stored)]
        compiled = [query for one in queries if (query := compile_query(one)) is not None]
        with self.index.reading(self.session, self.epoch) as sight:
            self.index.look_at(self.session, set().union(*(query.facets for query in compiled)))
            yield sight.changed(old), sight.changed(new)

    @property
    def texts(self) -> dict[str, tuple[str, bytes]]:
        """Give the kept texts of rules' computed members, current as of now."""
        return self.index.present_texts(self.session, self.epoch)


def _sides(changes: Sequence[Change], also: Documents) -> tuple[Documents, Documents]:
    old = {(one.kind, one.id): one.before for one in changes}
    new = {(one.kind, one.id): one.after for one in changes}
    return {**also, **old}, {**also, **new}


def _is_group(stored: Stored | None) -> TypeGuard[Stored]:
    return stored is not None and stored.kind == "group"


def missing_node(node_id: str) -> NotFoundError:
    """Build the error for a node that is not there."""
    return NotFoundError(
        f"Node '{node_id}' was not found; GET /nodes and GET /nodes/pending list those that exist",
        rudder=f"Node with id '{node_id}' was not found",
    )


def _groups_of(sight: "Sight", node_id: str) -> list[str]:
    number = sight.nodes.number_of(node_id)
    return [] if number is None else sorted(one for one, members in sight.members.items() if number in members)


def _directives(sight: "Sight", rules: list[str]) -> tuple[AppliedDirective, ...]:
    brought: dict[str, list[str]] = {}
    for rule in rules:
        for directive in texts(sight.rules[rule]["directives"]):
            if sight.parts.is_on(directive):
                brought.setdefault(directive, []).append(rule)
    place = {rule: number for number, rule in enumerate(rules)}
    facts = sight.parts.directives
    ordered = sorted(brought, key=lambda one: (facts[one].priority, place[brought[one][0]], facts[one].name, one))
    return tuple(AppliedDirective(one, facts[one].priority, tuple(brought[one])) for one in ordered)


def _levels(sight: "Sight", groups: Collection[str]) -> list[Level]:
    """Give the properties of groups, each with the groups that it refines."""
    known = [(one, sight.groups[one]) for one in sorted(groups) if one in sight.groups]
    return [
        Level("group", one, group.name, group.properties, frozenset(ancestors(sight.groups, one)))
        for one, group in known
        if group.enabled
    ]


def _parameters(session: TenantSession) -> list[Level]:
    listed: list[Mapping[str, JSON]] = [
        {**stored.document, "name": stored.id} for stored in list_documents(session, "parameter")
    ]
    return [Level("global", "", "Global parameter", listed)]


def node_finder(database: Database, followers: Followers) -> FindNodes:
    """Make what names the nodes of a tenant that a stored query finds, for whoever has no session of their own."""

    def find_nodes(tenant: str, query: JSON) -> Sequence[str]:
        compiled = compile_query(query)
        if compiled is None:
            return ()
        session = TenantSession(database, tenant)
        try:
            index = followers.get(session, FLEET)
            return Fleet.seen_by(session, index).find(compiled, most=EVERY)
        finally:
            session.release()

    return find_nodes
