"""A node's report held against what it was told: every status that is ours, and when a report holds."""

from typing import Any

import pytest

from app.fleet.bundles.compiling import compile_bundle
from app.fleet.compliance.lines import Expected, Reported, Terms, demands_of, lines_of, phase_of
from app.store.reports import Result, Run
from tests.fleet.bundles.configurations import configuration, directive, file_section, node

MINUTE = 60_000
NOW = 1_000 * MINUTE


def expected(*directives: dict[str, Any], told: int | None = NOW - MINUTE, **more: Any) -> Expected:
    given = configuration(*directives, **more)
    bundle = compile_bundle(given, node(), list(given.rules))
    return Expected(bundle.hash, demands_of(bundle.document), bundle.hash if told else None, told)


def one_file(**more: Any) -> Expected:
    return expected(directive("d-1", "fileManagement:1.0", file_section("/etc/a", "x"), **more))


def run(told: Expected, *results: Result, received: int = NOW, bundle: str | None = None) -> Run:
    return Run(
        id="run-1",
        node="n-1",
        started=received,
        ended=received,
        received=received,
        serial=1,
        bundle=bundle or told.hash,
        results=results,
    )


def result(status: str = "successAlreadyOK", value: str = "/etc/a", component: str = "File") -> Result:
    return Result("d-1", ("r-1",), component, value, status, "")


def statuses(told: Expected, reported: Run | None, was: Expected | None = None, **terms: Any) -> list[str]:
    """Give the statuses of what is told where a run of it, or of what `was` told before, came in."""
    demands = was.demands if was is not None else told.demands if reported and reported.bundle == told.hash else ()
    newest = None if reported is None else Reported(reported, demands)
    phase = phase_of(told, reported, Terms(NOW, **terms))
    return [line.status for line in lines_of("n-1", told, newest, phase)]


def test_what_is_reported_and_demanded_counts_as_reported_under_each_rule() -> None:
    told = expected(
        directive("d-1", "fileManagement:1.0", file_section("/etc/a", "x")), rules={"r-1": ["d-1"], "r-2": ["d-1"]}
    )

    reported = run(told, result("successRepaired"))
    lines = list(lines_of("n-1", told, Reported(reported, told.demands), phase_of(told, reported, Terms(NOW))))

    assert [(line.rule, line.status) for line in lines] == [("r-1", "successRepaired"), ("r-2", "successRepaired")]


def test_what_is_missing_or_surplus_is_unexpected() -> None:
    told = one_file()

    assert statuses(told, run(told)) == ["unexpectedMissingComponent"]
    assert statuses(told, run(told, result(), result(value="/etc/b"))) == [
        "successAlreadyOK",
        "unexpectedUnknownComponent",
    ]


@pytest.mark.parametrize(
    ("mode", "reported", "shown"),
    [
        ("audit", "auditCompliant", "auditCompliant"),
        ("audit", "successRepaired", "badPolicyMode"),
        ("enforce", "auditNonCompliant", "badPolicyMode"),
        ("enforce", "error", "error"),
        ("audit", "auditError", "auditError"),
    ],
)
def test_a_report_in_another_mode_than_demanded_is_told(mode: str, reported: str, shown: str) -> None:
    told = one_file(policyMode=mode)

    assert statuses(told, run(told, result(reported))) == [shown]


def test_a_report_holds_for_the_run_frequency_and_five_minutes() -> None:
    told = one_file()

    assert statuses(told, run(told, result(), received=NOW - 10 * MINUTE)) == ["successAlreadyOK"]
    assert statuses(told, run(told, result(), received=NOW - 10 * MINUTE - 1)) == ["noReport"]
    assert statuses(told, run(told, result(), received=NOW - 60 * MINUTE), run_frequency=55) == ["successAlreadyOK"]


def test_a_new_policy_is_applying_until_its_report_is_late() -> None:
    told = one_file()
    late = told._replace(since=NOW - 11 * MINUTE)
    never = told._replace(told=None, since=None)
    old = run(told, result(), bundle="0" * 64)

    assert statuses(told, old) == ["applying"]
    assert statuses(told, None) == ["applying"]
    assert statuses(late, old) == ["noReport"]
    assert statuses(never, None) == ["noReport"]


def test_what_is_new_in_a_policy_is_applying_and_what_is_as_before_keeps_its_result() -> None:
    kept = directive("d-1", "fileManagement:1.0", file_section("/etc/a", "x"), file_section("/etc/b", "x"))
    changed = directive("d-1", "fileManagement:1.0", file_section("/etc/a", "y"), file_section("/etc/b", "x"))
    before = expected(kept)
    not_told = expected(changed)._replace(told=before.hash, since=NOW - 60 * MINUTE)
    told_late = expected(changed, told=NOW - 60 * MINUTE)
    reported = run(before, result(), result("successRepaired", "/etc/b"))

    assert statuses(not_told, reported, before) == ["applying", "successRepaired"]
    assert statuses(told_late, reported, before) == ["noReport", "successRepaired"]
    silent = run(before, result(), result(value="/etc/b"), received=NOW - 60 * MINUTE)
    assert statuses(not_told, silent, before) == ["noReport", "noReport"]
    assert statuses(expected(changed), silent, before) == ["applying", "applying"]


def test_the_reporting_mode_says_whether_silence_means_anything() -> None:
    told = one_file()
    old = run(told, result(), received=NOW - 600 * MINUTE)

    assert statuses(told, old, reporting="changes-only") == ["successAlreadyOK"]
    assert statuses(told, old, reporting="reports-disabled") == ["reportsDisabled"]
    assert statuses(told, None, reporting="reports-disabled") == ["reportsDisabled"]


def test_what_could_not_be_resolved_is_demanded_and_reported_as_an_error() -> None:
    told = expected(directive("d-1", "fileManagement:1.0", file_section("/etc/a", "${rudder.param.gone}")))

    assert statuses(told, run(told, result("error", value="None"))) == ["error"]
    assert statuses(told, None) == ["applying"]


def test_what_is_wrong_with_an_instance_is_brought_by_no_rule_and_has_no_mode() -> None:
    fault = {"directive": "instances", "rules": [], "text": "a secret is to be set", "component": "Instance"}

    (demand,) = demands_of({"directives": [], "faults": [fault]})

    assert (demand.rules, demand.mode) == ((), "")
