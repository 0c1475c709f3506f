"""The compliance of one caller's tenant: lines of nodes, put under what was asked for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.changes.work import Work
from app.core.canonical import Document
from app.core.errors import NotFoundError
from app.fleet.compliance.gathering import Gathering
from app.fleet.compliance.lines import Line
from app.fleet.compliance.statuses import Counts, compliance_of, details_of
from app.fleet.compliance.trees import MOST_LEVELS, Style, Tally, branches, object_members, table, tally
from app.fleet.fleet import missing_node
from app.fleet.references import groups_of, texts
from app.http.endpoint import Page
from app.store.documents import find_document, list_documents
from app.store.nodes import Node, find_node

_PLACES = {"node": 0, "rule": 1, "directive": 2}
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

    lines: Sequence[Line]
    style: Style
    reporting: str

    def tree(self, kind: str, one: str, *orders: Sequence[str]) -> Document:
        """Show an object with what is below it, in each of these orders."""
        members = object_members(kind, one, tally(self.lines), self.style, self.reporting)
        for order in orders:
            members |= branches(self.lines, order, self.style)
        return members

    def csv(self, order: Sequence[str]) -> str:
        """Show the lines as a table."""
        return table(self.lines, order, self.style)

    def about(self, kind: str, one: str) -> "Report":
        """Keep the lines of one rule, directive or node."""
        place = _PLACES[kind]
        return Report([line for line in self.lines if line[place] == one], self.style, self.reporting)

    def of_rules(self, rules: Iterable[str]) -> "Report":
        """Keep the lines of some rules."""
        wanted = set(rules)
        return Report([line for line in self.lines if line.rule in wanted], self.style, self.reporting)


def global_compliance(work: Work, asked: Asked) -> Document:
    """Give the compliance of everything, in whole percent."""
    gathering = Gathering.of(work)
    counts: Counts = Counter()
    for part in gathering.accepted():
        for lines in gathering.lines(part).values():
            counts.update(line.status for line in lines)
    whole = compliance_of(counts, 0)
    return {"compliance": whole, "complianceDetails": details_of(counts, asked.precision)}


def nodes_compliance(work: Work, asked: Asked, page: Page | None = None) -> Iterator[Document]:
    """Give the compliance of each node that has to report, by id; of a page, as many as it may have need of."""
    gathering = Gathering.of(work)
    names = gathering.names()
    parts = gathering.accepted() if page is None else gathering.accepted(after=page.after, most=page.limit + 1)
    for part in parts:
        style = _style(gathering, {**names, **_hostnames(part)}, asked)
        for node, lines in gathering.lines(part).items():
            yield Report(lines, style, gathering.terms.reporting).tree("node", node, NODE_TREE)


def node_report(work: Work, node_id: str, asked: Asked) -> Report:
    """Gather the lines of one node.

    Raises:
        NotFoundError: there is no such node.
    """
    if find_node(work.session, node_id) is None:
        raise missing_node(node_id)
    return _report(work, [node_id], asked)


def rules_compliance(work: Work, asked: Asked, page: Page | None = None) -> list[Document]:
    """Give the compliance of each rule, by id; of a page, one more than it shows."""
    rules = [stored.id for stored in list_documents(work.session, "rule")]
    if page is not None:
        rules = [rule for rule in rules if rule > page.after][: page.limit + 1]
    if asked.level == 1:
        return _flat(work, "rule", asked, rules)
    report = _report(work, None, asked)
    return [report_of.tree("rule", rule, RULE_TREE) for rule, report_of in _split(report, "rule", rules)]


def rule_report(work: Work, rule: str, asked: Asked) -> Report:
    """Gather the lines of one rule.

    Raises:
        NotFoundError: there is no such rule.
    """
    _demand(work, "rule", "Rule", rule)
    gathering = Gathering.of(work)
    return _report(work, gathering.fleet.nodes_of(rule), asked).about("rule", rule)


def directives_compliance(work: Work, asked: Asked) -> list[Document]:
    """Give the compliance of each directive, by id."""
    directives = [stored.id for stored in list_documents(work.session, "directive")]
    if asked.level == 1:
        return _flat(work, "directive", asked, directives)
    report = _report(work, None, asked)
    return [
        report_of.tree("directive", one, DIRECTIVE_BY_RULE, DIRECTIVE_BY_NODE)
        for one, report_of in _split(report, "directive", directives)
    ]


def directive_report(work: Work, directive: str, asked: Asked) -> Report:
    """Gather the lines of one directive.

    Raises:
        NotFoundError: there is no such directive.
    """
    _demand(work, "directive", "Directive", directive)
    fleet = Gathering.of(work).fleet
    rules = [one for one in list_documents(work.session, "rule") if directive in texts(one.document["directives"])]
    nodes = sorted({node for rule in rules for node in fleet.nodes_of(rule.id)})
    return _report(work, nodes, asked).about("directive", directive)


def group_report(work: Work, group: str, asked: Asked, *, targeted: bool) -> Report:
    """Gather the lines of a group's nodes; `targeted` keeps those of rules that name the group.

    Raises:
        NotFoundError: there is no such group.
    """
    _demand(work, "group", "Group", group)
    report = _report(work, Gathering.of(work).fleet.members(group), asked, _group_names(work, [group]))
    return report.of_rules(_rules_naming(work, group)) if targeted else report


def groups_compliance(work: Work, groups: Sequence[str], asked: Asked) -> list[Document]:
    """Give, for each of these groups (all when none is named), the compliance by rules that name it, and by all.

    Raises:
        NotFoundError: one of them does not exist.
    """
    named = groups or [stored.id for stored in list_documents(work.session, "group")]
    flat = Asked(1, asked.precision)
    shown: list[Document] = []
    for group in named:
        both = group_report(work, group, flat, targeted=False)
        targeted = both.of_rules(_rules_naming(work, group))
        shown.append({"id": group, "targeted": targeted.tree("group", group), "global": both.tree("group", group)})
    return shown


def _report(
    work: Work, nodes: Sequence[str] | None, asked: Asked, names: dict[tuple[str, str], str] | None = None
) -> Report:
    """Gather the lines of nodes; None for all."""
    gathering = Gathering.of(work)
    known = {**gathering.names(), **(names or {})}
    found: list[Line] = []
    for part in gathering.accepted() if nodes is None else gathering.nodes(nodes):
        known |= _hostnames(part)
        for lines in gathering.lines(part).values():
            found.extend(lines)
    return Report(found, _style(gathering, known, asked), gathering.terms.reporting)


def _flat(work: Work, kind: str, asked: Asked, ids: Iterable[str]) -> list[Document]:
    """Count what belongs to each of these objects without keeping the lines of a whole fleet."""
    gathering = Gathering.of(work)
    place = _PLACES[kind]
    counted = {one: Tally() for one in ids}
    for part in gathering.accepted():
        for line in (line for lines in gathering.lines(part).values() for line in lines):
            if line[place] in counted:
                counted[line[place]].add(line)
    style = _style(gathering, gathering.names(), asked)
    return [object_members(kind, one, tallied, style, gathering.terms.reporting) for one, tallied in counted.items()]


def _split(report: Report, kind: str, ids: Sequence[str]) -> Iterator[tuple[str, Report]]:
    """Give the lines of each object, in one pass over all."""
    place = _PLACES[kind]
    grouped: dict[str, list[Line]] = {}
    for line in report.lines:
        grouped.setdefault(line[place], []).append(line)
    for one in ids:
        yield one, Report(grouped.get(one, []), report.style, report.reporting)


def _style(gathering: Gathering, names: dict[tuple[str, str], str], asked: Asked) -> Style:
    return Style(names, asked.level, asked.precision, str(gathering.sources.settings["global_policy_mode"]))


def _hostnames(nodes: Iterable[Node]) -> dict[tuple[str, str], str]:
    return {("node", node.id): node.hostname for node in nodes}


def _group_names(work: Work, groups: Iterable[str]) -> dict[tuple[str, str], str]:
    stored = (find_document(work.session, "group", group) for group in groups)
    return {("group", one.id): one.name for one in stored if one is not None}


def _rules_naming(work: Work, group: str) -> list[str]:
    return [one.id for one in list_documents(work.session, "rule") if group in groups_of(one.document)]


def _demand(work: Work, kind: str, label: str, document_id: str) -> None:
    if find_document(work.session, kind, document_id) is None:
        text = f"{label} '{document_id}' was not found; GET /{kind}s lists those that exist"
        stray = "'" if kind == "group" else ""
        raise NotFoundError(text, rudder=f"{label} with id '{document_id}' was not found{stray}")
