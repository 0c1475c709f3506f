"""What a row of the benchmark says, how it is measured side by side, and how the table is printed."""

import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass

HEADINGS = ("row", "what", "figure", "floor", "naive", "ratio", "goal", "holds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table; `holds` is None where the line is only for information."""

    row: str
    what: str
    figure: str
    floor: str = ""
    naive: str = ""
    ratio: str = ""
    goal: str = ""
    holds: bool | None = None


def at_least(ratio: float, goal: float) -> Mapping[str, object]:
    """Fill in the ratio, the goal and whether it holds, where more is better."""
    return {"ratio": f"{ratio:.2f}", "goal": f">= {goal:g}", "holds": ratio >= goal}


def at_most(ratio: float, goal: float, unit: str = "") -> Mapping[str, object]:
    """Fill in the ratio, the goal and whether it holds, where less is better."""
    return {"ratio": f"{ratio:.2f}{unit}", "goal": f"<= {goal:g}{unit}", "holds": ratio <= goal}


def seconds_of(act: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Run something once and say how long it took."""
    started = clock()
    act()
    return clock() - started


def side_by_side(rounds: int, acts: Mapping[str, Callable[[], object]], *, waits: bool = True) -> dict[str, float]:
    """Run every act once a round, in turn, and give the median seconds of each: noise then meets all of them.

    Acts that wait for nothing (`waits` false) are measured in seconds of the processor, which this process and those
    that it started and waited for took, without what others took.
    """
    clock = time.perf_counter if waits else _processor_s
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for number in range(rounds):
        # In every other round backwards, so that none of them always comes after the same one.
        for name in list(acts)[:: -1 if number % 2 else 1]:
            gc.collect()
            taken[name].append(seconds_of(acts[name], clock))
    return {name: statistics.median(values) for name, values in taken.items()}


def _processor_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def rate(per_second: float) -> str:
    """Write a rate."""
    return f"{per_second:,.0f}/s"


def duration(seconds: float) -> str:
    """Write a duration."""
    return f"{seconds * 1e6:,.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:,.2f} ms"


def say(text: str) -> None:
    """Tell the person who waits what is going on."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def table(figures: Iterable[Figure]) -> str:
    """Write the figures as a Markdown table with aligned columns."""
    rows: list[Sequence[str]] = [HEADINGS]
    for figure in figures:
        *texts, holds = astuple(figure)
        rows.append([*texts, {True: "yes", False: "no", None: ""}[holds]])
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
