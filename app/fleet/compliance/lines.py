"""One line for each component of a node under each rule: what was demanded, and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

from app.core.canonical import JSON, Document, canonical
from app.core.values import dataclass
from app.fleet.bundles.components import NO_VALUE
from app.fleet.compliance.statuses import APPLYING, AUDITED
from app.store.reports import Result

GRACE_MS: Final = 5 * 60_000
"""How much later than the run frequency a report may come (Rudder's own)."""
MINUTE_MS: Final = 60_000
FOREVER: Final = 2**62
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


class Demand(NamedTuple):
    """One component that a bundle demands; `form` is equal where it is demanded in the very same form."""

    directive: str
    rules: tuple[str, ...]
    component: str
    value: str
    mode: str
    form: bytes = b""


Demands = Sequence[Demand]


class Expected(NamedTuple):
    """What a node must do now: the bundle by hash, what it demands, and what the node was told last, and when.

    `told` and `since` are None where it never asked.
    """

    hash: str
    demands: Demands
    told: str | None
    since: int | None


class Ran(Protocol):
    """A run of an agent: which bundle, when its report came, and what it said of each component."""

    @property
    def bundle(self) -> str: ...  # noqa: D102  said above
    @property
    def received(self) -> int: ...  # noqa: D102
    @property
    def results(self) -> tuple[Result, ...]: ...  # noqa: D102


class Reported(NamedTuple):
    """The newest run of a node, and what the bundle that was run demanded; nothing where nobody knows that any more."""

    run: Ran
    demands: Demands


class Phase(NamedTuple):
    """What time makes of a node's report.

    `blank` is the one status of all components where their own do not count, `comes` whether a report of what is new
    may still come.
    """

    blank: str | None
    comes: bool


def phase_of(expected: Expected, run: Ran | None, terms: Terms) -> Phase:
    """Say what time makes of the newest run of a node."""
    is_due = _is_due(expected, terms)
    if terms.reporting == DISABLED:
        return Phase("reportsDisabled", comes=False)
    if run is None:
        return Phase(APPLYING if is_due else NO_REPORT, comes=False)
    if run.bundle == expected.hash:
        is_late = terms.reporting != CHANGES_ONLY and terms.now - run.received > terms.lasts_ms
        return Phase(NO_REPORT if is_late else None, comes=False)
    if terms.reporting != CHANGES_ONLY and terms.now - run.received > terms.lasts_ms:
        return Phase(APPLYING if is_due else NO_REPORT, comes=False)
    # A node that reports and was not told yet will be at its next run.
    return Phase(None, comes=expected.told != expected.hash or is_due)


def lasts_until(expected: Expected, run: Ran | None, terms: Terms) -> int:
    """Say until when, in milliseconds, time alone makes nothing else of the newest run of a node."""
    times = [expected.since] if run is None else [expected.since, run.received]
    ends = [time + terms.lasts_ms for time in times if time is not None]
    return min((end for end in ends if end >= terms.now), default=FOREVER)


def lines_of(node: str, expected: Expected, reported: Reported | None, phase: Phase) -> Iterator[Line]:
    """Hold the newest run of a node against what it must do now.

    What a newer policy demands in the same form as that which was run keeps its result; the rest is being applied as
    long as the node's report may take.
    """
    if phase.blank is not None or reported is None:
        for one in expected.demands:
            yield from _spread(node, one, phase.blank or NO_REPORT, "")
    elif reported.run.bundle == expected.hash:
        yield from _held_against(node, expected.demands, reported.run.results)
    else:
        yield from _carried_over(node, expected, reported, comes=phase.comes)


def _is_due(expected: Expected, terms: Terms) -> bool:
    """Tell whether the report about what the node was told last may still come."""
    return expected.since is not None and terms.now - expected.since <= terms.lasts_ms


def _carried_over(node: str, expected: Expected, reported: Reported, *, comes: bool) -> Iterator[Line]:
    results = _by_component(reported.run.results)
    known: dict[tuple[tuple[str, str, str], bytes], list[Result]] = {}
    for one in reported.demands:
        if found := results.get(_key(one)):
            known.setdefault((_key(one), one.form), []).append(found.pop(0))
    for one in expected.demands:
        kept = known.get((_key(one), one.form))
        if kept:
            yield from _judged(node, one, kept.pop(0))
        else:
            yield from _spread(node, one, APPLYING if comes else NO_REPORT, "")


def _held_against(node: str, demands: Demands, results: Sequence[Result]) -> Iterator[Line]:
    reported = _by_component(results)
    for one in demands:
        found = reported.get(_key(one))
        if found:
            # Two components may have the same name and value; they are reported in their order.
            yield from _judged(node, one, found.pop(0))
        else:
            yield from _spread(node, one, "unexpectedMissingComponent", "The agent said nothing of it")
    for left in reported.values():
        for result in left:
            unknown = Demand(result.directive, result.rules, result.component, result.value, "")
            yield from _spread(node, unknown, "unexpectedUnknownComponent", result.message)


def _by_component(results: Sequence[Result]) -> dict[tuple[str, str, str], list[Result]]:
    found: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.directive, result.component, result.value), []).append(result)
    return found


def _key(one: Demand) -> tuple[str, str, str]:
    return one.directive, one.component, one.value


def _judged(node: str, one: Demand, result: Result) -> Iterator[Line]:
    is_audit = result.status in AUDITED
    is_wrong = one.mode in ("audit", "enforce") and result.status != "error" and is_audit != (one.mode == "audit")
    yield from _spread(node, one, "badPolicyMode" if is_wrong else result.status, result.message)


def _spread(node: str, one: Demand, status: str, message: str) -> Iterator[Line]:
    for rule in one.rules:
        yield Line(node, rule, one.directive, one.component, one.value, status, message, one.mode)


def demands_of(bundle: Document) -> Demands:
    """List what a bundle demands; what could not be resolved is demanded too."""
    return [*_demands(bundle)]


def _demands(bundle: Document) -> Iterator[Demand]:
    for entry in _objects(bundle.get("directives")):
        said = {name: entry.get(name) for name in ("technique", "version", "mode")}
        for component in _objects(entry.get("components")):
            named = str(component["component"]), str(component["value"])
            form = blake2b(canonical({**said, "values": component["values"]}), digest_size=16).digest()
            yield Demand(str(entry["directive"]), _texts(entry["rules"]), *named, str(entry["mode"]), form)
    for fault in _objects(bundle.get("faults")):
        named = str(fault["component"]), NO_VALUE
        # What is wrong with an instance is brought by no rule, and has no mode of its own.
        mode, form = str(fault.get("mode", "")), str(fault["text"]).encode()
        yield Demand(str(fault["directive"]), _texts(fault["rules"]), *named, mode, form)


def _objects(value: JSON) -> Iterator[Mapping[str, JSON]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def _texts(value: JSON) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
