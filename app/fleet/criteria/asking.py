"""Asking one node: the plain way, for single nodes and as the measure of the index."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from app.fleet.criteria.comparing import Value
from app.fleet.criteria.compiling import Facet, InGroup, Query, Term

Elements = Callable[[Facet], AbstractSet[Value]]
"""Gives what the node has of a facet."""


def finds(query: Query, elements: Elements, *, is_server: bool, is_in: Callable[[str], bool]) -> bool:
    """Tell whether a query finds a node; `is_in` says whether the node is in a group."""
    if is_server and not query.with_servers:
        return False
    answers = (_holds(term, elements, is_in) for term in query.terms)
    found = any(answers) if query.any_of else all(answers)
    return found != query.inverted


def _holds(term: Term | InGroup, elements: Elements, is_in: Callable[[str], bool]) -> bool:
    if isinstance(term, InGroup):
        return is_in(term.group) != term.negated
    if term.exact is not None:
        return (term.exact in elements(term.facet)) != term.negated
    return any(map(term.test, elements(term.facet))) != term.negated
