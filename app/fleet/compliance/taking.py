"""Reads what an agent reports: runs, each whole or refused with all its faults."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.compliance.statuses import REPORTED, count
from app.store.reports import Result, Run

MOST_RUNS: Final = 100
MOST_RESULTS: Final = 20_000
MOST_FAULTS: Final = 20
LONGEST_MESSAGE: Final = 8_000
_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_HASH = re.compile(r"[0-9a-f]{64}")
_RUN = ("id", "serial", "bundle", "start", "end", "results")
_RESULT = ("directive", "rules", "component", "value", "status", "message")
_LATEST_MS: Final = 2**53 - 1


def read_runs(body: JSON, node: str, *, now_ms: int) -> list[Run]:
    """Read `{"runs": [...]}`; a message that is too long is cut, everything else that does not fit is refused.

    Raises:
        InvalidError: with every fault under its path.
    """
    faults: dict[str, list[str]] = {}
    given = body.get("runs") if isinstance(body, dict) else None
    if not isinstance(given, list) or not isinstance(body, dict) or body.keys() != {"runs"}:
        faults["runs"] = ['the body must be {"runs": [...]}']
    elif len(given) > MOST_RUNS:
        faults["runs"] = [f"are {len(given)}; at most {MOST_RUNS} are taken at once"]
    else:
        for number, run in enumerate(given):
            for path, text in _run_faults(run, f"runs[{number}]"):
                if len(faults) < MOST_FAULTS:
                    faults.setdefault(path, []).append(text)
    if faults:
        raise InvalidError("; ".join(f"{path}: {texts[0]}" for path, texts in faults.items()), fields=faults)
    return [_run(run, node, now_ms) for run in given if isinstance(run, dict)] if isinstance(given, list) else []


def _run_faults(run: JSON, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(run, dict):
        yield path, f"is no object with {', '.join(_RUN)}"
        return
    yield from _names(run, _RUN, path)
    if not isinstance(run.get("id"), str) or _ID.fullmatch(str(run["id"])) is None:
        yield f"{path}.id", "is not 1 to 100 of A-Z, a-z, 0-9, . _ : -"
    if not isinstance(run.get("bundle"), str) or _HASH.fullmatch(str(run["bundle"])) is None:
        yield f"{path}.bundle", "is not the hash of a bundle, 64 hexadecimal digits"
    for name in ("serial", "start", "end"):
        value = run.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LATEST_MS:
            yield f"{path}.{name}", "is not an integer from 0"
    yield from _results_faults(run.get("results"), f"{path}.results")


def _results_faults(results: JSON, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(results, list):
        yield path, "is not a list"
    elif len(results) > MOST_RESULTS:
        yield path, f"has {len(results)} results; at most {MOST_RESULTS} are taken"
    else:
        for number, result in enumerate(results):
            yield from _result_faults(result, f"{path}[{number}]")


def _result_faults(result: JSON, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(result, dict):
        yield path, f"is no object with {', '.join(_RESULT)}"
        return
    yield from _names(result, _RESULT, path)
    for name in ("directive", "component", "value", "message"):
        if not isinstance(result.get(name), str):
            yield f"{path}.{name}", "is not a text"
    rules = result.get("rules")
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        yield f"{path}.rules", "is not a list of ids"
    if result.get("status") not in REPORTED:
        yield f"{path}.status", f"'{str(result.get('status'))[:60]}' is not one of: {', '.join(REPORTED)}"


def _names(given: Mapping[str, JSON], allowed: tuple[str, ...], path: str) -> Iterator[tuple[str, str]]:
    for name in sorted(given.keys() - set(allowed)):
        yield f"{path}.{name[:60]}", f"unknown field; allowed are: {', '.join(allowed)}"


def _run(run: Document, node: str, now_ms: int) -> Run:
    given = run["results"]
    results = tuple(_result(one) for one in (given if isinstance(given, list) else ()) if isinstance(one, dict))
    # A node's clock may be wrong; a run that ended in the future would hide all later ones.
    ended = min(int(str(run["end"])), now_ms)
    return Run(
        id=str(run["id"]),
        node=node,
        started=min(int(str(run["start"])), ended),
        ended=ended,
        received=now_ms,
        serial=int(str(run["serial"])),
        bundle=str(run["bundle"]),
        counts=dict(count(result.status for result in results)),
        results=results,
    )


def _result(one: Document) -> Result:
    rules = one["rules"]
    return Result(
        directive=str(one["directive"]),
        rules=tuple(map(str, rules)) if isinstance(rules, list) else (),
        component=str(one["component"]),
        value=str(one["value"]),
        status=str(one["status"]),
        message=str(one["message"])[:LONGEST_MESSAGE],
    )
