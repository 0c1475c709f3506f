"""Queries of groups: which nodes belong, as data that is checked and stored unchanged."""

from collections.abc import Iterable, Iterator, Sequence

from app.core.canonical import JSON
from app.core.errors import InvalidError
from app.fleet.criteria.compiling import criterion_fault

SELECTS = ("node", "nodeAndPolicyServer")
COMPOSITIONS = ("and", "or")
TRANSFORMS = ("invert",)
MAX_CRITERIA = 1000

_CHOICES = {"select": SELECTS, "composition": COMPOSITIONS, "transform": TRANSFORMS}
_REQUIRED = ("objectType", "attribute", "comparator")


def check_query(query: JSON) -> None:
    """Refuse a query that says too little, or something that no query says.

    Raises:
        InvalidError: with every fault under its path.
    """
    faults: dict[str, list[str]] = {}
    for path, text in _faults(query):
        faults.setdefault(path, []).append(text)
    if faults:
        said = "; ".join(f"{path}: {text}" for path, texts in faults.items() for text in texts)
        rudder = "; ".join(f".{path}({texts[0]})" for path, texts in faults.items())
        raise InvalidError(said, fields=faults, rudder=f"Unexpected: {rudder}")


def _faults(query: JSON) -> Iterator[tuple[str, str]]:
    if not isinstance(query, dict):
        yield "query", 'is not an object such as {"select":"node","composition":"and","where":[...]}'
        return
    yield from _unknown(query, (*_CHOICES, "where"), "query")
    for name, allowed in _CHOICES.items():
        if name in query and query[name] not in allowed:
            yield f"query.{name}", f"'{query[name]}' is not one of: {', '.join(allowed)}"
    if "select" not in query:
        yield "query.select", f"is required; use one of: {', '.join(SELECTS)}"
    yield from _where_faults(query.get("where"))


def _where_faults(where: JSON) -> Iterator[tuple[str, str]]:
    if not isinstance(where, list):
        yield "query.where", "is required: the list of criteria"
    elif len(where) > MAX_CRITERIA:
        yield "query.where", f"has {len(where)} criteria; at most {MAX_CRITERIA} are taken"
    else:
        for number, criterion in enumerate(where):
            yield from _criterion_faults(criterion, f"query.where[{number}]")


def _criterion_faults(criterion: JSON, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(criterion, dict):
        yield path, 'is not an object such as {"objectType":"node","attribute":"osName","comparator":"eq","value":"x"}'
        return
    for name in (*_REQUIRED, "value"):
        if name in criterion and not isinstance(criterion[name], str):
            yield f"{path}.{name}", "is not a text; put it in quotes"
        elif name in _REQUIRED and not criterion.get(name):
            yield f"{path}.{name}", "is required"
    yield from _unknown(criterion, (*_REQUIRED, "value"), path)
    if all(criterion.get(name) and isinstance(criterion[name], str) for name in _REQUIRED):
        fault = criterion_fault(criterion)
        if fault is not None:
            yield f"{path}.{fault[0]}", fault[1]


def _unknown(names: Iterable[str], allowed: Sequence[str], path: str) -> Iterator[tuple[str, str]]:
    for name in names:
        if name not in allowed:
            yield f"{path}.{name}", f"unknown field; allowed are: {', '.join(allowed)}"
