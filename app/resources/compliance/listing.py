"""Compliance of each node and of each rule: whole lists are streamed, pages of them go by id."""

from app.changes.work import Work
from app.http.endpoint import Answer, Given
from app.resources.compliance import service
from app.resources.compliance.service import Asked


def asked_of(given: Given) -> Asked:
    """Read how deep and how exactly compliance is to be shown."""
    level, precision = given.query.get("level"), given.query.get("precision")
    usual = Asked()
    return Asked(
        level if isinstance(level, int) else usual.level,
        precision if isinstance(precision, int) else usual.precision,
    )


def show_nodes(work: Work, given: Given) -> Answer:
    """Show the compliance of each node."""
    page = given.page
    if page is None:
        return Answer(pieces=service.nodes_compliance(work, asked_of(given)))
    found = service.accepted_nodes(work, after=page.after, most=page.limit + 1)
    shown, more = found[: page.limit], len(found) > page.limit
    return Answer(
        pieces=service.nodes_compliance(work, asked_of(given), shown), page=page, next=shown[-1].id if more else None
    )


def show_rules(work: Work, given: Given) -> Answer:
    """Show the compliance of each rule."""
    page = given.page
    if page is None:
        return Answer(pieces=service.rules_compliance(work, asked_of(given)))
    found = service.rule_ids(work, after=page.after, most=page.limit + 1)
    shown, more = found[: page.limit], len(found) > page.limit
    return Answer(
        pieces=service.rules_compliance(work, asked_of(given), shown), page=page, next=shown[-1] if more else None
    )
