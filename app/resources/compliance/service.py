"""The compliance of one caller's tenant: lines of nodes, put under what was asked for."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from app.changes.work import Work
from app.core.canonical import Document
from app.core.errors import NotFoundError
from app.core.values import dataclass
from app.fleet.compliance.gathering import Gathering
from app.fleet.compliance.kept import fleet_counts
from app.fleet.compliance.lines import Line
from app.fleet.compliance.outcomes import Outcome, Tally, shared
from app.fleet.compliance.packed import NO_LINES, PackedLines
from app.fleet.compliance.statuses import compliance_of, details_of
from app.fleet.compliance.trees import MOST_LEVELS, Style, Tree, object_members
from app.fleet.fleet import missing_node
from app.fleet.references import groups_of, texts
from app.store.documents import find_document, list_documents
from app.store.hosts import Host, page_hosts
from app.store.nodes import find_node

_PLACES = {"rule": 1, "directive": 2}
"""Where the ids of a kind stand in a line."""
NODE_TREE = ("rule", "directive", "component", "value")
RULE_TREE = ("directive", "component", "node", "value")
RULE_BY_NODE = ("node", "directive", "component", "value")
DIRECTIVE_BY_RULE = ("rule", "component", "node", "value")
DIRECTIVE_BY_NODE = ("node", "rule", "component", "value")
GROUP_BY_RULE = ("rule", "directive", "component", "node", "value")
GROUP_BY_NODE = ("node", "rule", "directive", "component", "value")


@dataclass(frozen=True, slots=True)
class Asked:
    """How compliance is to be shown."""

    level: int = MOST_LEVELS
    precision: int = 2


@dataclass(frozen=True, slots=True)
class Report:
    """Lines that were gathered, ready to be shown."""

    lines: PackedLines
    style: Style
    reporting: str

    def tree(self, kind: str, one: str, *orders: Sequence[str]) -> Iterator[str]:
        """Write an object with what is below it, in each of these orders."""
        numbers = self.lines.all()
        tree = Tree(self.lines, self.style)
        members = object_members(kind, one, tree.tally(numbers), self.style, self.reporting)
        return tree.written(members, numbers, orders)

    def below(self, order: Sequence[str]) -> Iterator[str]:
        """Write what is below the object, as the elements of a list."""
        return Tree(self.lines, self.style).branches(self.lines.all(), order)

    def csv(self, order: Sequence[str]) -> Iterator[bytes]:
        """Write the lines as a table."""
        return Tree(self.lines, self.style).table(self.lines.all(), order)


def global_compliance(work: Work, asked: Asked) -> Document:
    """Give the compliance of everything, in whole percent."""
    counts = fleet_counts(work)
    return {"compliance": compliance_of(counts, 0), "complianceDetails": details_of(counts, asked.precision)}


def nodes_compliance(work: Work, asked: Asked, nodes: Sequence[Host] | None = None) -> Iterator[str]:
    """Write the compliance of each node that has to report, by id: of all, or of these."""
    gathering = Gathering.of(work)
    names, comma = gathering.names(), ""
    for part in gathering.accepted() if nodes is None else [nodes]:
        style = _style(gathering, {**names, **_hostnames(part)}, asked)
        lines = PackedLines()
        places = {node: lines.add(node, outcome) for node, outcome in gathering.outcome_of(part).items()}
        tree = Tree(lines, style)
        for node, among in places.items():
            yield comma + tree.of_node(node, among, gathering.terms.reporting, NODE_TREE)
            comma = ","


def node_report(work: Work, node_id: str, asked: Asked) -> Report:
    """Gather the lines of one node.

    Raises:
        NotFoundError: there is no such node.
    """
    if find_node(work.session, node_id) is None:
        raise missing_node(node_id)
    return _report(work, [node_id], asked)


def accepted_nodes(work: Work, *, after: str, most: int) -> list[Host]:
    """List accepted nodes by id, those behind `after`."""
    return page_hosts(work.session, after=after, most=most)


def rules_compliance(work: Work, asked: Asked, rules: Sequence[str] | None = None) -> Iterator[str]:
    """Write the compliance of each rule, by id: of all, or of these."""
    return _each(work, "rule", asked, RULE_TREE, ids=rules)


def rule_ids(work: Work, *, after: str, most: int) -> list[str]:
    """List the ids of rules, those behind `after`."""
    return [rule.id for rule in list_documents(work.session, "rule") if rule.id > after][:most]


def rule_report(work: Work, rule: str, asked: Asked) -> Report:
    """Gather the lines of one rule.

    Raises:
        NotFoundError: there is no such rule.
    """
    _demand(work, "rule", "Rule", rule)
    gathering = Gathering.of(work)
    return _report(work, gathering.fleet.nodes_of(rule), asked, lambda line: line.rule == rule)


def directives_compliance(work: Work, asked: Asked) -> Iterator[str]:
    """Write the compliance of each directive, by id."""
    return _each(work, "directive", asked, DIRECTIVE_BY_RULE, DIRECTIVE_BY_NODE)


def directive_report(work: Work, directive: str, asked: Asked) -> Report:
    """Gather the lines of one directive.

    Raises:
        NotFoundError: there is no such directive.
    """
    _demand(work, "directive", "Directive", directive)
    fleet = Gathering.of(work).fleet
    rules = [one for one in list_documents(work.session, "rule") if directive in texts(one.document["directives"])]
    nodes = sorted({node for rule in rules for node in fleet.nodes_of(rule.id)})
    return _report(work, nodes, asked, lambda line: line.directive == directive)


def group_report(work: Work, group: str, asked: Asked, *, targeted: bool) -> Report:
    """Gather the lines of a group's nodes; `targeted` keeps those of rules that name the group.

    Raises:
        NotFoundError: there is no such group.
    """
    _demand(work, "group", "Group", group)
    naming = set(_rules_naming(work, group))
    nodes = Gathering.of(work).fleet.members(group)
    return _report(work, nodes, asked, lambda line: not targeted or line.rule in naming, _group_names(work, [group]))


def groups_compliance(work: Work, groups: Sequence[str], asked: Asked) -> list[Document]:
    """Give, for each of these groups (all when none is named), the compliance by rules that name it, and by all.

    Raises:
        NotFoundError: one of them does not exist.
    """
    for group in groups:
        _demand(work, "group", "Group", group)
    named = list(groups) or [stored.id for stored in list_documents(work.session, "group")]
    naming = _groups_by_rule(work)
    gathering = Gathering.of(work)
    both = {group: (Tally(), Tally()) for group in named}
    for part in gathering.accepted():
        members = gathering.fleet.groups_among([node.id for node in part])
        found: dict[str, list[Outcome]] = {}
        for node, outcome in gathering.outcome_of(part).items():
            for group in both.keys() & members.get(node, ()):
                found.setdefault(group, []).append(outcome)
        for group, outcomes in found.items():
            _count_group(group, outcomes, both[group], naming)
    style = _style(gathering, _group_names(work, named), asked)
    reporting = gathering.terms.reporting
    return [
        {
            "id": group,
            "targeted": object_members("group", group, both[group][1], style, reporting),
            "global": object_members("group", group, both[group][0], style, reporting),
        }
        for group in named
    ]


def _count_group(
    group: str, outcomes: Sequence[Outcome], both: tuple[Tally, Tally], naming: Mapping[str, Collection[str]]
) -> None:
    """Count what became of a group's nodes: all of it, and what rules that name the group demand."""
    everything, targeted = both
    for outcome, times in shared(outcomes):
        everything.add_all(outcome.tally, times)
        for rule, tally in outcome.by(_PLACES["rule"]).items():
            if group in naming.get(rule, ()):
                targeted.add_all(tally, times)


def _report(
    work: Work,
    nodes: Sequence[str],
    asked: Asked,
    keeps: Callable[[Line], bool] | None = None,
    names: dict[tuple[str, str], str] | None = None,
) -> Report:
    """Gather the lines of nodes, or those that it `keeps`."""
    gathering = Gathering.of(work)
    known = {**gathering.names(), **(names or {})}
    found = PackedLines(keeps)
    for part in gathering.nodes(nodes):
        known |= _hostnames(part)
        for node, outcome in gathering.outcome_of(part).items():
            found.add(node, outcome)
    return Report(found, _style(gathering, known, asked), gathering.terms.reporting)


def _each(
    work: Work, kind: str, asked: Asked, *orders: Sequence[str], ids: Sequence[str] | None = None
) -> Iterator[str]:
    """Write the compliance of each object of a kind; lines are kept only where something is shown below it."""
    gathering = Gathering.of(work)
    place = _PLACES[kind]
    every = (stored.id for stored in list_documents(work.session, kind)) if ids is None else ids
    counted = {one: Tally() for one in every}
    names = gathering.names()
    lines = PackedLines(lambda line: line[place] in counted)
    for part in gathering.accepted():
        names |= _hostnames(part) if asked.level > 1 else {}
        found = gathering.outcome_of(part)
        for outcome, times in shared(found.values()):
            for one, tally in outcome.by(place).items():
                if one in counted:
                    counted[one].add_all(tally, times)
        for node, outcome in found.items() if asked.level > 1 else ():
            lines.add(node, outcome)
    style = _style(gathering, names, asked)
    tree, below = Tree(lines, style), lines.grouped(kind, lines.all())
    comma = ""
    for one, tallied in counted.items():
        yield comma
        members = object_members(kind, one, tallied, style, gathering.terms.reporting)
        yield from tree.written(members, below.get(one, NO_LINES), orders)
        comma = ","


def _style(gathering: Gathering, names: dict[tuple[str, str], str], asked: Asked) -> Style:
    return Style(names, asked.level, asked.precision, str(gathering.sources.settings["global_policy_mode"]))


def _hostnames(nodes: Iterable[Host]) -> dict[tuple[str, str], str]:
    return {("node", node.id): node.hostname for node in nodes}


def _group_names(work: Work, groups: Iterable[str]) -> dict[tuple[str, str], str]:
    stored = (find_document(work.session, "group", group) for group in groups)
    return {("group", one.id): one.name for one in stored if one is not None}


def _groups_by_rule(work: Work) -> dict[str, set[str]]:
    return {one.id: set(groups_of(one.document)) for one in list_documents(work.session, "rule")}


def _rules_naming(work: Work, group: str) -> list[str]:
    return [rule for rule, groups in _groups_by_rule(work).items() if group in groups]


def _demand(work: Work, kind: str, label: str, document_id: str) -> None:
    if find_document(work.session, kind, document_id) is None:
        text = f"{label} '{document_id}' was not found; GET /{kind}s lists those that exist"
        stray = "'" if kind == "group" else ""
        raise NotFoundError(text, rudder=f"{label} with id '{document_id}' was not found{stray}")
