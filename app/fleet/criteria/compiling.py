"""A query as it is stored, made into terms that can be asked of a node or of an index."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from app.core.canonical import JSON, canonical, load
from app.core.values import dataclass
from app.fleet.criteria.attributes import (
    GROUP,
    GROUP_ID,
    PAIRED,
    WHOLE,
    attributes_of,
    object_types,
    pairs,
)
from app.fleet.criteria.comparing import Comparison, Test, Value
from app.fleet.criteria.parts import PARTS
from app.store.nodes import Node

Facet = tuple[str, str]
"""What elements are of: an object type, and the attribute where the type is the node itself, else nothing."""


class Term(NamedTuple):
    """A demand on a node: some element of a facet passes the test, or (negated) none does.

    Where only one element can pass, it is `exact`.
    """

    facet: Facet
    test: Test
    negated: bool = False
    exact: Value | None = None


class InGroup(NamedTuple):
    """A demand on a node: it is in a group, or (negated) it is not."""

    group: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What a query asks: every term, or any of them; `inverted` takes all other nodes."""

    terms: tuple[Term | InGroup, ...]
    any_of: bool = False
    inverted: bool = False
    with_servers: bool = False

    @property
    def facets(self) -> set[Facet]:
        """Name the facets that must be known to answer it."""
        return {term.facet for term in self.terms if isinstance(term, Term)}

    @property
    def groups(self) -> set[str]:
        """Name the groups that it looks into."""
        return {term.group for term in self.terms if isinstance(term, InGroup)}


def elements_of(facet: Facet, node: Node) -> set[Value]:
    """Give what a node has of a facet."""
    object_type, attribute = facet
    if object_type in WHOLE:
        return set(WHOLE[object_type][attribute].values(node))
    if object_type in PARTS:
        return set(PARTS[object_type].elements(node.inventory))
    return set(pairs(object_type, node))


def criterion_fault(criterion: Mapping[str, JSON]) -> tuple[str, str] | None:
    """Say which member of a criterion of texts is wrong, and how; None when it can be asked."""
    object_type, attribute = str(criterion["objectType"]), str(criterion["attribute"])
    if object_type not in object_types():
        return "objectType", f"'{object_type[:60]}' is no object type; use one of: {', '.join(object_types())}"
    known = attributes_of(object_type)
    if attribute not in known:
        return "attribute", f"'{attribute[:60]}' is no attribute of {object_type}; use one of: {', '.join(known)}"
    comparator = _comparator(criterion, known[attribute])
    if comparator is None:
        given = str(criterion["comparator"])[:60]
        listed = ", ".join(known[attribute])
        return "comparator", f"'{given}' is no comparator of {object_type}.{attribute}; use one of: {listed}"
    try:
        if object_type != GROUP:
            _comparison(object_type, attribute, comparator, _value(criterion))
    except ValueError as fault:
        return "value", f"'{_value(criterion)[:60]}' {fault}"
    if object_type == GROUP and not _value(criterion):
        return "value", "is required: the id of a group"
    return None


def groups_in_query(query: JSON) -> set[str]:
    """Name the groups that a stored query looks into."""
    where = query.get("where") if isinstance(query, dict) else None
    return {
        _value(one)
        for one in (where if isinstance(where, list) else ())
        if isinstance(one, dict) and (one.get("objectType"), one.get("attribute")) == (GROUP, GROUP_ID)
    }


def compile_query(query: JSON) -> Query | None:
    """Make terms of a stored query; None for one that finds nothing, because it cannot be asked or there is none."""
    return _compiled(canonical(query)) if isinstance(query, dict) else None


@lru_cache(maxsize=4096)
def _compiled(text: bytes) -> Query | None:
    query = load(text)
    where = query.get("where") if isinstance(query, dict) else None
    if not isinstance(query, dict) or not isinstance(where, list):
        return None
    criteria = [one for one in where if isinstance(one, dict)]
    if len(criteria) < len(where) or any(_is_unreadable(one) for one in criteria):
        return None
    any_of = query.get("composition") == "or"
    return Query(
        terms=tuple(_alone(one) for one in criteria) if any_of else tuple(_together(criteria)),
        any_of=any_of,
        inverted=query.get("transform") == "invert",
        with_servers=query.get("select") == "nodeAndPolicyServer",
    )


def _is_unreadable(criterion: Mapping[str, JSON]) -> bool:
    texts = all(isinstance(criterion.get(name), str) for name in ("objectType", "attribute", "comparator"))
    return not texts or criterion_fault(criterion) is not None


def _together(criteria: Sequence[Mapping[str, JSON]]) -> Iterable[Term | InGroup]:
    """Make the terms of lines that must all hold.

    Lines about one type of part must hold for the same part (an openssl older than 3); when all of them are negated,
    no part may be what any of them denies.
    """
    about: dict[str, list[tuple[int, Comparison]]] = {}
    for one in criteria:
        object_type = str(one["objectType"])
        if object_type not in PARTS:
            yield _alone(one)
            continue
        place = list(PARTS[object_type].attributes).index(str(one["attribute"]))
        about.setdefault(object_type, []).append((place, _of(one)))
    for object_type, lines in about.items():
        if all(comparison.negated for _, comparison in lines):
            for place, comparison in lines:
                yield Term((object_type, ""), _of_part([(place, comparison.test, False)]), negated=True)
        else:
            tests = [(place, comparison.test, comparison.negated) for place, comparison in lines]
            yield Term((object_type, ""), _of_part(tests))


def _alone(criterion: Mapping[str, JSON]) -> Term | InGroup:
    object_type, attribute = str(criterion["objectType"]), str(criterion["attribute"])
    if object_type == GROUP:
        return InGroup(_value(criterion), negated=_comparator(criterion, ("eq", "notEq")) == "notEq")
    found = _of(criterion)
    if object_type in PARTS:
        place = list(PARTS[object_type].attributes).index(attribute)
        return Term((object_type, ""), _of_part([(place, found.test, False)]), negated=found.negated)
    facet = (object_type, attribute if object_type in WHOLE else "")
    return Term(facet, found.test, negated=found.negated, exact=found.exact)


def _of_part(tests: Sequence[tuple[int, Test, bool]]) -> Test:
    def test(element: Value) -> bool:
        if not isinstance(element, tuple):
            return False
        return all((element[place] is not None and one(element[place])) != denied for place, one, denied in tests)

    return test


def _of(criterion: Mapping[str, JSON]) -> Comparison:
    object_type, attribute = str(criterion["objectType"]), str(criterion["attribute"])
    comparator = _comparator(criterion, attributes_of(object_type)[attribute])
    return _comparison(object_type, attribute, str(comparator), _value(criterion))


def _comparison(object_type: str, attribute: str, comparator: str, value: str) -> Comparison:
    if object_type in WHOLE:
        return WHOLE[object_type][attribute].type.compare(comparator, value)
    if object_type in PARTS:
        return PARTS[object_type].attributes[attribute].type.compare(comparator, value)
    return PAIRED[object_type].compare(comparator, value)


def _comparator(criterion: Mapping[str, JSON], allowed: Iterable[str]) -> str | None:
    """Find the comparator that is meant, in any case, as Rudder does."""
    given = str(criterion["comparator"]).lower()
    return next((one for one in allowed if one.lower() == given), None)


def _value(criterion: Mapping[str, JSON]) -> str:
    value = criterion.get("value")
    return value if isinstance(value, str) else ""
