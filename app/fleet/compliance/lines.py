"""One line for each component of a node under each rule: what was demanded, and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.core.canonical import JSON, Document
from app.fleet.bundles.components import NO_VALUE
from app.fleet.compliance.statuses import APPLYING, AUDITED
from app.store.reports import Result, Run

GRACE_MS: Final = 5 * 60_000
"""How much later than the run frequency a report may come (Rudder's own)."""
MINUTE_MS: Final = 60_000
NO_REPORT: Final = "noReport"
CHANGES_ONLY, DISABLED = "changes-only", "reports-disabled"


class Line(NamedTuple):
    """What became of one component; `mode` is that in which the directive is run."""

    node: str
    rule: str
    directive: str
    component: str
    value: str
    status: str
    message: str
    mode: str


@dataclass(frozen=True, slots=True)
class Terms:
    """When reports are due: the time now, the minutes between runs, and the reporting mode of the tenant."""

    now: int
    run_frequency: int = 5
    reporting: str = "full-compliance"

    @property
    def lasts_ms(self) -> int:
        """How long a report holds."""
        return self.run_frequency * MINUTE_MS + GRACE_MS


class Expected(NamedTuple):
    """The bundle that a node was told, by hash, and when; `told` is None where it never asked."""

    hash: str
    bundle: Document
    told: int | None


class _Demand(NamedTuple):
    directive: str
    rules: tuple[str, ...]
    component: str
    value: str
    mode: str


def lines_of(node: str, expected: Expected, run: Run | None, terms: Terms) -> Iterator[Line]:
    """Hold the newest run of a node against what it was told."""
    demands = list(_demands(expected.bundle))
    blank = _blank_status(expected, run, terms)
    if blank is not None or run is None:
        for one in demands:
            yield from _spread(node, one, blank or NO_REPORT, "")
        return
    yield from _held_against(node, demands, run.results)


def _blank_status(expected: Expected, run: Run | None, terms: Terms) -> str | None:
    """Give the one status of all components, where their own do not count; None where they do."""
    if terms.reporting == DISABLED:
        return "reportsDisabled"
    if run is None or run.bundle != expected.hash:
        waits = expected.told is not None and terms.now - expected.told <= terms.lasts_ms
        return APPLYING if waits else NO_REPORT
    if terms.reporting != CHANGES_ONLY and terms.now - run.received > terms.lasts_ms:
        return NO_REPORT
    return None


def _held_against(node: str, demands: Sequence[_Demand], results: Sequence[Result]) -> Iterator[Line]:
    reported: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        reported.setdefault((result.directive, result.component, result.value), []).append(result)
    for one in demands:
        found = reported.get((one.directive, one.component, one.value))
        if not found:
            yield from _spread(node, one, "unexpectedMissingComponent", "The agent said nothing of it")
            continue
        # Two components may have the same name and value; they are reported in their order.
        result = found.pop(0)
        is_audit = result.status in AUDITED
        if one.mode in ("audit", "enforce") and result.status != "error" and is_audit != (one.mode == "audit"):
            yield from _spread(node, one, "badPolicyMode", result.message)
        else:
            yield from _spread(node, one, result.status, result.message)
    for left in reported.values():
        for result in left:
            unknown = _Demand(result.directive, result.rules, result.component, result.value, "")
            yield from _spread(node, unknown, "unexpectedUnknownComponent", result.message)


def _spread(node: str, one: _Demand, status: str, message: str) -> Iterator[Line]:
    for rule in one.rules:
        yield Line(node, rule, one.directive, one.component, one.value, status, message, one.mode)


def _demands(bundle: Document) -> Iterator[_Demand]:
    for entry in _objects(bundle.get("directives")):
        for component in _objects(entry.get("components")):
            named = str(component["component"]), str(component["value"])
            yield _Demand(str(entry["directive"]), _texts(entry["rules"]), *named, str(entry["mode"]))
    for fault in _objects(bundle.get("faults")):
        yield _Demand(str(fault["directive"]), _texts(fault["rules"]), str(fault["component"]), NO_VALUE, "")


def _objects(value: JSON) -> Iterator[Mapping[str, JSON]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def _texts(value: JSON) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
