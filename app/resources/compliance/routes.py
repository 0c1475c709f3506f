"""Where compliance is reached: below each kind of object, and by the paths of before version 24."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from app.changes.work import Work
from app.http.answers import collected
from app.http.endpoint import BARE, TEXT, Answer, Container, Endpoint, Given, Paging, list_under, object_under
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.compliance import schema, service
from app.resources.compliance.history import HISTORY
from app.resources.compliance.listing import asked_of, show_nodes, show_rules
from app.resources.compliance.service import Asked, Report

RULES, NODES = list_under("rules"), list_under("nodes")
DIRECTIVES, DIRECTIVE = list_under("directivesCompliance"), object_under("directiveCompliance")
GROUPS = list_under("groupCompliance")
OLD_GROUPS = list_under("nodeGroups")
"""The container of the summary of all groups, up to version 23."""

View = Callable[[Work, Given], Answer]
Find = Callable[[Work, str, Asked], Report]


def _csv(given: Given, report: Report, order: Sequence[str]) -> Answer | None:
    if given.query.get("format") != "csv":
        return None
    return Answer(raw=collected(report.csv(order)), container=TEXT, content_type="text/plain; charset=utf-8")


def show_global(work: Work, given: Given) -> Answer:
    """Show the compliance of everything."""
    return Answer(items=(service.global_compliance(work, asked_of(given)),))


def show_directives(work: Work, given: Given) -> Answer:
    """Show the compliance of each directive."""
    return Answer(pieces=service.directives_compliance(work, asked_of(given)))


def show_groups(work: Work, given: Given) -> Answer:
    """Show the compliance of groups, by the rules that name them and by all."""
    named = given.query.get("groups")
    groups = [str(one) for one in named] if isinstance(named, list) else []
    return Answer.many(service.groups_compliance(work, groups, asked_of(given)))


def show_old_summary(work: Work, given: Given) -> Answer:
    """Show the compliance of groups; that of all has a container of its own."""
    answer = show_groups(work, given)
    return replace(answer, container=OLD_GROUPS) if not given.query.get("groups") else answer


def _one(kind: str, find: Find, *orders: Sequence[str]) -> View:
    """Show one object: as a tree, or as a table in the first order."""

    def show(work: Work, given: Given) -> Answer:
        report, one = find(work, given.path["id"], asked_of(given)), given.path["id"]
        return _csv(given, report, orders[0]) or Answer(pieces=report.tree(kind, one, *orders), id=one)

    return show


def _by(kind: str, find: Find, order: Sequence[str], *, whole: bool = False) -> View:
    """Show what is below one object; `whole` shows the object around it."""

    def show(work: Work, given: Given) -> Answer:
        report, one = find(work, given.path["id"], asked_of(given)), given.path["id"]
        pieces = report.tree(kind, one, order) if whole else report.below(order)
        return _csv(given, report, order) or Answer(pieces=pieces)

    return show


def _global_group(work: Work, group: str, asked: Asked) -> Report:
    return service.group_report(work, group, asked, targeted=False)


def _targeted_group(work: Work, group: str, asked: Asked) -> Report:
    return service.group_report(work, group, asked, targeted=True)


_PAGED: dict[str, Any] = {"paging": Paging()}


def _get(path: str, action: str, summary: str, view: View, container: Container, **more: Any) -> Endpoint:  # noqa: ANN401  the columns of the table below
    usual: dict[str, Any] = {
        "query": schema.TreeQuery,
        "right": "compliance_read",
        "lifespan": Lifespan(24),
        "output": schema.ComplianceSchema,
    }
    if "{id}" in path:
        usual |= {"errors": (404,), "id_from": "result"}
    return Endpoint(
        methods=("GET",), path=path, action=action, summary=summary, view=view, container=container, **(usual | more)
    )


_RULE = _one("rule", service.rule_report, service.RULE_TREE)
_NODE = _one("node", service.node_report, service.NODE_TREE)
_DIRECTIVE = _one("directive", service.directive_report, service.DIRECTIVE_BY_RULE, service.DIRECTIVE_BY_NODE)
_GROUP = _one("group", _global_group, service.GROUP_BY_RULE, service.GROUP_BY_NODE)
_TARGETED = _one("group", _targeted_group, service.GROUP_BY_RULE, service.GROUP_BY_NODE)
_OLD, _LATER = {"lifespan": Lifespan(7)}, {"lifespan": Lifespan(17)}
_FORMAT = {"query": schema.FormatQuery}

ENDPOINTS = (
    _get(
        "/compliance",
        "getGlobalCompliance",
        "Show the compliance of everything",
        show_global,
        object_under("globalCompliance"),
        query=schema.PrecisionQuery,
        output=schema.GlobalSchema,
        lifespan=Lifespan(10),
    ),
    HISTORY,
    _get("/compliance/rules", "getRulesCompliance", "Show the compliance of each rule", show_rules, RULES, **_OLD),
    _get("/compliance/rules/{id}", "getRulesComplianceId", "Show the compliance of a rule", _RULE, RULES, **_OLD),
    _get("/compliance/nodes", "getNodesCompliance", "Show the compliance of each node", show_nodes, NODES, **_OLD),
    _get("/compliance/nodes/{id}", "getNodeComplianceId", "Show the compliance of a node", _NODE, NODES, **_OLD),
    _get(
        "/compliance/directives",
        "getDirectivesCompliance",
        "Show the compliance of each directive",
        show_directives,
        DIRECTIVES,
        **_LATER,
    ),
    _get(
        "/compliance/directives/{id}",
        "getDirectiveComplianceId",
        "Show the compliance of a directive",
        _DIRECTIVE,
        DIRECTIVE,
        **_LATER,
        **_FORMAT,
    ),
    _get(
        "/compliance/summary/groups",
        "getNodeGroupComplianceSummary",
        "Show the compliance of groups",
        show_old_summary,
        GROUPS,
        query=schema.GroupsQuery,
        output=schema.GroupComplianceSchema,
        lifespan=Lifespan(17, 23),
    ),
    _get(
        "/compliance/summary/groups",
        "getNodeGroupComplianceSummary",
        "Show the compliance of groups",
        show_groups,
        GROUPS,
        query=schema.GroupsQuery,
        output=schema.GroupComplianceSchema,
    ),
    _get("/compliance/groups/{id}", "getNodeGroupComplianceId", "Show a group's compliance", _GROUP, GROUPS, **_LATER),
    _get(
        "/compliance/groups/{id}/target",
        "getNodeGroupComplianceTargetId",
        "Show a group's compliance by the rules that name it",
        _TARGETED,
        GROUPS,
        **_LATER,
    ),
    _get("/rules/compliance", "getRulesCompliance", "Show the compliance of each rule", show_rules, RULES, **_PAGED),
    _get("/rules/{id}/compliance", "getRulesComplianceId", "Show the compliance of a rule", _RULE, RULES),
    _get(
        "/rules/{id}/compliance/byDirective",
        "getRuleComplianceByDirective",
        "Show a rule's compliance by directive",
        _by("rule", service.rule_report, service.RULE_TREE, whole=True),
        BARE,
        **_FORMAT,
    ),
    _get(
        "/rules/{id}/compliance/byNode",
        "getRuleComplianceByNode",
        "Show a rule's compliance by node",
        _by("rule", service.rule_report, service.RULE_BY_NODE, whole=True),
        BARE,
        **_FORMAT,
    ),
    _get(
        "/directives/compliance",
        "getDirectivesCompliance",
        "Show the compliance of each directive",
        show_directives,
        DIRECTIVES,
    ),
    _get(
        "/directives/{id}/compliance",
        "getDirectiveComplianceId",
        "Show the compliance of a directive",
        _DIRECTIVE,
        DIRECTIVE,
    ),
    _get(
        "/directives/{id}/compliance/byNode",
        "getDirectiveComplianceByNodeId",
        "Show a directive's compliance by node",
        _by("directive", service.directive_report, service.DIRECTIVE_BY_NODE),
        NODES,
        **_FORMAT,
    ),
    _get(
        "/directives/{id}/compliance/byRule",
        "getDirectiveComplianceByRuleId",
        "Show a directive's compliance by rule",
        _by("directive", service.directive_report, service.DIRECTIVE_BY_RULE),
        RULES,
        **_FORMAT,
    ),
    _get(
        "/groups/compliance",
        "getNodeGroupCompliance",
        "Show the compliance of groups",
        show_groups,
        GROUPS,
        query=schema.GroupsQuery,
        output=schema.GroupComplianceSchema,
    ),
    _get(
        "/groups/{id}/compliance/global",
        "getGlobalNodeGroupComplianceId",
        "Show a group's compliance by all rules",
        _GROUP,
        GROUPS,
    ),
    _get(
        "/groups/{id}/compliance/targeted",
        "getTargetedNodeGroupComplianceId",
        "Show a group's compliance by the rules that name it",
        _TARGETED,
        GROUPS,
    ),
    _get(
        "/groups/{id}/compliance/global/byRule",
        "getGlobalNodeGroupComplianceByRuleId",
        "The same, by rule",
        _by("group", _global_group, service.GROUP_BY_RULE),
        RULES,
        **_FORMAT,
    ),
    _get(
        "/groups/{id}/compliance/targeted/byRule",
        "getTargetedNodeGroupComplianceByRuleId",
        "The same, by rule",
        _by("group", _targeted_group, service.GROUP_BY_RULE),
        RULES,
        **_FORMAT,
    ),
    _get(
        "/groups/{id}/compliance/global/byNode",
        "getGlobalNodeGroupComplianceByNodeId",
        "The same, by node",
        _by("group", _global_group, service.GROUP_BY_NODE),
        NODES,
        **_FORMAT,
    ),
    _get(
        "/groups/{id}/compliance/targeted/byNode",
        "getTargetedNodeGroupComplianceByNodeId",
        "The same, by node",
        _by("group", _targeted_group, service.GROUP_BY_NODE),
        NODES,
        **_FORMAT,
    ),
    _get("/nodes/compliance", "getNodesCompliance", "Show the compliance of each node", show_nodes, NODES, **_PAGED),
    _get("/nodes/{id}/compliance", "getNodeComplianceId", "Show the compliance of a node", _NODE, NODES, **_FORMAT),
)

RESOURCE = Resource(name="compliance", endpoints=ENDPOINTS)
